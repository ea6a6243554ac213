import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import type { ParsedEntry } from "../../audit/export.ts";
import { LEAF_KINDS, type Leaf, NO_TAG, parseLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { expectedTree } from "./append-batch.ts";
import type { PreparedEntry } from "./append-call.ts";
import { chunksOf } from "./chunks.ts";
import type { Database } from "./client.ts";
import { appendInside, lockHead } from "./log-append.ts";
import type { AppendContext, NewEntry } from "./log-entry.ts";
import { coarsenedEntry, erasedEntry, logTag, payload, record } from "./tables.ts";

const isErased = (entry: ParsedEntry): boolean => "erased" in entry;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NO_RECORD = "{}";

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const idOf = (value: unknown): string | undefined =>
  typeof value === "string" && UUID.test(value) ? value : undefined;

/** What a record is found by, out of what it says; its own id only where it says one. */
function columnsOf(told: Record<string, unknown>, randomId: () => string): NewEntry["columns"] {
  const optional = {
    model: textOf(told.model),
    version: typeof told.version === "number" ? told.version : undefined,
    outcome: textOf(told.outcome),
    client: textOf(told.client),
    about: idOf(told.about) ?? idOf(told.kind === "decision" ? undefined : told.decision),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { id: idOf(told.id) ?? randomId(), ...given };
}

/** Salts of entries whose erasure is still to be justified; any random bytes will do, once. */
const erasedRow = (context: AppendContext, index: number, entry: ParsedEntry, hour: number) => {
  const gone = "erased" in entry ? entry.erased : null;
  return {
    logIndex: index,
    salt: gone && "salt" in gone ? gone.salt : context.randomBytes(16),
    sinceHour: gone && "since" in gone ? gone.since : hour,
  };
};

/**
 * Writes entries of an export behind the head, byte for byte as they stand there, so that the log goes on as the one
 * that everybody has seen. What lay in the vault behind them is lost. All of them or none; the head is locked.
 * @param entries verified, in order, from the head on; no entry may be about another one of the same call
 */
export async function importEntries(
  tx: Database,
  context: AppendContext,
  entries: readonly ParsedEntry[],
  randomId: () => string,
): Promise<void> {
  const edge = await lockHead(tx);
  if (entries[0]?.index !== edge.size) throw new Error("The entries do not go on where the log ends");
  const leaves = entries.map(({ leaf }) => parseLeaf(leaf));
  const found = entries.map((entry) =>
    columnsOf(
      "recordText" in entry ? (JSON.parse(entry.recordText) as Record<string, unknown>) : {},
      randomId,
    ),
  );
  const standing = await standingIds(
    tx,
    found.flatMap(({ about }) => about ?? []),
  );
  const prepared = entries.map((entry, i): PreparedEntry => {
    const leaf = leaves[i]!;
    const kept = "recordText" in entry;
    const columns = found[i]!;
    if (columns.about !== undefined && !standing.has(columns.about)) delete columns.about;
    return {
      entry: { leaf, hour: leaf.hour, body: { kind: leaf.kind, hour: leaf.hour }, columns },
      leaf: entry.leaf,
      hash: hashLeaf(nodeCrypto, entry.leaf),
      salt: kept ? entry.salt : new Uint8Array(32),
      body: new TextEncoder().encode(kept ? entry.recordText : NO_RECORD),
      sealed: null,
    };
  });
  const expected = expectedTree(context.signer, edge, prepared);
  const call = { prepared, tagNumbers: new Map(), expected, now: context.now() };
  const settled = await appendInside(tx, context, call);
  if (settled.edge?.size !== edge.size + entries.length) throw new Error("The log did not take the entries");

  const tags = tagsOf(entries, leaves);
  if (tags.length > 0) await tx.insert(logTag).values(tags);
  // A record that the copy lacks because it was being replaced is lost with the vault's: nobody has it any more.
  await replayErasures(tx, context, entries, (entry) => !("recordText" in entry));
  await fileCoarsenings(tx, entries);
}

/** What the coarsening entries among these commit to, as it is filed where they were written. */
export async function fileCoarsenings(tx: Database, entries: readonly ParsedEntry[]): Promise<void> {
  for (const { index: coarseningIndex, leaf, items = [] } of entries) {
    if (leaf[1] !== LEAF_KINDS.coarsening) continue;
    const { hour } = parseLeaf(leaf);
    const rows = items.flatMap((item, position) =>
      "record" in item
        ? [{ coarseningIndex, position, logIndex: item.index, commitment: item.record, hour }]
        : [],
    );
    for (const part of chunksOf(rows)) await tx.insert(coarsenedEntry).values(part).onConflictDoNothing();
  }
}

/**
 * Takes over the coarser records of an export for entries whose finer ones are here still.
 * @returns how many were replaced
 */
export async function replayCoarsenings(tx: Database, entries: readonly ParsedEntry[]): Promise<number> {
  const coarser = entries.flatMap((entry) => ("recordText" in entry && entry.coarsened ? [entry] : []));
  const told = new Map(coarser.map((entry) => [entry.index, entry]));
  let replaced = 0;
  for (const part of chunksOf([...told.keys()])) {
    const rows = await tx.select().from(record).where(inArray(record.logIndex, part));
    const finer = rows.filter(({ logIndex, salt }) => !bytesEqual(salt, told.get(logIndex)!.salt));
    if (finer.length === 0) continue;
    await tx.delete(record).where(
      inArray(
        record.logIndex,
        finer.map(({ logIndex }) => logIndex),
      ),
    );
    await tx.insert(record).values(
      finer.map((row) => {
        const { recordText: body, salt } = told.get(row.logIndex)!;
        return { ...row, body, salt };
      }),
    );
    replaced += finer.length;
  }
  return replaced;
}

const tagsOf = (entries: readonly ParsedEntry[], leaves: readonly Leaf[]) =>
  leaves.flatMap(({ tag }, i) => (bytesEqual(tag, NO_TAG) ? [] : [{ tag, index: entries[i]!.index }]));

async function standingIds(tx: Database, abouts: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of chunksOf(abouts)) {
    const rows = await tx.select({ id: record.id }).from(record).where(inArray(record.id, part));
    for (const { id } of rows) found.add(id);
  }
  return found;
}

/**
 * Takes away what lies behind entries that an export says are erased, whether they were here before or were just
 * imported, and files the justification of those that an erasure entry among them covers.
 * @returns how many records were still there
 */
export async function replayErasures(
  tx: Database,
  context: AppendContext,
  entries: readonly ParsedEntry[],
  isGone: (entry: ParsedEntry) => boolean = isErased,
): Promise<number> {
  let removed = 0;
  const gone = entries.filter(isGone);
  for (const part of chunksOf(gone)) {
    const indexes = part.map(({ index }) => index);
    const rows = await tx
      .delete(record)
      .where(inArray(record.logIndex, indexes))
      .returning({ body: record.body });
    removed += rows.filter(({ body }) => body !== NO_RECORD).length;
    const leaves = part.map(({ leaf }) => parseLeaf(leaf));
    await tx.delete(payload).where(
      inArray(
        payload.tag,
        leaves.map(({ tag }) => tag),
      ),
    );
    await tx
      .insert(erasedEntry)
      .values(part.map((entry, i) => erasedRow(context, entry.index, entry, leaves[i]!.hour)))
      .onConflictDoNothing();
  }
  for (const { index, leaf, items } of entries) {
    if (leaf[1] !== LEAF_KINDS.erasure || !items) continue;
    for (const part of chunksOf(items.map((item, position) => ({ ...item, position })))) {
      const values = part.map(({ index: of, position }) => sql`(${of}::bigint, ${position}::int)`);
      await tx
        .update(erasedEntry)
        .set({ erasureIndex: index, position: sql`placed.position` })
        .from(sql`(VALUES ${sql.join(values, sql`, `)}) AS placed(log_index, position)`)
        .where(and(eq(erasedEntry.logIndex, sql`placed.log_index`), isNull(erasedEntry.erasureIndex)));
    }
  }
  return removed;
}
