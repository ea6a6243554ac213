import { asc } from "drizzle-orm";
import { expect } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import type { Database } from "../../src/db/client.ts";
import { logReader } from "../../src/db/log.ts";
import { logEntry } from "../../src/db/tables.ts";

/**
 * The invariant of the log, after every step of every test: indexes contiguous from 0, every leaf parses and
 * hashes to its stored hash, and the root over them is the one that the head says and the checkpoint signs.
 */
export async function checkLog(db: Database, expectedSize?: number): Promise<number> {
  const reader = logReader(db);
  const head = await reader.head();
  const rows = await db.select().from(logEntry).orderBy(asc(logEntry.index));
  if (expectedSize !== undefined) expect(head.size).toBe(expectedSize);
  expect(rows.map((row) => row.index)).toEqual(Array.from({ length: head.size }, (_, i) => i));
  for (const row of rows) {
    parseLeaf(row.leaf);
    expect(Buffer.from(row.leafHash).equals(hashLeaf(nodeCrypto, row.leaf))).toBe(true);
  }
  const root = rootOf(
    nodeCrypto,
    rows.map((row) => row.leafHash),
  );
  expect(Buffer.from(root).equals(head.root)).toBe(true);
  const key = parseVkey(nodeCrypto, await reader.vkey());
  const signed = await openCheckpoint(nodeCrypto, head.checkpoint, key);
  expect(signed.size).toBe(head.size);
  expect(Buffer.from(signed.root).equals(root)).toBe(true);
  return head.size;
}
