import { eq, inArray } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { canonicalize, type Json } from "../../audit/canonical.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { commit } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { appendBatch, encodeFrontier, type Frontier, parseFrontier, rootOf } from "../../audit/frontier.ts";
import { encodeLeaf, type Leaf, NO_TAG, NO_VAULT } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import type { Signer } from "../../audit/note.ts";
import { TILE_WIDTH } from "../../audit/tile.ts";
import type { ArrayParameters } from "./arrays.ts";
import type { Database } from "./client.ts";
import { tileHashes } from "./log-nodes.ts";
import { claimKeys, type EntryRow, standingRecords, takeTagNumbers, writeEntries } from "./log-statements.ts";
import { idempotencyKey, logHead, logTile } from "./tables.ts";

/** What a leaf says beside time, tag and commitments, which the append adds. */
export type LeafBody = Leaf extends infer L
  ? L extends Leaf
    ? Omit<L, "hour" | "tag" | "record" | "vault">
    : never
  : never;

/** A payload that was encrypted for one tag, and what the leaf says of it. */
export interface SealedPayload {
  tag: Uint8Array;
  owner: Uint8Array;
  ciphertext: Uint8Array;
  /** Hiding commitment to the plaintext. */
  commitment: Uint8Array;
}

/** Whose entry it is. The number of the tag is known only inside the transaction, so sealing waits for it. */
export interface SubjectOfEntry {
  dataKey: string;
  seal(tagNumber: number): SealedPayload;
}

export interface NewEntry {
  leaf: LeafBody;
  /** Hours since the Unix epoch. */
  hour: number;
  /** The anonymised record; the leaf commits to its canonical JSON. */
  body: { [member: string]: Json } & { kind: string; hour: number };
  columns: {
    id: string;
    model?: string;
    version?: number;
    outcome?: string;
    client?: string;
    about?: string;
  };
  /** Whose entry it is; absent for what concerns no one person. */
  subject?: SubjectOfEntry;
  idempotency?: { keyHmac: Uint8Array; requestHmac: Uint8Array; expiresAt: Date };
}

export interface Receipt {
  logIndex: number;
  leafHash: Uint8Array;
  inclusionProof: Uint8Array[];
  /** Size of the tree that the proof leads to. */
  size: number;
  checkpoint: string;
}

/** Why one entry of a batch was left out while the others went in. */
export type Refusal = { refused: "key-erased" | "idempotency-key-taken" | "decision-erased" };
export type Outcome = Receipt | Refusal;

/** Signs checkpoints under the log's own key, whose name is the origin. */
export interface LogSigner extends Signer {
  /** Name and public key as auditors keep it (C2SP vkey). */
  vkey: string;
}

export interface AppendContext {
  arrays: ArrayParameters;
  signer: LogSigner;
  now: () => Date;
  randomBytes: (length: number) => Uint8Array;
}

/** The head, locked: from here to the commit, indexes are this transaction's to give, and no other one appends. */
export async function lockHead(tx: Database): Promise<Frontier & { root: Uint8Array }> {
  const [head] = await tx.select().from(logHead).where(eq(logHead.id, 1)).for("update");
  if (!head) throw new Error("The log has no head");
  return { ...parseFrontier(head.frontier), root: head.root };
}

/** @returns the entries whose key is another request's, in this batch or before it */
async function claimIdempotencyKeys(
  tx: Database,
  { arrays, now }: AppendContext,
  entries: readonly NewEntry[],
): Promise<Set<NewEntry>> {
  const first = new Map<string, NewEntry>();
  for (const entry of entries) {
    if (!entry.idempotency) continue;
    const key = toHex(entry.idempotency.keyHmac);
    if (!first.has(key)) first.set(key, entry);
  }
  const claims = [...first.values()].map(({ idempotency, columns }) => ({
    ...idempotency!,
    decision: columns.id,
  }));
  const claimed = await claimKeys(tx, arrays, claims, now());
  return new Set(
    entries.filter((entry) => {
      if (!entry.idempotency) return false;
      const key = toHex(entry.idempotency.keyHmac);
      return first.get(key) !== entry || !claimed.has(key);
    }),
  );
}

const aboutsOf = (entries: readonly NewEntry[]): string[] => [
  ...new Set(entries.flatMap(({ columns: { about } }) => about ?? [])),
];

function tagsWanted(entries: readonly NewEntry[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { subject } of entries) {
    if (subject) wanted.set(subject.dataKey, (wanted.get(subject.dataKey) ?? 0) + 1);
  }
  return wanted;
}

interface Prepared {
  entry: NewEntry;
  leaf: Uint8Array;
  hash: Uint8Array;
  salt: Uint8Array;
  body: string;
  sealed?: SealedPayload;
}

