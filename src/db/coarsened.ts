import { and, asc, eq, gte, inArray, lt } from "drizzle-orm";
import type { CoarseningItem } from "../../audit/coarsening.ts";
import { chunksOf } from "./chunks.ts";
import type { Database } from "./client.ts";
import { coarsenedEntry } from "./tables.ts";

/** The coarsening entry that an entry's record comes from, and its hour. */
export interface LastCoarsening {
  by: number;
  hour: number;
}

type Row = typeof coarsenedEntry.$inferSelect;

/** Rows in the order of their coarsening entries: the last one of an entry rules. */
const lastOf = (rows: readonly Row[]): Map<number, LastCoarsening> =>
  new Map(rows.map(({ logIndex, coarseningIndex, hour }) => [logIndex, { by: coarseningIndex, hour }]));

/** Of the entries from `start` to before `end` those whose record was ever replaced by a coarser one. */
export async function coarsenedBetween(
  db: Database,
  start: number,
  end: number,
): Promise<Map<number, LastCoarsening>> {
  const rows = await db
    .select()
    .from(coarsenedEntry)
    .where(and(gte(coarsenedEntry.logIndex, start), lt(coarsenedEntry.logIndex, end)))
    .orderBy(asc(coarsenedEntry.coarseningIndex));
  return lastOf(rows);
}

/** The same of some entries. */
export async function coarsenedAmong(
  db: Database,
  indexes: readonly number[],
): Promise<Map<number, LastCoarsening>> {
  const found: Row[] = [];
  for (const part of chunksOf(indexes)) {
    found.push(
      ...(await db
        .select()
        .from(coarsenedEntry)
        .where(inArray(coarsenedEntry.logIndex, part))
        .orderBy(asc(coarsenedEntry.coarseningIndex))),
    );
  }
  return lastOf(found);
}

/** The items of a coarsening entry, in the order that its leaf commits to. */
export async function coarseningItems(db: Database, coarseningIndex: number): Promise<CoarseningItem[]> {
  return db
    .select({ index: coarsenedEntry.logIndex, record: coarsenedEntry.commitment })
    .from(coarsenedEntry)
    .where(eq(coarsenedEntry.coarseningIndex, coarseningIndex))
    .orderBy(asc(coarsenedEntry.position));
}
