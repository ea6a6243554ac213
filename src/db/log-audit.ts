import { and, asc, desc, eq, gt, gte, inArray, lt, lte } from "drizzle-orm";
import { bytesEqual, toHex } from "../../audit/bytes.ts";
import { type Checkpoint, openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { encodeFrontier, RunningRoot, rootOf } from "../../audit/frontier.ts";
import { type Leaf, NO_TAG, parseLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import type { LogKeys } from "../../audit/note.ts";
import { Refusal } from "../../audit/refusal.ts";
import { TILE_WIDTH } from "../../audit/tile.ts";
import { verify } from "../../audit/verify.ts";
import { Problem } from "../errors.ts";
import type { Database } from "./client.ts";
import { rememberAudit } from "./last-audit.ts";
import { BatchBrokenError, entriesBetween, type StoredEntry } from "./log-entries.ts";
import { exportLines, RecordMissingError } from "./log-export.ts";
import { signedSoon } from "./signed-head.ts";
import {
  erasedEntry,
  logBatch,
  logCheckpoint,
  logHead,
  logTag,
  logTile,
  payload,
  record,
  retainedRecord,
} from "./tables.ts";

const PAGE = 1000;
/** Where a leaf holds its tag (`audit/FORMAT.md`). */
const TAG_AT = 6;

/** What does not fit, and where first. */
export interface LogFinding {
  code:
    | "head_missing"
    | "head_altered"
    | "head_unsigned"
    | "checkpoint_invalid"
    | "entry_missing"
    | "entry_altered"
    | "entry_beyond_head"
    | "tag_altered"
    | "payload_missing"
    | "tile_missing"
    | "tile_altered"
    | "root_mismatch"
    | "record_or_erasure"
    | "record_filed_wrong";
  /** The first wrong entry; null where none can be told. */
  entry: number | null;
  detail: string;
}

export interface LogAudit {
  ok: boolean;
  /** Entries that were looked at. */
  entries: number;
  finding: LogFinding | null;
}

class Found extends Error {
  readonly finding: LogFinding;
  constructor(code: LogFinding["code"], entry: number | null, detail: string) {
    super(detail);
    this.finding = { code, entry, detail };
  }
}

/**
 * Holds everything the database says of the log against everything else and against what the log's key once signed:
 * leaves, hashes, tags, tiles, every checkpoint that was handed out, records and erasures. A superuser can edit any row
 * and switch any trigger off, but cannot sign: what they touch leads to no checkpoint.
 *
 * Reads one snapshot, however long it takes; the embedded database answers nobody else meanwhile.
 * @param options.kept a checkpoint from outside the operator's hands, already opened with the log's key
 */
export async function auditLog(
  db: Database,
  key: LogKeys,
  options: { kept?: Checkpoint; now: Date },
): Promise<LogAudit> {
  let entries = 0;
  if (!(await signedSoon(db))) {
    const detail = "The head lies beyond every signed checkpoint, and stays there";
    return rememberAudit(
      db,
      { ok: false, entries, finding: { code: "head_unsigned", entry: null, detail } },
      options.now,
    );
  }
  try {
    await db.transaction(
      async (tx) => {
        const head = await openHead(tx, key);
        const walk = new Walk(tx, key, options.kept);
        for (let start = 0; start < head.size; start += PAGE) {
          const page = await entriesOf(tx, start, Math.min(start + PAGE, head.size));
          const tagged = new Tagged(
            await foundByTag(tx, page),
            await payloadsOf(tx, page),
            await erasedOf(tx, page),
          );
          for (const entry of page) {
            tagged.check(entry, await walk.entry(entry));
            entries = walk.size;
          }
        }
        await walk.finish(head);
        await recordsAndErasures(tx, head, key, options.now);
        await filedRight(tx);
      },
      { isolationLevel: "repeatable read", accessMode: "read only" },
    );
    return rememberAudit(db, { ok: true, entries, finding: null }, options.now);
  } catch (error) {
    if (error instanceof Found)
      return rememberAudit(db, { ok: false, entries, finding: error.finding }, options.now);
    throw error;
  }
}

/**
 * The same, with a kept checkpoint as it lies in a file.
 * @throws Problem invalid_checkpoint when that is no checkpoint of this log's key
 */
export async function auditWithKept(
  db: Database,
  key: LogKeys,
  note: string | undefined,
  now: Date,
): Promise<LogAudit> {
  if (note === undefined) return auditLog(db, key, { now });
  let kept: Checkpoint;
  try {
    kept = await openCheckpoint(nodeCrypto, note, key);
  } catch (cause) {
    throw new Problem("invalid_checkpoint", undefined, { cause });
  }
  return auditLog(db, key, { kept, now });
}

interface SignedHead extends Checkpoint {
  checkpoint: string;
  frontier: Uint8Array;
}

async function openHead(db: Database, key: LogKeys): Promise<SignedHead> {
  const [row] = await db.select().from(logHead).where(eq(logHead.id, 1));
  if (!row) throw new Found("head_missing", null, "The log has no head");
  const [newest] = await db.select().from(logCheckpoint).orderBy(desc(logCheckpoint.size)).limit(1);
  if (!newest) throw new Found("head_unsigned", null, "The log has no checkpoint");
  const signed = await opened(newest.note, key, null);
  // Beyond the newest checkpoint only what was appended in this moment: see `signedSoon`.
  const atHead = signed.size === row.size;
  if (signed.size > row.size || (atHead && !bytesEqual(signed.root, row.root))) {
    throw new Found("head_altered", null, "The head is not the one that its checkpoint signs");
  }
  const [last] = await db.select().from(logBatch).orderBy(desc(logBatch.first)).limit(1);
  if (last && last.first >= row.size) {
    throw new Found("entry_beyond_head", last.first, "An entry lies beyond the signed head");
  }
  const beyond = await entriesOf(db, row.size, Number.MAX_SAFE_INTEGER);
  if (beyond[0]) {
    throw new Found("entry_beyond_head", beyond[0].index, "An entry lies beyond the signed head");
  }
  return { ...signed, checkpoint: newest.note, frontier: row.frontier };
}

async function opened(note: string, key: LogKeys, entry: number | null): Promise<Checkpoint> {
  try {
    return await openCheckpoint(nodeCrypto, note, key);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Found("checkpoint_invalid", entry, `A stored checkpoint does not verify (${error.code})`);
  }
}

async function entriesOf(db: Database, start: number, end: number): Promise<StoredEntry[]> {
  try {
    return await entriesBetween(db, start, end);
  } catch (error) {
    if (!(error instanceof BatchBrokenError)) throw error;
    throw new Found("entry_altered", error.index, `Entry ${error.index} cannot be read out of its batch`);
  }
}

const tagsOf = (page: readonly StoredEntry[]): Uint8Array[] =>
  page.map(({ leaf }) => leaf.subarray(TAG_AT, TAG_AT + NO_TAG.length));

/** By tag in hex, the entry that is found by it. */
async function foundByTag(db: Database, page: readonly StoredEntry[]): Promise<Map<string, number>> {
  const rows = await db
    .select()
    .from(logTag)
    .where(inArray(logTag.tag, tagsOf(page)));
  return new Map(rows.map(({ tag, index }) => [toHex(tag), index]));
}

/** The tags, in hex, behind which a payload lies. */
async function payloadsOf(db: Database, page: readonly StoredEntry[]): Promise<Set<string>> {
  const rows = await db
    .select({ tag: payload.tag })
    .from(payload)
    .where(inArray(payload.tag, tagsOf(page)));
  return new Set(rows.map(({ tag }) => toHex(tag)));
}

async function erasedOf(db: Database, page: readonly StoredEntry[]): Promise<Set<number>> {
  const [first] = page;
  if (!first) return new Set();
  const erased = new Set<number>();
  // Behind a record that a duty keeps nothing lies in the vault either.
  for (const table of [erasedEntry, retainedRecord]) {
    const rows = await db
      .select({ logIndex: table.logIndex })
      .from(table)
      .where(and(gte(table.logIndex, first.index), lt(table.logIndex, first.index + page.length)));
    for (const { logIndex } of rows) erased.add(logIndex);
  }
  return erased;
}

/**
 * An entry that carries a tag is found by it, and its payload is there or was erased: else an access answer would be
 * incomplete.
 */
class Tagged {
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #payloads: ReadonlySet<string>;
  readonly #erased: ReadonlySet<number>;

  constructor(
    indexes: ReadonlyMap<string, number>,
    payloads: ReadonlySet<string>,
    erased: ReadonlySet<number>,
  ) {
    this.#indexes = indexes;
    this.#payloads = payloads;
    this.#erased = erased;
  }

  check({ index }: StoredEntry, { tag }: Leaf): void {
    if (bytesEqual(tag, NO_TAG)) return;
    const hex = toHex(tag);
    if (this.#indexes.get(hex) !== index) {
      throw new Found("tag_altered", index, `Entry ${index} is not found by its tag`);
    }
    if (!this.#payloads.has(hex) && !this.#erased.has(index)) {
      throw new Found("payload_missing", index, `The payload of entry ${index} is not there`);
    }
  }
}

/** One pass over the entries in order; each step compares what just became comparable. */
class Walk {
  readonly #db: Database;
  readonly #key: LogKeys;
  readonly #kept: Checkpoint | undefined;
  readonly #tree = new RunningRoot(nodeCrypto);
  /** Hashes of the tile that is filling, a level each. */
  readonly #tiles: Uint8Array[][] = [];
  #notes: { size: number; note: string }[] = [];
  /** Up to which size the notes were read, and the last size whose root a checkpoint confirmed. */
  #notesRead = -1;
  #confirmed = 0;

  constructor(db: Database, key: LogKeys, kept: Checkpoint | undefined) {
    this.#db = db;
    this.#key = key;
    this.#kept = kept;
  }

  get size(): number {
    return this.#tree.size;
  }

  async entry(row: StoredEntry): Promise<Leaf> {
    const index = this.#tree.size;
    if (row.index !== index) throw new Found("entry_missing", index, `Entry ${index} is not there`);
    let leaf: Leaf;
    try {
      leaf = parseLeaf(row.leaf);
    } catch {
      throw new Found("entry_altered", index, `The leaf of entry ${index} is none`);
    }
    const hash = hashLeaf(nodeCrypto, row.leaf);
    if (!bytesEqual(hash, row.leafHash)) {
      throw new Found("entry_altered", index, `The leaf of entry ${index} does not have its hash`);
    }
    this.#tree.push(hash);
    await this.#fillTile(0, hash);
    await this.#compareRoots();
    return leaf;
  }

  async finish(head: SignedHead): Promise<void> {
    if (this.#tree.size !== head.size) {
      throw new Found("entry_missing", this.#tree.size, `Entry ${this.#tree.size} is not there`);
    }
    this.#compare(head, "the signed head");
    // The next append computes from it alone.
    if (!bytesEqual(encodeFrontier(this.#tree.frontier()), head.frontier)) {
      throw new Found("head_altered", null, "The right edge of the head is not the one of its entries");
    }
    if (this.#kept && this.#kept.size > head.size) {
      throw new Found("root_mismatch", head.size, "The log is shorter than the checkpoint that was kept");
    }
  }

  async #fillTile(level: number, hash: Uint8Array): Promise<void> {
    const filling = this.#tiles[level] ?? [];
    this.#tiles[level] = filling;
    filling.push(hash);
    if (filling.length < TILE_WIDTH) return;
    const tile = this.#tree.size / TILE_WIDTH ** (level + 1) - 1;
    const root = rootOf(nodeCrypto, filling);
    const [row] = await this.#db
      .select()
      .from(logTile)
      .where(and(eq(logTile.level, level), eq(logTile.tile, tile)));
    const first = tile * TILE_WIDTH ** (level + 1);
    if (!row) throw new Found("tile_missing", first, `Tile ${tile} of level ${level} is not there`);
    if (!bytesEqual(row.hashes, Buffer.concat(filling)) || !bytesEqual(row.root, root)) {
      throw new Found(
        "tile_altered",
        first,
        `Tile ${tile} of level ${level} does not hold its entries' hashes`,
      );
    }
    this.#tiles[level] = [];
    await this.#fillTile(level + 1, root);
  }

  /** Every checkpoint that was handed out for this size, and the kept one, must have this root. */
  async #compareRoots(): Promise<void> {
    const { size } = this.#tree;
    if (size > this.#notesRead) {
      this.#notes = await this.#db
        .select()
        .from(logCheckpoint)
        .where(and(gt(logCheckpoint.size, this.#notesRead), lte(logCheckpoint.size, size + PAGE)))
        .orderBy(asc(logCheckpoint.size));
      this.#notesRead = size + PAGE;
    }
    while (this.#notes[0] && this.#notes[0].size <= size) {
      const { size: at, note } = this.#notes.shift()!;
      if (at < size) continue;
      this.#compare(await opened(note, this.#key, this.#confirmed), "a checkpoint that was handed out");
      this.#confirmed = size;
    }
    if (this.#kept?.size === size) this.#compare(this.#kept, "the checkpoint that was kept");
  }

  #compare(signed: Checkpoint, what: string): void {
    if (signed.size === this.#tree.size && bytesEqual(signed.root, this.#tree.root())) return;
    throw new Found(
      "root_mismatch",
      this.#confirmed,
      `Entries ${this.#confirmed} to ${this.#tree.size - 1} do not lead to ${what}: one of them was altered`,
    );
  }
}

/** Records open their commitments, and what is missing is justified: the offline verifier's own rules. */
async function recordsAndErasures(db: Database, head: SignedHead, key: LogKeys, now: Date): Promise<void> {
  const encoder = new TextEncoder();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const line of exportLines(db, head)) yield encoder.encode(line);
  }
  try {
    const verdict = await verify(nodeCrypto, bytes(), { key, now });
    if (verdict.ok) return;
    const detail = `A record or an erasure does not fit its entry (${verdict.code})`;
    throw new Found("record_or_erasure", verdict.entry, detail);
  } catch (error) {
    if (!(error instanceof RecordMissingError)) throw error;
    throw new Found("record_or_erasure", error.index, error.message);
  }
}

/** What records are found by must be what they say: a row filed under another outcome would hide from a filter. */
async function filedRight(db: Database): Promise<void> {
  let after = -1;
  for (;;) {
    const rows = await db
      .select()
      .from(record)
      .where(gt(record.logIndex, after))
      .orderBy(asc(record.logIndex))
      .limit(PAGE);
    for (const { logIndex, body, ...columns } of rows) {
      const told = JSON.parse(body) as Record<string, unknown>;
      const wrong = (["id", "kind", "hour", "model", "version", "outcome", "client"] as const).find(
        // A correction or a review says what stands now; the column is a decision's own outcome.
        (name) =>
          told[name] !== undefined &&
          told[name] !== columns[name] &&
          (name !== "outcome" || columns.kind === "decision"),
      );
      if (wrong)
        throw new Found("record_filed_wrong", logIndex, `Record ${logIndex} is filed under another ${wrong}`);
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.logIndex;
  }
}
