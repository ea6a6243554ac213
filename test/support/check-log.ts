import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import type { Database } from "../../src/db/client.ts";
import { logReader } from "../../src/db/log.ts";
import { entriesBetween } from "../../src/db/log-entries.ts";
import { logHead } from "../../src/db/tables.ts";

/**
 * The invariant of the log, after every step of every test: indexes contiguous from 0, every leaf parses and
 * hashes to its stored hash, the root over them is the one that the head says, and the newest checkpoint signs the head
 * or, where a batch was just committed on a head that had moved, a tree that the head grew out of.
 */
export async function checkLog(db: Database, expectedSize?: number): Promise<number> {
  const reader = logReader(db);
  const [head] = await db.select().from(logHead).where(eq(logHead.id, 1));
  if (!head) throw new Error("The log has no head");
  const rows = await entriesBetween(db, 0, Number.MAX_SAFE_INTEGER);
  if (expectedSize !== undefined) expect(head.size).toBe(expectedSize);
  expect(rows.map((row) => row.index)).toEqual(Array.from({ length: head.size }, (_, i) => i));
  for (const row of rows) {
    parseLeaf(row.leaf);
    expect(Buffer.from(row.leafHash).equals(hashLeaf(nodeCrypto, row.leaf))).toBe(true);
  }
  const rootAt = (size: number) =>
    rootOf(
      nodeCrypto,
      rows.slice(0, size).map((row) => row.leafHash),
    );
  expect(Buffer.from(rootAt(head.size)).equals(head.root)).toBe(true);
  const key = parseVkey(nodeCrypto, await reader.vkey());
  const signed = await openCheckpoint(nodeCrypto, (await reader.head()).checkpoint, key);
  expect(signed.size).toBeLessThanOrEqual(head.size);
  expect(Buffer.from(signed.root).equals(rootAt(signed.size))).toBe(true);
  return head.size;
}
