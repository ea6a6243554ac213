import { asc, desc, eq, inArray } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import { openCheckpoint, parseCheckpoint, signCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { EMPTY_FRONTIER, encodeFrontier, frontierRoot } from "../../audit/frontier.ts";
import { consistencyPath, peakCoordinates, resolvePath } from "../../audit/merkle.ts";
import { formatVkey, keysOfSigner, parseNote } from "../../audit/note.ts";
import type { Tile } from "../../audit/tile.ts";
import { Problem } from "../errors.ts";
import type { Edge } from "./append-batch.ts";
import type { AppendChannel } from "./append-channel.ts";
import type { ArrayParameters } from "./arrays.ts";
import type { Database } from "./client.ts";
import { lockHead } from "./log-append.ts";
import { entriesBetween, entryAt } from "./log-entries.ts";
import type { AppendContext, LogSigner, NewEntry, Outcome, Receipt } from "./log-entry.ts";
import { tileBytes } from "./log-nodes.ts";
import { nodesAt, proverAt } from "./log-prover.ts";
import { type BatchLimits, Sequencer } from "./log-sequencer.ts";
import { refusedAsOlder } from "./older-epoch.ts";
import { logBatch, logCheckpoint, logHead, logKey, record } from "./tables.ts";

/** What the database says of the log does not fit together, or is another log's. Nothing may be signed on it. */
export class LogBrokenError extends Error {
  override name = "LogBrokenError";
}

export interface Head {
  size: number;
  root: Uint8Array;
  /** The signed note. */
  checkpoint: string;
}

/** The log as readers see it. */
export interface LogReader {
  head(): Promise<Head>;
  /** The name and public key that checkpoints verify under from now on. */
  vkey(): Promise<string>;
  /** Every key that the log has had, oldest first: what its old checkpoints verify under too. */
  vkeys(): Promise<string[]>;
  /** That the tree of `to` begins with the tree of `from`. @throws RangeError unless from ≤ to */
  consistencyProof(from: number, to: number): Promise<Uint8Array[]>;
  /** @throws Problem unknown_entry */
  leaf(index: number): Promise<{ leaf: Uint8Array; leafHash: Uint8Array }>;
  /** Inclusion proof of an entry in the tree of `size`. @throws RangeError unless index < size */
  inclusionProof(index: number, size: number): Promise<Uint8Array[]>;
  /** A tile or entry bundle (C2SP tlog-tiles). @throws Problem unknown_entry where the log does not reach so far */
  tile(tile: Tile): Promise<Uint8Array>;
  /** The checkpoint that was handed out for exactly this size. @throws Problem unknown_entry */
  checkpointAt(size: number): Promise<string>;
}

export interface Log extends LogReader {
  context: AppendContext;
  /** Appends one entry together with whatever else is waiting; answers after the commit. */
  append(entry: NewEntry): Promise<Outcome>;
  /** Finishes what was taken and takes nothing more. */
  close(): Promise<void>;
}

/** Size and root that a stored note says, its signature unchecked. */
function headOf(note: string): Head {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root, checkpoint: note };
}

const newestNote = async (db: Database): Promise<string | undefined> =>
  (
    await db
      .select({ note: logCheckpoint.note })
      .from(logCheckpoint)
      .orderBy(desc(logCheckpoint.size))
      .limit(1)
  )[0]?.note;

const noteAt = async (db: Database, size: number): Promise<string | undefined> =>
  (await db.select({ note: logCheckpoint.note }).from(logCheckpoint).where(eq(logCheckpoint.size, size)))[0]
    ?.note;

/** The root of the tree as it was at `size`, out of the stored tiles and leaves. */
async function edgeAt(db: Database, size: number): Promise<Edge> {
  const readNode = nodesAt(db, size);
  const peaks: Uint8Array[] = [];
  // One after the other: inside a transaction there is one connection, which takes one query at a time.
  for (const { level, index } of peakCoordinates(size)) peaks.push(await readNode(level, index));
  return { size, peaks, root: frontierRoot(nodeCrypto, { size, peaks }) };
}

