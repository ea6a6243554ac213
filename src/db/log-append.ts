import { eq, sql } from "drizzle-orm";
import { parseFrontier } from "../../audit/frontier.ts";
import { type Edge, expectedTree, prepareEntries, type Settled, settle } from "./append-batch.ts";
import { type AppendCall, type AppendRow, appendParameters, readAppendRow } from "./append-call.ts";
import type { Database } from "./client.ts";
import type { AppendContext, NewEntry, Outcome } from "./log-entry.ts";
import { logCheckpoint, logHead } from "./tables.ts";

export type {
  AppendContext,
  LogSigner,
  NewEntry,
  Outcome,
  Receipt,
  SealedPayload,
  SubjectOfEntry,
} from "./log-entry.ts";

/** The head, locked: from here to the commit, indexes are this transaction's to give, and no other one appends. */
export async function lockHead(tx: Database): Promise<Edge> {
  const [head] = await tx.select().from(logHead).where(eq(logHead.id, 1)).for("update");
  if (!head) throw new Error("The log has no head");
  return { ...parseFrontier(head.frontier), root: head.root };
}

/** One call of the function inside the caller's transaction, with the note of the head that it moved to. */
export async function appendInside(tx: Database, context: AppendContext, call: AppendCall): Promise<Settled> {
  const parameters = appendParameters(context.arrays, call).map((value) => sql`${sql.param(value)}`);
  const { rows } = (await tx.execute(
    sql`SELECT * FROM motivo_append(${sql.join(parameters, sql`, `)})`,
  )) as unknown as { rows: AppendRow[] };
  const settled = settle(context.signer, call.prepared, call.expected, readAppendRow(rows[0]));
  // The head is locked: a note of this size that is there already is the same note.
  if (settled.owed) await tx.insert(logCheckpoint).values(settled.owed).onConflictDoNothing();
  return settled;
}

/**
 * Appends entries inside the caller's transaction: head, leaves, records, payloads, tiles and checkpoint, all or
 * none. The head stays locked until that transaction ends, so keep it short.
 *
 * The checkpoint is signed before the commit, but leaves the process only after it: a crash in between loses
 * both. Nothing here may be handed out before the commit.
 *
 * @returns an outcome an entry, in order; refused entries leave no trace.
 */
export async function appendEntries(
  tx: Database,
  context: AppendContext,
  entries: readonly NewEntry[],
): Promise<Outcome[]> {
  const outcomes = new Map<NewEntry, Outcome>();
  const standing = new Map<string, number>();
  for (let left: readonly NewEntry[] = entries; left.length > 0; ) {
    const batch = prepareEntries(context, left, standing);
    const expected = expectedTree(context.signer, await lockHead(tx), batch.prepared);
    const settled = await appendInside(tx, context, { ...batch, expected, now: context.now() });
    for (const [entry, outcome] of settled.outcomes) outcomes.set(entry, outcome);
    for (const [key, next] of settled.counters) standing.set(key, next);
    left = settled.stale;
  }
  return entries.map((entry) => outcomes.get(entry)!);
}
