import { and, asc, eq, gte, lt } from "drizzle-orm";
import type { ErasureItem } from "../../audit/erasure.ts";
import {
  type Erased,
  formatExportEnd,
  formatExportEntry,
  formatExportHeader,
  type Items,
} from "../../audit/export.ts";
import { LEAF_KINDS, parseLeaf } from "../../audit/leaf.ts";
import type { Database } from "./client.ts";
import { coarsenedBetween, coarseningItems } from "./coarsened.ts";
import type { Head } from "./log.ts";
import { entriesBetween, entryAt } from "./log-entries.ts";
import { erasedEntry, record } from "./tables.ts";

const PAGE = 1000;

/** An entry has neither a record nor an erasure: somebody removed a row. Nothing honest can be exported of it. */
export class RecordMissingError extends Error {
  override name = "RecordMissingError";
  readonly index: number;
  constructor(index: number) {
    super(`Entry ${index} has neither a record nor an erasure`);
    this.index = index;
  }
}

/** The items that an erasure entry covers, in the order that its leaf commits to. */
export async function erasureItems(db: Database, erasureIndex: number): Promise<ErasureItem[]> {
  return db
    .select({ index: erasedEntry.logIndex, salt: erasedEntry.salt })
    .from(erasedEntry)
    .where(eq(erasedEntry.erasureIndex, erasureIndex))
    .orderBy(asc(erasedEntry.position));
}

async function itemsOf(db: Database, index: number, leaf: Uint8Array): Promise<{ items?: Items }> {
  if (leaf[1] === LEAF_KINDS.erasure) return { items: await erasureItems(db, index) };
  return leaf[1] === LEAF_KINDS.coarsening ? { items: await coarseningItems(db, index) } : {};
}

/**
 * The whole log as of `head`, line by line (`audit/FORMAT.md`). Erasures may go on meanwhile: what is erased while
 * this runs is told as pending, since the entry that will justify it lies beyond this head; so is what is made coarser.
 */
export async function* exportLines(
  db: Database,
  head: Pick<Head, "size" | "checkpoint">,
): AsyncGenerator<string> {
  yield formatExportHeader(head.checkpoint);
  const newestHour = await hourOfEntry(db, head.size - 1);
  for (let start = 0; start < head.size; start += PAGE) {
    const end = Math.min(start + PAGE, head.size);
    const entries = await entriesBetween(db, start, end);
    const records = await db
      .select({ logIndex: record.logIndex, body: record.body, salt: record.salt })
      .from(record)
      .where(and(gte(record.logIndex, start), lt(record.logIndex, end)));
    // Read last: whatever lost its record meanwhile is marked as erased by now.
    const erasures = await db
      .select()
      .from(erasedEntry)
      .where(and(gte(erasedEntry.logIndex, start), lt(erasedEntry.logIndex, end)));
    const coarsened = await coarsenedBetween(db, start, end);
    const recordAt = new Map(records.map((row) => [row.logIndex, row]));
    const erasedAt = new Map(erasures.map((row) => [row.logIndex, row]));
    for (const { index, leaf } of entries) {
      const items = await itemsOf(db, index, leaf);
      const kept = recordAt.get(index);
      const erased = erasedAt.get(index);
      const replaced = coarsened.get(index);
      if (kept && replaced && replaced.by >= head.size) {
        // Nothing under this head commits to the record that is there now.
        const since = Math.min(replaced.hour, newestHour);
        yield formatExportEntry({ index, leaf, ...items, coarsened: { since } });
      } else if (kept) {
        const by = replaced && { coarsened: { by: replaced.by } };
        yield formatExportEntry({ index, leaf, ...items, ...by, recordText: kept.body, salt: kept.salt });
      } else if (erased) {
        yield formatExportEntry({ index, leaf, ...items, erased: erasedBy(erased, head.size, newestHour) });
      } else throw new RecordMissingError(index);
    }
  }
  yield formatExportEnd(head.size);
}

/**
 * How a missing record is justified in a tree of `size`: an entry beyond it justifies nothing yet.
 * @param newestHour of the newest leaf shown beside it: on a quiet log, or where clocks differ, an erasure may be
 * later than every leaf, and a reader would refuse a time that the log has not reached
 */
export function erasedBy(row: typeof erasedEntry.$inferSelect, size: number, newestHour: number): Erased {
  return row.erasureIndex !== null && row.erasureIndex < size
    ? { by: row.erasureIndex, salt: row.salt }
    : { since: Math.min(row.sinceHour, newestHour) };
}

async function hourOfEntry(db: Database, index: number): Promise<number> {
  const entry = await entryAt(db, index);
  return entry ? parseLeaf(entry.leaf).hour : 0;
}