export function logReader(db: Database): LogReader {
  async function row() {
    const [head] = await db.select().from(logHead).where(eq(logHead.id, 1));
    if (!head) throw new Problem("not_ready", "The log is not open yet", { retryAfterSeconds: 5 });
    return head;
  }
  return {
    async head() {
      const note = await newestNote(db);
      if (note === undefined) {
        throw new Problem("not_ready", "The log is not open yet", { retryAfterSeconds: 5 });
      }
      return headOf(note);
    },
    async vkeys() {
      const changes = await db.select({ vkey: logKey.vkey }).from(logKey).orderBy(asc(logKey.number));
      return [(await row()).vkey, ...changes.map(({ vkey }) => vkey)];
    },
    async vkey() {
      return (await this.vkeys()).at(-1)!;
    },
    consistencyProof: (from, to) =>
      from === 0 ? Promise.resolve([]) : resolvePath(nodeCrypto, consistencyPath(from, to), nodesAt(db, to)),
    async leaf(index) {
      const entry = await entryAt(db, index);
      if (!entry) throw new Problem("unknown_entry");
      return entry;
    },
    inclusionProof: async (index, size) => proverAt(db, size)(index),
    async tile(tile) {
      const bytes = await tileBytes(db, tile, (await row()).size);
      if (!bytes) throw new Problem("unknown_entry", "The log does not fill this tile so far");
      return bytes;
    },
    async checkpointAt(size) {
      const note = await noteAt(db, size);
      if (note === undefined) {
        throw new Problem("unknown_entry", "No checkpoint of this size was handed out");
      }
      return note;
    },
  };
}

/**
 * The reader of a process that can sign: a batch whose head another replica had moved is committed before its checkpoint
 * is stored, and a crash in between leaves that to whoever asks next. The same key signs the same bytes.
 */
function signingReader(db: Database, signer: LogSigner): LogReader {
  const reader = logReader(db);
  async function file(size: number, root: Uint8Array): Promise<string> {
    const note = signCheckpoint({ origin: signer.key.name, size, root }, signer);
    await db.insert(logCheckpoint).values({ size, note }).onConflictDoNothing();
    return (await noteAt(db, size)) ?? note;
  }
  return {
    ...reader,
    async head() {
      const [head] = await db
        .select({ size: logHead.size, root: logHead.root, note: logCheckpoint.note })
        .from(logHead)
        .leftJoin(logCheckpoint, eq(logCheckpoint.size, logHead.size))
        .where(eq(logHead.id, 1));
      if (!head) throw new Problem("not_ready", "The log is not open yet", { retryAfterSeconds: 5 });
      const { size, root } = head;
      return { size, root, checkpoint: head.note ?? (await file(size, root)) };
    },
    async checkpointAt(size) {
      const note = await noteAt(db, size);
      if (note !== undefined) return note;
      const [head] = await db.select({ size: logHead.size }).from(logHead).where(eq(logHead.id, 1));
      if (!head || size > head.size) return reader.checkpointAt(size);
      return file(size, (await edgeAt(db, size)).root);
    },
  };
}

/**
 * Rebuilds the right edge out of the stored leaves and tiles and holds it against the head and the newest checkpoint,
 * before anything is signed.
 */
async function recompute(db: Database, signer: LogSigner): Promise<Edge> {
  const [head] = await db.select().from(logHead).where(eq(logHead.id, 1));
  if (!head) throw new LogBrokenError("The log has no head");
  // The head names the first key for ever; a key that replaced it has an entry of its own.
  if (head.vkey !== formatVkey(keysOfSigner(signer)[0]!)) {
    throw new LogBrokenError(
      "The log in this database is signed by another key, or has another MOTIVO_ORIGIN",
    );
  }
  const edge = await edgeAt(db, head.size);
  const note = await newestNote(db);
  if (note === undefined) throw new LogBrokenError("The log has no checkpoint");
  const signed = await openCheckpoint(nodeCrypto, note, keysOfSigner(signer));
  if (signed.size > head.size) throw new LogBrokenError("The head of the log is older than a checkpoint");
  // Behind the head by one batch, at most a few, where a replica ended between commit and signature.
  const { root: rootThen } = signed.size === head.size ? edge : await edgeAt(db, signed.size);
  if (
    !bytesEqual(edge.root, head.root) ||
    !bytesEqual(encodeFrontier(edge), head.frontier) ||
    !bytesEqual(signed.root, rootThen)
  ) {
    throw new LogBrokenError("The stored entries do not lead to the head of the log: it was touched");
  }
  const [last] = await db
    .select({ first: logBatch.first })
    .from(logBatch)
    .orderBy(desc(logBatch.first))
    .limit(1);
  const end = last ? (await entriesBetween(db, last.first, Number.MAX_SAFE_INTEGER)).at(-1)!.index + 1 : 0;
  if (end !== head.size) throw new LogBrokenError("The log holds entries beyond its head");
  return edge;
}

