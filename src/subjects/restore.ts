import { and, asc, eq, gt, inArray, isNull } from "drizzle-orm";
import { bytesEqual, toHex } from "../../audit/bytes.ts";
import { openCheckpoint, parseCheckpoint } from "../../audit/checkpoint.ts";
import { tag as tagOf } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { type ParsedEntry, parseExportHeader, parseExportLine } from "../../audit/export.ts";
import { RunningRoot } from "../../audit/frontier.ts";
import { LEAF_KINDS } from "../../audit/leaf.ts";
import { LineSplitter, lineText } from "../../audit/lines.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { keysOfSigner, parseNote } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { Database } from "../db/client.ts";
import { lockHead } from "../db/log-append.ts";
import { importEntries, replayCoarsenings, replayErasures } from "../db/log-import.ts";
import { dataKey, erasedEntry, logTag, matchingClass, payload, retainedRecord } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { openDataKey } from "../privacy/data-key.ts";
import { sealOwner } from "../privacy/owner.ts";
import { seal } from "../privacy/sealing.ts";
import { contractOf } from "./access.ts";
import { endAccess } from "./end-access.ts";
import { finishRemoval } from "./removal.ts";
import { nameOfErasedKey } from "./removal-names.ts";
import { markErased, removeRecords } from "./remove-records.ts";
import { LOST } from "./trace.ts";

/** A copy of the log cannot be used for a restored database; says why, and of nobody anything. */
export class RestoreError extends Error {
  override name = "RestoreError";
}

export interface Restored {
  /** Entries that the database had, and those of the copy that it had not. */
  had: number;
  imported: number;
  /** Records that were here although the log says that they are erased. */
  removedRecords: number;
  /** Records that were here finer than the log says that they are. */
  coarsenedRecords: number;
  /** People's keys that were here although access to them had ended. */
  endedKeys: number;
  /** Entries of people whose payloads were written after the backup, and are lost. */
  lostPayloads: number;
  /** Entries of people who came after the backup: their keys are lost, so their records went, too. */
  orphans: number;
}

const BATCH = 200;

/** Opens the copy anew: it is read more than once, and never held as a whole. */
export type LogCopy = () => AsyncIterable<Uint8Array>;

async function* linesOf(copy: LogCopy): AsyncGenerator<string> {
  const lines = new LineSplitter();
  for await (const chunk of copy()) for (const line of lines.push(chunk)) yield lineText(line);
}

async function* entriesOf(copy: LogCopy): AsyncGenerator<ParsedEntry> {
  let first = true;
  for await (const line of linesOf(copy)) {
    if (!first) {
      const entry = parseExportLine(line);
      if ("leaf" in entry) yield entry;
    }
    first = false;
  }
}

/** @throws RestoreError unless the copy verifies under the log's own key, and begins with what the database holds */
async function checkCopy(
  deps: Deps,
  copy: LogCopy,
  had: { size: number; root: Uint8Array },
): Promise<number> {
  const keys = keysOfSigner(deps.log.context.signer);
  const verdict = await verify(nodeCrypto, copy(), { key: keys, now: deps.now() });
  // A pending erasure is believed for a day; a copy may be older than that and true all the same.
  if (!verdict.ok && verdict.code !== "pending_invalid") {
    throw new RestoreError(`The copy of the log does not verify (${verdict.code})`);
  }
  for await (const line of linesOf(copy)) {
    const { size, root } = await openCheckpoint(nodeCrypto, parseExportHeader(line), keys);
    if (size < had.size) {
      // A run before this one went on from the copy: what it holds must be the beginning of what is here.
      const here = parseCheckpoint(parseNote(await deps.log.checkpointAt(size)).text);
      if (!bytesEqual(here.root, root))
        throw new RestoreError("The copy is of another log than the database");
      return size;
    }
    const tree = new RunningRoot(nodeCrypto);
    for await (const { leaf } of entriesOf(copy)) {
      if (tree.size === had.size) break;
      tree.push(hashLeaf(nodeCrypto, leaf));
    }
    if (!bytesEqual(tree.root(), had.root))
      throw new RestoreError("The copy is of another log than the database");
    return size;
  }
  throw new RestoreError("The copy of the log is empty");
}

/** One batch: what was here is emptied where the copy says so, what was not here is written behind it. */
async function takeBatch(
  deps: Deps,
  entries: readonly ParsedEntry[],
  had: number,
  restored: Pick<Restored, "removedRecords" | "coarsenedRecords">,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { size } = await lockHead(tx);
    const here = entries.filter(({ index }) => index < had);
    const missing = entries.filter(({ index }) => index >= size);
    restored.removedRecords += await replayErasures(tx, deps.log.context, here);
    restored.coarsenedRecords += await replayCoarsenings(tx, here);
    if (missing.length > 0) await importEntries(tx, deps.log.context, missing, deps.randomId);
  });
}

/** Kept readings of a decision must find it: a batch ends before an entry that is about another one of the same batch. */
function endsBatch(batch: readonly ParsedEntry[], next: ParsedEntry): boolean {
  if (batch.length >= BATCH || next.leaf[1] === LEAF_KINDS.erasure) return true;
  if (!("recordText" in next)) return false;
  return batch.some((one) => {
    if (!("record" in one) || typeof one.record?.id !== "string") return false;
    return next.recordText.includes(one.record.id);
  });
}

/**
 * Brings a database that was restored from a backup up to a copy of the log that was kept elsewhere (an export), before
 * anything serves from it: every erasure since the backup is done again, and the log goes on where the copy ends, so that
 * it never tells two stories. What was written to the vault since the backup is lost; the entries say so to their people.
 * May be run again after a crash.
 * @throws RestoreError; nothing was changed then
 */
