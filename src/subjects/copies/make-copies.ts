import { and, eq, gte, lt, lte, ne, not, or, sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { copy, copyPart } from "../../db/tables.ts";
import type { Language } from "../../decisions/decision.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { type AskedReading, traceReading } from "../trace-reading.ts";
import type { CopyAsked, CopyKind, CopyProgress } from "./asked.ts";
import { type CopyDescription, type CopyRow, openCopy } from "./copy.ts";
import { PartSink } from "./part-sink.ts";
import type { CopySink } from "./sink.ts";
import { writeAccess } from "./write-access.ts";
import { writePortability } from "./write-portability.ts";

/** How long a process that says nothing is waited for: a page takes far less. */
const HELD_MS = 60_000;
const RETRY_MS = 5_000;
const ATTEMPTS = 3;

/** A copy that nobody wants any more: it was erased, taken away, or another process has taken it over. */
class CopyGone extends Error {
  override name = "CopyGone";
}

/** Writes a copy's files, whatever takes them. The reading is on the record before. */
export async function writeCopy(
  deps: RightsDeps,
  asked: CopyAsked,
  reading: AskedReading,
  sink: CopySink,
  onProgress: CopyProgress,
): Promise<void> {
  await traceReading(deps, asked.subject, reading);
  if (asked.kind === "access") await writeAccess(deps, asked, sink, onProgress);
  else await writePortability(deps, asked, sink, onProgress);
}

/** Takes the oldest copy that waits, or whose process has fallen silent. Its earlier attempt's parts go. */
async function claim({ db, now }: Pick<RightsDeps, "db" | "now">): Promise<CopyRow | null> {
  return db.transaction(async (tx) => {
    const [waiting] = await tx
      .select()
      .from(copy)
      .where(and(eq(copy.state, "making"), lte(copy.heldUntil, now()), lt(copy.attempt, ATTEMPTS)))
      .orderBy(copy.startedAt)
      .limit(1)
      .for("update", { skipLocked: true });
    if (!waiting) return null;
    await tx.delete(copyPart).where(eq(copyPart.copy, waiting.id));
    const [claimed] = await tx
      .update(copy)
      .set({ attempt: waiting.attempt + 1, done: 0, heldUntil: new Date(now().getTime() + HELD_MS) })
      .where(eq(copy.id, waiting.id))
      .returning();
    return claimed ?? null;
  });
}

/** Rows of a copy that this attempt may still change. */
const mine = ({ id, attempt }: CopyRow) =>
  and(eq(copy.id, id), eq(copy.attempt, attempt), eq(copy.state, "making"));

async function makeOne(deps: RightsDeps, row: CopyRow): Promise<void> {
  const { db } = deps;
  const opened = await openCopy(deps, row);
  if (!opened) throw new CopyGone();
  const { key, description } = opened;
  const asked: CopyAsked = {
    subject: description.subject,
    kind: row.kind as CopyKind,
    language: row.language as Language,
    keys: row.keys,
  };
  const sink = new PartSink(db, key, row);
  const reading = { role: "subject", purpose: "own-access" } as const;
  await writeCopy(deps, asked, reading, sink, async (done, total) => {
    const held = await db
      .update(copy)
      .set({ done, total, heldUntil: new Date(deps.now().getTime() + HELD_MS) })
      .where(mine(row))
      .returning({ id: copy.id });
    if (held.length === 0) throw new CopyGone();
  });
  const ready: CopyDescription = { ...description, files: sink.files };
  await db.transaction(async (tx) => {
    const made = await tx
      .update(copy)
      .set({ state: "ready", readyAt: deps.now(), sealed: key.sealDescription(ready) })
      .where(mine(row))
      .returning({ id: copy.id });
    if (made.length === 0) throw new CopyGone();
    // One of a kind and language lies ready: the newest.
    await tx
      .delete(copy)
      .where(
        and(
          eq(copy.subject, row.subject),
          eq(copy.kind, row.kind),
          eq(copy.language, row.language),
          ne(copy.id, row.id),
          ne(copy.state, "making"),
        ),
      );
  });
}

/** After a failure: once more in a while, or no more. A copy that is gone fails nobody. */
async function giveUp(db: Database, now: () => Date, row: CopyRow): Promise<"gone" | "failed"> {
  const over = row.attempt >= ATTEMPTS;
  const left = await db
    .update(copy)
    .set(over ? { state: "failed" } : { heldUntil: new Date(now().getTime() + RETRY_MS) })
    .where(mine(row))
    .returning({ id: copy.id });
  if (over) await db.delete(copyPart).where(eq(copyPart.copy, row.id));
  return left.length === 0 ? "gone" : "failed";
}

/** Databases whose copies this process is making, and whether more were asked for meanwhile. */
const busy = new WeakMap<Database, { more: boolean }>();

/**
 * Makes every copy that waits, one after the other: several at a time would need the memory of several.
 * @returns how many were made
 * @throws the first failure, when all were tried; each is tried three times
 */
export async function makeCopies(deps: RightsDeps): Promise<number> {
  const running = busy.get(deps.db);
  if (running) {
    running.more = true;
    return 0;
  }
  const turn = { more: true };
  busy.set(deps.db, turn);
  const failures: unknown[] = [];
  let made = 0;
  try {
    while (turn.more) {
      turn.more = false;
      for (let row = await claim(deps); row; row = await claim(deps)) {
        try {
          await makeOne(deps, row);
          made += 1;
        } catch (error) {
          if ((await giveUp(deps.db, deps.now, row)) === "failed") failures.push(error);
        }
      }
    }
  } finally {
    busy.delete(deps.db);
  }
  if (failures.length > 0) throw failures[0];
  return made;
}

/** Deletes copies whose days are over, or one of whose keys was erased, and settles those that failed for good. */
export async function forgetCopies({ db, now }: Pick<RightsDeps, "db" | "now">): Promise<number> {
  const keysLeft = sql`(SELECT coalesce(array_agg(k.id), '{}') FROM vault.data_key k WHERE k.subject = ${copy.subject})`;
  const gone = await db
    .delete(copy)
    .where(or(lt(copy.expiresAt, now()), not(sql`${copy.keys} <@ ${keysLeft}`)))
    .returning({ id: copy.id });
  await db
    .update(copy)
    .set({ state: "failed" })
    .where(and(eq(copy.state, "making"), gte(copy.attempt, ATTEMPTS), lte(copy.heldUntil, now())));
  return gone.length;
}
