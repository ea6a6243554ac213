import { inArray } from "drizzle-orm";
import { bytesEqual, toHex } from "../../audit/bytes.ts";
import { NO_TAG, parseLeaf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { leavesAt } from "../db/log-entries.ts";
import { dataKey, payload } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { openOwner } from "../privacy/owner.ts";

/** The data key that opens what lies behind an entry, and the row of the person whose it is. */
export interface Owner {
  id: string;
  subject: string;
}

/** By log index: the tags of these entries, of those that carry one. */
export async function tagsOf(db: Database, indexes: readonly number[]): Promise<Map<number, Uint8Array>> {
  const leaves = [...(await leavesAt(db, indexes))].map(
    ([index, leaf]) => [index, parseLeaf(leaf).tag] as const,
  );
  return new Map(leaves.filter(([, tag]) => !bytesEqual(tag, NO_TAG)));
}

/** By log index: whose what lies behind these tags is. What was erased is absent. @throws StaleEpochError */
export async function ownersOf(
  db: Database,
  { epoch }: Pick<Deps, "epoch">,
  tags: ReadonlyMap<number, Uint8Array>,
): Promise<Map<number, Owner>> {
  const keyIds = new Map<string, string>();
  for (const part of chunksOf([...tags.values()])) {
    const rows = await db
      .select({ tag: payload.tag, owner: payload.owner })
      .from(payload)
      .where(inArray(payload.tag, part));
    for (const { tag, owner } of rows) keyIds.set(toHex(tag), openOwner(epoch, owner, tag));
  }
  const keys = new Map<string, Owner>();
  for (const part of chunksOf([...new Set(keyIds.values())])) {
    const rows = await db
      .select({ id: dataKey.id, subject: dataKey.subject })
      .from(dataKey)
      .where(inArray(dataKey.id, part));
    for (const row of rows) keys.set(row.id, row);
  }
  return new Map(
    [...tags].flatMap(([index, tag]) => {
      const owner = keys.get(keyIds.get(toHex(tag)) ?? "");
      return owner ? [[index, owner] as const] : [];
    }),
  );
}