function prepare(context: AppendContext, entry: NewEntry, tagNumber: number | undefined): Prepared {
  const body = canonicalize(entry.body);
  const salt = context.randomBytes(32);
  const sealed = tagNumber === undefined ? undefined : entry.subject?.seal(tagNumber);
  const leaf = encodeLeaf({
    ...entry.leaf,
    hour: entry.hour,
    tag: sealed?.tag ?? NO_TAG,
    record: commit(nodeCrypto, salt, new TextEncoder().encode(body)),
    vault: sealed?.commitment ?? NO_VAULT,
  } as Leaf);
  return { entry, leaf, hash: hashLeaf(nodeCrypto, leaf), salt, body, ...(sealed ? { sealed } : {}) };
}

/** Writes the hash tiles that this batch filled, level by level: each root is a hash of the level above. */
async function writeFullTiles(tx: Database, oldSize: number, newSize: number): Promise<void> {
  let from = Math.floor(oldSize / TILE_WIDTH);
  let to = Math.floor(newSize / TILE_WIDTH);
  for (let level = 0; to > from; level++) {
    for (let tile = from; tile < to; tile++) {
      const hashes = await tileHashes(tx, level, tile * TILE_WIDTH, TILE_WIDTH);
      await tx
        .insert(logTile)
        .values({ level, tile, hashes: Buffer.concat(hashes), root: rootOf(nodeCrypto, hashes) });
    }
    from = Math.floor(from / TILE_WIDTH);
    to = Math.floor(to / TILE_WIDTH);
  }
}

/**
 * Appends entries inside the caller's transaction: head, leaves, records, payloads, tiles and checkpoint, all or
 * none. The head stays locked until that transaction ends, so keep it short.
 *
 * The checkpoint is signed before the commit, but leaves the process only after it: a crash in between loses
 * both. Nothing here may be handed out before the commit.
 *
 * @returns an outcome an entry, in order; refused entries leave no trace.
 */
export async function appendEntries(
  tx: Database,
  context: AppendContext,
  entries: readonly NewEntry[],
): Promise<Outcome[]> {
  const head = await lockHead(tx);
  // Under the lock: a reading that an erasure overtook would otherwise leave a record about a decision that is gone.
  const standing = await standingRecords(tx, context.arrays, aboutsOf(entries));
  const late = new Set(entries.filter(({ columns: { about } }) => about && !standing.has(about)));
  const timely = entries.filter((entry) => !late.has(entry));
  const taken = await claimIdempotencyKeys(tx, context, timely);
  const admitted = timely.filter((entry) => !taken.has(entry));
  const tagNumbers = await takeTagNumbers(tx, context.arrays, tagsWanted(admitted));
  const erased = new Set(admitted.filter(({ subject }) => subject && !tagNumbers.has(subject.dataKey)));
  const unclaimed = [...erased].flatMap((entry) => (entry.idempotency ? [entry.idempotency.keyHmac] : []));
  if (unclaimed.length > 0) await tx.delete(idempotencyKey).where(inArray(idempotencyKey.keyHmac, unclaimed));

  const prepared = admitted
    .filter((entry) => !erased.has(entry))
    .map((entry) => {
      if (!entry.subject) return prepare(context, entry, undefined);
      const number = tagNumbers.get(entry.subject.dataKey)!;
      tagNumbers.set(entry.subject.dataKey, number + 1);
      return prepare(context, entry, number);
    });
  const receipts = prepared.length > 0 ? await writeBatch(tx, context, head, prepared) : new Map();
  return entries.map((entry) => {
    if (late.has(entry)) return { refused: "decision-erased" };
    if (taken.has(entry)) return { refused: "idempotency-key-taken" };
    return receipts.get(entry) ?? { refused: "key-erased" };
  });
}

async function writeBatch(
  tx: Database,
  context: AppendContext,
  head: Frontier & { root: Uint8Array },
  prepared: readonly Prepared[],
): Promise<Map<NewEntry, Receipt>> {
  const appended = appendBatch(
    nodeCrypto,
    head,
    prepared.map(({ hash }) => hash),
  );
  const { size } = appended.frontier;
  const checkpoint = signCheckpoint(
    { origin: context.signer.key.name, size, root: appended.root },
    context.signer,
  );

  const moved = await writeEntries(tx, context.arrays, prepared.map(rowOf), {
    from: head,
    to: { size, root: appended.root, frontier: encodeFrontier(appended.frontier), checkpoint },
  });
  if (!moved) throw new Error("The head of the log moved under a lock");
  await writeFullTiles(tx, head.size, size);

  return new Map(
    prepared.map(({ entry, hash }, i) => [
      entry,
      { logIndex: head.size + i, leafHash: hash, inclusionProof: appended.proof(i), size, checkpoint },
    ]),
  );
}

function rowOf({ entry, leaf, hash, salt, body, sealed }: Prepared): EntryRow {
  const { id, model = null, version = null, outcome = null, client = null, about = null } = entry.columns;
  return {
    leaf,
    leafHash: hash,
    id,
    kind: entry.leaf.kind,
    hour: entry.hour,
    model,
    version,
    outcome,
    client,
    about,
    body,
    salt,
    payload: sealed ?? null,
  };
}
