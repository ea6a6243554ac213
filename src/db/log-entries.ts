import { and, asc, desc, eq, gte, lt, lte, sql } from "drizzle-orm";
import { chunksOf } from "./chunks.ts";
import type { Database } from "./client.ts";
import { logBatch } from "./tables.ts";

const HASH_BYTES = 32;
const LENGTH_BYTES = 2;

/** One entry of the log, out of the row of its batch. */
export interface StoredEntry {
  index: number;
  leaf: Uint8Array;
  leafHash: Uint8Array;
}

/** A batch that is not what `motivo_append` writes: somebody touched it. */
export class BatchBrokenError extends Error {
  override name = "BatchBrokenError";
  /** Index of the first entry that cannot be told apart. */
  readonly index: number;
  constructor(index: number) {
    super(`The batch of entry ${index} cannot be read`);
    this.index = index;
  }
}

/** Hashes that stand one behind the other. The parts are views. */
export const splitHashes = (hashes: Uint8Array): Uint8Array[] =>
  Array.from({ length: hashes.length / HASH_BYTES }, (_, i) =>
    hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );

/** The entries of a stored batch. @throws BatchBrokenError */
export function entriesOfBatch({ first, leaves, hashes }: typeof logBatch.$inferSelect): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (let at = 0; at < leaves.length; ) {
    const index = first + entries.length;
    const from = at + LENGTH_BYTES;
    at = from + (leaves[at]! << 8) + (leaves[at + 1] ?? 0);
    const leafHash = hashes.subarray(entries.length * HASH_BYTES, (entries.length + 1) * HASH_BYTES);
    if (at > leaves.length || leafHash.length !== HASH_BYTES) throw new BatchBrokenError(index);
    entries.push({ index, leaf: leaves.subarray(from, at), leafHash });
  }
  if (hashes.length !== entries.length * HASH_BYTES) throw new BatchBrokenError(first + entries.length);
  return entries;
}

/** Index of the first entry of the batch that `index` is in, if that is there. */
const batchOf = (db: Database, index: number) =>
  db
    .select({ first: logBatch.first })
    .from(logBatch)
    .where(lte(logBatch.first, index))
    .orderBy(desc(logBatch.first))
    .limit(1);

/** Entries from `start` to before `end`, as many as are there, in order. @throws BatchBrokenError */
export async function entriesBetween(db: Database, start: number, end: number): Promise<StoredEntry[]> {
  const batches = await db
    .select()
    .from(logBatch)
    .where(and(gte(logBatch.first, batchOf(db, start)), lt(logBatch.first, end)))
    .orderBy(asc(logBatch.first));
  return batches.flatMap(entriesOfBatch).filter(({ index }) => index >= start && index < end);
}

/** One entry, or null. @throws BatchBrokenError */
export async function entryAt(db: Database, index: number): Promise<StoredEntry | null> {
  const [batch] = await db
    .select()
    .from(logBatch)
    .where(eq(logBatch.first, batchOf(db, index)));
  return (batch && entriesOfBatch(batch).find((entry) => entry.index === index)) ?? null;
}

/** Leaf hashes from `start` to before `end`, as many as are there, in order. Reads no leaf. */
export async function leafHashesBetween(db: Database, start: number, end: number): Promise<Uint8Array[]> {
  const batches = await db
    .select({ first: logBatch.first, hashes: logBatch.hashes })
    .from(logBatch)
    .where(and(gte(logBatch.first, batchOf(db, start)), lt(logBatch.first, end)))
    .orderBy(asc(logBatch.first));
  return batches.flatMap(({ first, hashes }) =>
    splitHashes(hashes).slice(Math.max(start - first, 0), Math.max(end - first, 0)),
  );
}

/** The leaves of these entries, by index; one that is not there is absent. @throws BatchBrokenError */
export async function leavesAt(db: Database, indexes: readonly number[]): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>();
  for (const part of chunksOf(indexes)) {
    const wanted = new Set(part);
    const list = sql.join(
      part.map((index) => sql`(${index}::bigint)`),
      sql`, `,
    );
    const batches = await db
      .select()
      .from(logBatch)
      .where(
        sql`${logBatch.first} IN (
          SELECT (SELECT max(b.first) FROM log_batch b WHERE b.first <= w.index) FROM (VALUES ${list}) AS w(index)
        )`,
      );
    for (const { index, leaf } of batches.flatMap(entriesOfBatch))
      if (wanted.has(index)) found.set(index, leaf);
  }
  return found;
}