/** The first head of a new log, of size 0 and signed. Another replica may do the same at this moment. */
async function makeHead(db: Database, signer: LogSigner): Promise<void> {
  const root = frontierRoot(nodeCrypto, EMPTY_FRONTIER);
  const note = signCheckpoint({ origin: signer.key.name, size: 0, root }, signer);
  await db.transaction(async (tx) => {
    const made = await tx
      .insert(logHead)
      .values({ id: 1, vkey: signer.vkey, size: 0, root, frontier: encodeFrontier(EMPTY_FRONTIER) })
      .onConflictDoNothing()
      .returning({ size: logHead.size });
    if (made.length > 0) await tx.insert(logCheckpoint).values({ size: 0, note });
  });
}

/** Receipts of the entries of these ids that are in the log. The head is locked meanwhile: nothing is half-way in. */
async function findReceipts(
  db: Database,
  reader: LogReader,
  ids: readonly string[],
): Promise<Map<string, Receipt>> {
  const rows = await db.transaction(async (tx) => {
    await lockHead(tx);
    return tx
      .select({ id: record.id, logIndex: record.logIndex, size: record.receiptSize })
      .from(record)
      .where(inArray(record.id, [...ids]));
  });
  const receipts = rows.map(async ({ id, logIndex, size }): Promise<[string, Receipt]> => {
    const [{ leafHash }, inclusionProof, checkpoint] = await Promise.all([
      reader.leaf(logIndex),
      reader.inclusionProof(logIndex, size),
      reader.checkpointAt(size),
    ]);
    return [id, { logIndex, leafHash, inclusionProof, size, checkpoint }];
  });
  return new Map(await Promise.all(receipts));
}

/**
 * Opens the log for writing: makes it when there is none, else re-reads and recomputes before it signs anything.
 * @param options.signer opens the log's key; a new one may be made only for a log that is new
 * @throws LogBrokenError
 */
export async function openLog(
  db: Database,
  options: {
    arrays: ArrayParameters;
    channel: AppendChannel;
    signer: (log: "new" | "existing") => Promise<LogSigner>;
    limits: BatchLimits;
    now: () => Date;
    randomBytes: (length: number) => Uint8Array;
    /** Takes up an epoch that another process has opened: a batch that was refused for it is written once more. */
    takeUpEpoch?: () => Promise<unknown>;
  },
): Promise<Log> {
  const [existing] = await db.select({ size: logHead.size }).from(logHead).where(eq(logHead.id, 1));
  const signer = await options.signer(existing ? "existing" : "new");
  if (!existing) await makeHead(db, signer);
  // One snapshot: another replica may be appending meanwhile.
  const edge = await db.transaction((tx) => recompute(tx, signer), { isolationLevel: "repeatable read" });

  const { arrays, channel, limits, now, randomBytes } = options;
  const context: AppendContext = { arrays, signer, now, randomBytes };
  const reader = signingReader(db, signer);
  const sequencer = new Sequencer({
    channel,
    context,
    limits,
    whereabouts: { find: (ids) => findReceipts(db, reader, ids) },
    edge,
    async mend(error) {
      if (!options.takeUpEpoch || !refusedAsOlder(error)) return false;
      await options.takeUpEpoch();
      return true;
    },
  });
  return {
    ...reader,
    context,
    append: (entry) => sequencer.append(entry),
    close: () => sequencer.close(),
  };
}