export async function restoreFromCopy(deps: Deps, copy: LogCopy): Promise<Restored> {
  const head = await deps.log.head();
  const size = await checkCopy(deps, copy, head);
  const ended = new Set<string>();
  const taken = { removedRecords: 0, coarsenedRecords: 0 };
  let batch: ParsedEntry[] = [];
  for await (const entry of entriesOf(copy)) {
    if ("record" in entry && entry.record?.what === "access-ended") ended.add(String(entry.record.dataKey));
    if (endsBatch(batch, entry) && batch.length > 0) {
      await takeBatch(deps, batch, head.size, taken);
      batch = [];
    }
    batch.push(entry);
  }
  await takeBatch(deps, batch, head.size, taken);
  // How many of each class are left is not known any more: too few make later records coarser, too many finer.
  await deps.db.delete(matchingClass);
  await advanceCounters(deps.db, deps);
  const endedKeys = await endKeys(deps, ended);
  const lostPayloads = await markLost(deps);
  const orphans = await eraseOrphans(deps);
  const imported = Math.max(size - head.size, 0);
  return { had: head.size, imported, ...taken, endedKeys, lostPayloads, orphans };
}

type KeyRow = typeof dataKey.$inferSelect;

async function* everyKey(db: Database): AsyncGenerator<KeyRow[]> {
  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const rows = await db
      .select()
      .from(dataKey)
      .where(gt(dataKey.id, after))
      .orderBy(asc(dataKey.id))
      .limit(BATCH);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.id;
  }
}

/** The tags of a key go on behind those that the imported entries carry: a number given twice would hide an entry. */
async function advanceCounters(db: Database, { epoch }: Deps): Promise<void> {
  for await (const rows of everyKey(db)) {
    let moving = rows.map((row) => ({
      row,
      entries: row.entries,
      key: openDataKey(epoch.of(row.epoch), row),
    }));
    while (moving.length > 0) {
      const next = moving.map(({ key, entries }) => tagOf(nodeCrypto, key.tagKey, entries));
      const found = await db.select({ tag: logTag.tag }).from(logTag).where(inArray(logTag.tag, next));
      const there = new Set(found.map(({ tag }) => toHex(tag)));
      const going = [];
      for (const [i, one] of moving.entries()) {
        if (there.has(toHex(next[i]!))) going.push({ ...one, entries: one.entries + 1 });
        else if (one.entries > one.row.entries) {
          await db.update(dataKey).set({ entries: one.entries }).where(eq(dataKey.id, one.row.id));
        }
      }
      moving = going;
    }
  }
}

async function endKeys(deps: Deps, names: ReadonlySet<string>): Promise<number> {
  let ended = 0;
  for await (const rows of everyKey(deps.db)) {
    for (const row of rows) {
      if (!names.has(nameOfErasedKey(row.id))) continue;
      const key = openDataKey(deps.epoch.of(row.epoch), row);
      const done = await endAccess(deps, key, (await contractOf(deps, key)).afterErasure);
      if (!done) continue;
      await finishRemoval(deps, done.removal);
      ended += 1;
    }
  }
  return ended;
}

/**
 * A person's entries without a payload, of keys that still stand: each gets one that says that it is lost, so that an
 * access answer names it, and a payload that somebody takes away is still told from it.
 */
async function markLost(deps: Deps): Promise<number> {
  let lost = 0;
  const words = new TextEncoder().encode(JSON.stringify(LOST));
  for await (const rows of everyKey(deps.db)) {
    for (const row of rows) {
      const key = openDataKey(deps.epoch.of(row.epoch), row);
      for (let from = 0; from < row.entries; from += BATCH) {
        const tags = Array.from({ length: Math.min(BATCH, row.entries - from) }, (_, i) =>
          tagOf(nodeCrypto, key.tagKey, from + i),
        );
        const found = await deps.db
          .select({ tag: payload.tag })
          .from(payload)
          .where(inArray(payload.tag, tags));
        const there = new Set(found.map(({ tag }) => toHex(tag)));
        const missing = tags.filter((tag) => !there.has(toHex(tag)));
        if (missing.length === 0) continue;
        await deps.db.insert(payload).values(
          missing.map((tag) => ({
            tag,
            owner: sealOwner(deps.epoch.current(), key.id, tag),
            ciphertext: seal(key.vaultKey, words, tag),
          })),
        );
        lost += missing.length;
      }
    }
  }
  return lost;
}

/**
 * Records of people whose keys came to be after the backup. Nobody could find, open or erase them any more, so they are
 * erased, as their people would have to be able to ask; the next erasure entry justifies it.
 */
async function eraseOrphans(deps: Deps): Promise<number> {
  return deps.db.transaction(async (tx) => {
    await lockHead(tx);
    const rows = await tx
      .select({ index: logTag.index })
      .from(logTag)
      .leftJoin(payload, eq(payload.tag, logTag.tag))
      .leftJoin(erasedEntry, eq(erasedEntry.logIndex, logTag.index))
      .leftJoin(retainedRecord, eq(retainedRecord.logIndex, logTag.index))
      .where(and(isNull(payload.tag), isNull(erasedEntry.logIndex), isNull(retainedRecord.logIndex)));
    const own = rows.map(({ index }) => index);
    const epoch = deps.epoch.current().number;
    const gone = await removeRecords(tx, deps, own, {
      afterErasure: "deleted",
      person: deps.randomId(),
      epoch,
    });
    await markErased(tx, deps, gone, epoch);
    return own.length;
  });
}
