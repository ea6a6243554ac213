import { count } from "drizzle-orm";
import { expect } from "vitest";
import { toBase64, toHex } from "../../audit/bytes.ts";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { appendBatch, EMPTY_FRONTIER, type Frontier } from "../../audit/frontier.ts";
import { parseVkey } from "../../audit/note.ts";
import type { Database } from "../../src/db/client.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { leafHashesBetween } from "../../src/db/log-entries.ts";
import { logTag } from "../../src/db/tables.ts";
import type { EpochRing } from "../../src/privacy/epoch-ring.ts";
import { keysOf } from "../../src/privacy/subject-keys.ts";
import { entriesOf } from "../../src/subjects/entries.ts";
import { checkLog } from "../support/check-log.ts";

/** What a client holds of a receipt. */
export interface HeldReceipt {
  logIndex: number;
  checkpoint: string;
}

/** Answers may be given out while work behind them still appends. */
const SNAPSHOT = { isolationLevel: "repeatable read" } as const;

/**
 * The log against what its clients hold: no index twice and none beyond the log, no two checkpoints of one size with
 * different roots, and every checkpoint the one that the stored entries lead to.
 */
export const checkReceipts = (
  db: Database,
  vkey: string,
  receipts: readonly HeldReceipt[],
): Promise<number> => db.transaction((tx) => checkSnapshot(tx, vkey, receipts), SNAPSHOT);

async function checkSnapshot(db: Database, vkey: string, receipts: readonly HeldReceipt[]): Promise<number> {
  const size = await checkLog(db);
  const indexes = receipts.map(({ logIndex }) => logIndex);
  expect(new Set(indexes).size).toBe(indexes.length);
  const key = parseVkey(nodeCrypto, vkey);
  const rootOf = new Map<number, string>();
  for (const { checkpoint, logIndex } of receipts) {
    const signed = await openCheckpoint(nodeCrypto, checkpoint, key);
    expect(logIndex).toBeLessThan(signed.size);
    expect(signed.size).toBeLessThanOrEqual(size);
    const root = toBase64(signed.root);
    expect(rootOf.get(signed.size) ?? root).toBe(root);
    rootOf.set(signed.size, root);
  }
  let edge: Frontier = EMPTY_FRONTIER;
  for (const hash of await leafHashesBetween(db, 0, size)) {
    const { frontier, root } = appendBatch(nodeCrypto, edge, [hash]);
    edge = frontier;
    expect(rootOf.get(edge.size) ?? toBase64(root)).toBe(toBase64(root));
  }
  return size;
}

/** Each person's tags are 0 … n−1 without a gap, each in the log once, and no tag is left that is nobody's. */
export const checkTags = (db: Database, ring: EpochRing, people: readonly string[]): Promise<number> =>
  db.transaction((tx) => checkTagsThere(tx, ring, people), SNAPSHOT);

async function checkTagsThere(db: Database, ring: EpochRing, people: readonly string[]): Promise<number> {
  const found = new Set<string>();
  for (const person of people) {
    for (const key of await keysOf(db, ring, person)) {
      for (const { tag } of await entriesOf(db, key)) found.add(toHex(tag));
    }
  }
  const [stored] = await db.select({ n: count() }).from(logTag);
  expect(found.size).toBe(stored!.n);
  return found.size;
}

/** The service's own check of everything against everything finds nothing. */
export async function checkAudit(db: Database, vkey: string): Promise<void> {
  const { ok, finding } = await auditLog(db, parseVkey(nodeCrypto, vkey), { now: new Date() });
  expect([ok, finding]).toEqual([true, null]);
}
