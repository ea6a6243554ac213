import { inArray } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { tag as tagOf } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { logTag } from "../db/tables.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";

/** An entry that carries one of a person's tags. */
export interface TaggedEntry {
  logIndex: number;
  tag: Uint8Array;
}

/**
 * A person's entries number `from` to before `to`, oldest first: tags computed with the key and looked up. Nothing in
 * the database says whose they are.
 * @throws Error when a tag has no entry: then an answer built on this would be incomplete, and must not go out
 */
export async function entriesBetween(
  db: Database,
  tagKey: Uint8Array,
  from: number,
  to: number,
): Promise<TaggedEntry[]> {
  const found: TaggedEntry[] = [];
  const all = Array.from({ length: to - from }, (_, i) => tagOf(nodeCrypto, tagKey, from + i));
  for (const tags of chunksOf(all)) {
    const rows = await db
      .select({ logIndex: logTag.index, tag: logTag.tag })
      .from(logTag)
      .where(inArray(logTag.tag, tags));
    const byTag = new Map(rows.map((row) => [toHex(row.tag), row.logIndex]));
    for (const tag of tags) {
      const logIndex = byTag.get(toHex(tag));
      if (logIndex === undefined)
        throw new Error("An entry that carries the subject's tag is not in the log");
      found.push({ logIndex, tag });
    }
  }
  return found;
}

/** Every entry of a person under one key. */
export const entriesOf = (db: Database, key: SubjectKey): Promise<TaggedEntry[]> =>
  entriesBetween(db, key.tagKey, 0, key.entries);
