import { concatBytes, isIndex, u64 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { type Coordinate, foldSubtrees, hashNode, peakCoordinates } from "./merkle.ts";

/**
 * The right edge of a tree: all that a writer needs to extend it. `peaks` are the hashes of the complete subtrees
 * that make up `size` leaves, largest first, one for each bit set in `size`.
 */
export type Frontier = { size: number; peaks: Uint8Array[] };

export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] };

export const frontierRoot = (crypto: Crypto, frontier: Frontier): Uint8Array =>
  foldSubtrees(crypto, frontier.peaks);

/** u64 size, then the peaks, 32 bytes each, largest first. */
export const encodeFrontier = (frontier: Frontier): Uint8Array =>
  concatBytes(u64(frontier.size), ...frontier.peaks);

/** Throws RangeError on a size beyond 2^53−1 or a length that does not fit it. */
export function parseFrontier(bytes: Uint8Array): Frontier {
  if (bytes.length < 8) throw new RangeError("a frontier has at least 8 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  if (!isIndex(size)) throw new RangeError("a frontier's size is a safe integer");
  const count = peakCoordinates(size).length;
  if (bytes.length !== 8 + 32 * count)
    throw new RangeError("a frontier has one peak for each bit of its size");
  const peaks = Array.from(
    { length: count },
    (_, i) => new Uint8Array(bytes.subarray(8 + 32 * i, 40 + 32 * i)),
  );
  return { size, peaks };
}

/** What an append gives: the new right edge, every complete subtree that it closed, and the new leaves' proofs. */
export type Appended = {
  frontier: Frontier;
  root: Uint8Array;
  /** New complete subtrees, leaf hashes (level 0) included, each level in index order: what tiles are made of. */
  nodes: (Coordinate & { hash: Uint8Array })[];
  /** Inclusion proof, in the new tree, of the batch's i-th leaf (from 0). Throws RangeError outside the batch. */
  proof(i: number): Uint8Array[];
};

/**
 * Appends leaf hashes using nothing but the old right edge: a new leaf's proof touches only new subtrees and old
 * peaks, because an old subtree whose sibling holds a new leaf is by that fact a peak.
 */
export function appendBatch(crypto: Crypto, old: Frontier, leafHashes: readonly Uint8Array[]): Appended {
  const size = old.size + leafHashes.length;
  if (!isIndex(size)) throw new RangeError("the tree is full");
  const oldPeaks = new Map(peakCoordinates(old.size).map(({ level }, i) => [level, old.peaks[i]!]));
  const levels: { first: number; hashes: Uint8Array[] }[] = [];
  const nodes: Appended["nodes"] = [];
  const peaks: Uint8Array[] = [];

  // By level: the tree right of all complete subtrees that large, folded; what a leaf without such a sibling is joined with.
  const ragged: (Uint8Array | undefined)[] = [];
  let rest: Uint8Array | undefined;

  let first = old.size;
  let hashes = [...leafHashes];
  for (let level = 0; first + hashes.length > 0; level++) {
    for (let i = 0; i < hashes.length; i++) nodes.push({ level, index: first + i, hash: hashes[i]! });
    const peak = oldPeaks.get(level);
    // A peak has an even index, and the first new subtree on its level stands right of it.
    if (peak) {
      hashes.unshift(peak);
      first -= 1;
    }
    levels.push({ first, hashes });
    ragged.push(rest);
    if (hashes.length % 2 === 1) {
      const last = hashes.at(-1)!;
      peaks.unshift(last);
      rest = rest ? hashNode(crypto, last, rest) : last;
    }
    const parents: Uint8Array[] = [];
    for (let i = 0; i + 1 < hashes.length; i += 2) {
      parents.push(hashNode(crypto, hashes[i]!, hashes[i + 1]!));
    }
    hashes = parents;
    first /= 2;
  }

  return {
    frontier: { size, peaks },
    root: rest ?? foldSubtrees(crypto, []),
    nodes,
    proof(i) {
      if (!isIndex(i) || i >= leafHashes.length) throw new RangeError("not a leaf of this batch");
      const path: Uint8Array[] = [];
      let index = old.size + i;
      for (let level = 0; level < levels.length; level++) {
        const { first, hashes } = levels[level]!;
        const sibling = hashes[(index % 2 === 0 ? index + 1 : index - 1) - first];
        // Where the complete subtrees end, an even node's sibling is the ragged rest, unless nothing is left.
        const right = sibling ?? (index === first + hashes.length - 1 ? ragged[level] : undefined);
        if (right) path.push(right);
        index = Math.floor(index / 2);
      }
      return path;
    },
  };
}

/** Root of a whole list of leaf hashes (RFC 9162 §2.1.1). */
export const rootOf = (crypto: Crypto, leafHashes: readonly Uint8Array[]): Uint8Array =>
  appendBatch(crypto, EMPTY_FRONTIER, leafHashes).root;

/** Keeps a right edge while leaves stream past, one at a time, in O(log n) memory. */
export class RunningRoot {
  #size = 0;
  readonly #peaks: Uint8Array[] = [];
  readonly #crypto: Crypto;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  get size(): number {
    return this.#size;
  }

  push(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let before = this.#size; before % 2 === 1; before = Math.floor(before / 2)) {
      hash = hashNode(this.#crypto, this.#peaks.pop()!, hash);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  /** The right edge, as a writer would keep it. */
  frontier(): Frontier {
    return { size: this.#size, peaks: [...this.#peaks] };
  }

  root(): Uint8Array {
    return foldSubtrees(this.#crypto, this.#peaks);
  }
}
