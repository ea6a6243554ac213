import { and, asc, eq, gte, lt } from "drizzle-orm";
import type { ErasureItem } from "../../audit/erasure.ts";
import { type Erased, formatExportEnd, formatExportEntry, formatExportHeader } from "../../audit/export.ts";
import { LEAF_KINDS, parseLeaf } from "../../audit/leaf.ts";
import type { Database } from "./client.ts";
import type { Head } from "./log.ts";
import { erasedEntry, logEntry, record } from "./tables.ts";

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

/**
 * The whole log as of `head`, line by line (`audit/FORMAT.md`). Erasures may go on meanwhile: what is erased while
 * this runs is told as pending, since the entry that will justify it lies beyond this head.
 */
export async function* exportLines(
  db: Database,
  head: Pick<Head, "size" | "checkpoint">,
): AsyncGenerator<string> {
  yield formatExportHeader(head.checkpoint);
  const newestHour = await hourOfEntry(db, head.size - 1);
  for (let start = 0; start < head.size; start += PAGE) {
    const end = Math.min(start + PAGE, head.size);
    const within = and(gte(logEntry.index, start), lt(logEntry.index, end));
    const rows = await db
      .select({
        index: logEntry.index,
        leaf: logEntry.leaf,
        body: record.body,
        recordSalt: record.salt,
        erased: erasedEntry,
      })
      .from(logEntry)
      .leftJoin(record, eq(record.logIndex, logEntry.index))
      .leftJoin(erasedEntry, eq(erasedEntry.logIndex, logEntry.index))
      .where(within)
      .orderBy(asc(logEntry.index));
    for (const row of rows) {
      const items = row.leaf[1] === LEAF_KINDS.erasure ? { items: await erasureItems(db, row.index) } : {};
      yield formatExportEntry({
        index: row.index,
        leaf: row.leaf,
        ...items,
        ...opened(row, head.size, newestHour),
      });
    }
  }
  yield formatExportEnd(head.size);
}

function opened(
  row: {
    index: number;
    body: string | null;
    recordSalt: Uint8Array | null;
    erased: typeof erasedEntry.$inferSelect | null;
  },
  size: number,
  newestHour: number,
): { recordText: string; salt: Uint8Array } | { erased: Erased } {
  if (row.body !== null && row.recordSalt !== null) return { recordText: row.body, salt: row.recordSalt };
  if (!row.erased) throw new RecordMissingError(row.index);
  return { erased: erasedBy(row.erased, size, newestHour) };
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
  const [entry] = await db.select({ leaf: logEntry.leaf }).from(logEntry).where(eq(logEntry.index, index));
  return entry ? parseLeaf(entry.leaf).hour : 0;
}
