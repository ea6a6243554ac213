import { canonicalize } from "../../audit/canonical.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { commit } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import {
  type Appended,
  appendBatch,
  encodeFrontier,
  type Frontier,
  parseFrontier,
} from "../../audit/frontier.ts";
import { encodeLeaf, type Leaf, NO_TAG, NO_VAULT } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import type { AppendResult, ExpectedTree, OwedNote, PreparedEntry, TagNumbers } from "./append-call.ts";
import type { AppendContext, LogSigner, NewEntry, Outcome } from "./log-entry.ts";

/** The right edge of the tree and its root. */
export type Edge = Frontier & { root: Uint8Array };

const SALT_BYTES = 32;

/** An entry with its leaf. @param tagNumber of the subject's tag; undefined for what concerns no one person */
function prepareEntry(entry: NewEntry, salt: Uint8Array, tagNumber: number | undefined): PreparedEntry {
  const body = Buffer.from(canonicalize(entry.body));
  const sealed = tagNumber === undefined ? null : (entry.subject?.seal(tagNumber) ?? null);
  const leaf = encodeLeaf({
    ...entry.leaf,
    hour: entry.hour,
    tag: sealed?.tag ?? NO_TAG,
    record: commit(nodeCrypto, salt, body),
    vault: sealed?.commitment ?? NO_VAULT,
  } as Leaf);
  return { entry, leaf, hash: hashLeaf(nodeCrypto, leaf), salt, body, sealed };
}

/**
 * Entries with their leaves, the tags of each data key numbered from where it stands.
 * @param standing next free numbers that are known better than when the entry's key was read
 */
export function prepareEntries(
  context: AppendContext,
  entries: readonly NewEntry[],
  standing: ReadonlyMap<string, number>,
): { prepared: PreparedEntry[]; tagNumbers: TagNumbers } {
  const tagNumbers = new Map<string, { from: number; count: number }>();
  const salts = context.randomBytes(SALT_BYTES * entries.length);
  const prepared = entries.map((entry, i) => {
    const salt = salts.subarray(SALT_BYTES * i, SALT_BYTES * (i + 1));
    if (!entry.subject) return prepareEntry(entry, salt, undefined);
    const { dataKey, entries: read } = entry.subject;
    let taking = tagNumbers.get(dataKey);
    if (!taking) {
      taking = { from: Math.max(read, standing.get(dataKey) ?? 0), count: 0 };
      tagNumbers.set(dataKey, taking);
    }
    return prepareEntry(entry, salt, taking.from + taking.count++);
  });
  return { prepared, tagNumbers };
}

const extended = (edge: Frontier, prepared: readonly PreparedEntry[]): Appended =>
  appendBatch(
    nodeCrypto,
    edge,
    prepared.map(({ hash }) => hash),
  );

const signedNote = (signer: LogSigner, size: number, root: Uint8Array): string =>
  signCheckpoint({ origin: signer.key.name, size, root }, signer);

/** The tree with a batch on top of `edge`, signed in advance: until the commit the note leaves nobody's hands. */
export function expectedTree(
  signer: LogSigner,
  edge: Edge,
  prepared: readonly PreparedEntry[],
): ExpectedTree {
  const appended = extended(edge, prepared);
  const { frontier, root, nodes } = appended;
  return {
    from: edge,
    appended,
    frontier: encodeFrontier(frontier),
    note: signedNote(signer, frontier.size, root),
    tiles: nodes
      .filter(({ level }) => level > 0 && level % 8 === 0)
      .map(({ level, index, hash }) => ({ level: level / 8 - 1, tile: index, root: hash })),
  };
}

/** What a call came to. */
export interface Settled {
  /** By entry; those whose tag's number was taken are in `stale` instead, to be sealed anew. */
  outcomes: Map<NewEntry, Outcome>;
  stale: NewEntry[];
  /** Next free tag number by data key, as far as this batch learnt it. */
  counters: Map<string, number>;
  /** Where the head stands after this batch; null when nothing went in. */
  edge: Edge | null;
  /** The checkpoint of the receipts, where the database computed the tree and could not store it. */
  owed: OwedNote | null;
}

/**
 * Reads what a call came to, and proves every entry that went in: from what was expected, or from the edge that the
 * database gives where another batch had come first.
 */
export function settle(
  signer: LogSigner,
  prepared: readonly PreparedEntry[],
  expected: ExpectedTree | undefined,
  { first, edge, refused, counters }: AppendResult,
): Settled {
  const settled: Settled = { outcomes: new Map(), stale: [], counters: new Map(), edge: null, owed: null };
  const admitted = refused ? prepared.filter((_, i) => refused[i] === null) : prepared;
  prepared.forEach(({ entry }, i) => {
    const why = refused?.[i];
    const next = counters?.[i];
    if (next != null && entry.subject) settled.counters.set(entry.subject.dataKey, next);
    if (why === "tag-stale") settled.stale.push(entry);
    else if (why) settled.outcomes.set(entry, { refused: why });
  });
  if (first === null) return settled;

  const appended = edge ? extended(parseFrontier(edge), admitted) : expected?.appended;
  if (!appended || appended.frontier.size !== first + admitted.length) {
    throw new Error("The database moved the head, but not as it says");
  }
  const { frontier, root } = appended;
  const note = edge || !expected ? signedNote(signer, frontier.size, root) : expected.note;
  settled.edge = { ...frontier, root };
  if (edge) settled.owed = { size: frontier.size, note };
  admitted.forEach(({ entry, hash }, i) => {
    const inclusionProof = appended.proof(i);
    settled.outcomes.set(entry, {
      logIndex: first + i,
      leafHash: hash,
      inclusionProof,
      size: frontier.size,
      checkpoint: note,
    });
  });
  return settled;
}
