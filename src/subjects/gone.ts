import { inArray } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { erasedEntry, retainedRecord } from "../db/tables.ts";
import type { TaggedEntry } from "./entries.ts";

/**
 * Those of a person's entries behind which nothing lies in the vault any more because their retention ended.
 * @param payloads by tag in hex, what was found in the vault
 * @throws Error when one is missing that the log does not say to be gone: an answer built on this would be incomplete, and
 * must not go out
 */
export async function goneAmong(
  db: Database,
  entries: readonly TaggedEntry[],
  payloads: ReadonlyMap<string, unknown>,
): Promise<Set<number>> {
  const missing = entries.filter(({ tag }) => !payloads.has(toHex(tag))).map(({ logIndex }) => logIndex);
  const said = new Set<number>();
  for (const part of chunksOf(missing)) {
    for (const table of [erasedEntry, retainedRecord]) {
      const rows = await db
        .select({ logIndex: table.logIndex })
        .from(table)
        .where(inArray(table.logIndex, part));
      for (const { logIndex } of rows) said.add(logIndex);
    }
  }
  if (missing.some((index) => !said.has(index))) throw new Error("An entry of the subject has no payload");
  return said;
}
