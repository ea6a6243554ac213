import { asc, desc, eq } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import { openCheckpoint, signCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { EMPTY_FRONTIER, encodeFrontier, frontierRoot } from "../../audit/frontier.ts";
import { consistencyPath, inclusionPath, peakCoordinates, resolvePath } from "../../audit/merkle.ts";
import { formatVkey, keysOfSigner } from "../../audit/note.ts";
import type { Tile } from "../../audit/tile.ts";
import { Problem } from "../errors.ts";
import type { ArrayParameters } from "./arrays.ts";
import type { Database } from "./client.ts";
import {
  type AppendContext,
  appendEntries,
  type LogSigner,
  type NewEntry,
  type Outcome,
} from "./log-append.ts";
import { Batcher, type BatchLimits } from "./log-batcher.ts";
import { nodeReader, tileBytes } from "./log-nodes.ts";
import { refusedAsOlder } from "./older-epoch.ts";
import { logCheckpoint, logEntry, logHead, logKey } from "./tables.ts";

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

export function logReader(db: Database): LogReader {
  const readNode = nodeReader(db);
  async function row() {
    const [head] = await db.select().from(logHead).where(eq(logHead.id, 1));
    if (!head) throw new Problem("not_ready", "The log is not open yet", { retryAfterSeconds: 5 });
    return head;
  }
  return {
    head: row,
    async vkeys() {
      const changes = await db.select({ vkey: logKey.vkey }).from(logKey).orderBy(asc(logKey.number));
      return [(await row()).vkey, ...changes.map(({ vkey }) => vkey)];
    },
    async vkey() {
      return (await this.vkeys()).at(-1)!;
    },
    consistencyProof: (from, to) =>
      from === 0 ? Promise.resolve([]) : resolvePath(nodeCrypto, consistencyPath(from, to), readNode),
    async leaf(index) {
      const [entry] = await db.select().from(logEntry).where(eq(logEntry.index, index));
      if (!entry) throw new Problem("unknown_entry");
      return entry;
    },
    inclusionProof: (index, size) => resolvePath(nodeCrypto, inclusionPath(index, size), readNode),
    async tile(tile) {
      const bytes = await tileBytes(db, tile, (await row()).size);
      if (!bytes) throw new Problem("unknown_entry", "The log does not fill this tile so far");
      return bytes;
    },
    async checkpointAt(size) {
      const [checkpoint] = await db.select().from(logCheckpoint).where(eq(logCheckpoint.size, size));
      if (!checkpoint) throw new Problem("unknown_entry", "No checkpoint of this size was handed out");
      return checkpoint.note;
    },
  };
}

/** Rebuilds the right edge out of the stored leaves and tiles and holds it against the head, before anything is signed. */
async function recompute(db: Database, signer: LogSigner): Promise<void> {
  const [head] = await db.select().from(logHead).where(eq(logHead.id, 1));
  if (!head) throw new LogBrokenError("The log has no head");
  // The head names the first key for ever; a key that replaced it has an entry of its own.
  if (head.vkey !== formatVkey(keysOfSigner(signer)[0]!)) {
    throw new LogBrokenError(
      "The log in this database is signed by another key, or has another MOTIVO_ORIGIN",
    );
  }
  const readNode = nodeReader(db);
  const peaks = await Promise.all(
    peakCoordinates(head.size).map(({ level, index }) => readNode(level, index)),
  );
  const frontier = { size: head.size, peaks };
  const root = frontierRoot(nodeCrypto, frontier);
  const signed = await openCheckpoint(nodeCrypto, head.checkpoint, keysOfSigner(signer));
  if (
    !bytesEqual(root, head.root) ||
    !bytesEqual(encodeFrontier(frontier), head.frontier) ||
    !bytesEqual(signed.root, root) ||
    signed.size !== head.size
  ) {
    throw new LogBrokenError("The stored entries do not lead to the head of the log: it was touched");
  }
  const [last] = await db
    .select({ index: logEntry.index })
    .from(logEntry)
    .orderBy(desc(logEntry.index))
    .limit(1);
  if ((last?.index ?? -1) !== head.size - 1)
    throw new LogBrokenError("The log holds entries beyond its head");
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
  if (!existing) {
    const root = frontierRoot(nodeCrypto, EMPTY_FRONTIER);
    const checkpoint = signCheckpoint({ origin: signer.key.name, size: 0, root }, signer);
    await db.transaction(async (tx) => {
      const made = await tx
        .insert(logHead)
        .values({
          id: 1,
          vkey: signer.vkey,
          size: 0,
          root,
          frontier: encodeFrontier(EMPTY_FRONTIER),
          checkpoint,
        })
        .onConflictDoNothing()
        .returning({ size: logHead.size });
      if (made.length > 0) await tx.insert(logCheckpoint).values({ size: 0, note: checkpoint });
    });
  }
  // One snapshot: another replica may be appending meanwhile.
  await db.transaction((tx) => recompute(tx, signer), { isolationLevel: "repeatable read" });

  const context: AppendContext = {
    arrays: options.arrays,
    signer,
    now: options.now,
    randomBytes: options.randomBytes,
  };
  const write = (entries: readonly NewEntry[]) => db.transaction((tx) => appendEntries(tx, context, entries));
  const batcher = new Batcher<NewEntry, Outcome>(options.limits, (entries) =>
    write(entries).catch(async (error: unknown) => {
      if (!options.takeUpEpoch || !refusedAsOlder(error)) throw error;
      await options.takeUpEpoch();
      return write(entries);
    }),
  );
  return {
    ...logReader(db),
    context,
    append: (entry) => batcher.add(entry),
    close: () => batcher.close(),
  };
}
