import { bytesEqual, isIndex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

// RFC 9162 §2.1: the tree, its proofs and their verification. Sizes and indexes are safe integers (below 2^53);
// arithmetic stays away from the bit operators, which would cut them to 32 bits.

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

export const hashLeaf = (crypto: Crypto, entry: Uint8Array): Uint8Array => crypto.sha256(LEAF_PREFIX, entry);

export const hashNode = (crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array =>
  crypto.sha256(NODE_PREFIX, left, right);

export const emptyRoot = (crypto: Crypto): Uint8Array => crypto.sha256();

/** Hash of subtrees that stand side by side, largest first, as RFC 9162 joins them: from the right. */
export function foldSubtrees(crypto: Crypto, subtrees: readonly Uint8Array[]): Uint8Array {
  if (subtrees.length === 0) return emptyRoot(crypto);
  return subtrees.reduceRight((right, left) => hashNode(crypto, left, right));
}

/** RFC 9162 §2.1.3.2. False for whatever does not verify, sizes out of range and wrong lengths included. */
export function verifyInclusion(
  crypto: Crypto,
  index: number,
  size: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size || !all32([leafHash, root, ...proof])) return false;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(crypto, sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(crypto, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && bytesEqual(hash, root);
}

/** RFC 9162 §2.1.4.2. From an empty tree there is nothing to prove: size 0 is refused. False as above. */
export function verifyConsistency(
  crypto: Crypto,
  size1: number,
  size2: number,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isIndex(size1) || !isIndex(size2) || size1 === 0 || size1 > size2) return false;
  if (!all32([root1, root2, ...proof])) return false;
  if (size1 === size2) return proof.length === 0 && bytesEqual(root1, root2);

  let node = size1 - 1;
  let last = size2 - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // When the old tree is one complete subtree of the new one, the old root itself starts the climb.
  const path = node === 0 ? [root1, ...proof] : proof;
  let hash1 = path[0];
  let hash2 = path[0];
  if (hash1 === undefined || hash2 === undefined) return false;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash1 = hashNode(crypto, sibling, hash1);
      hash2 = hashNode(crypto, sibling, hash2);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash2 = hashNode(crypto, hash2, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && bytesEqual(hash1, root1) && bytesEqual(hash2, root2);
}

const all32 = (hashes: readonly Uint8Array[]): boolean => hashes.every((hash) => hash.length === 32);

/** The complete subtree over leaves [index·2^level, (index+1)·2^level): level 0 holds the leaf hashes. */
export type Coordinate = { level: number; index: number };

/** One proof, first hash nearest the leaf: each hash is the fold of complete subtrees, largest first. */
export type Path = Coordinate[][];

/** Complete subtrees that together make the tree of that size, largest first. */
export const peakCoordinates = (size: number): Coordinate[] => cover(0, asSize(size));

/** RFC 9162 §2.1.3.1. Throws RangeError unless index < size. */
export function inclusionPath(index: number, size: number): Path {
  if (!isIndex(index) || index >= asSize(size)) throw new RangeError("index is not in the tree");
  const path: Path = [];
  let low = 0;
  let high = size;
  while (high - low > 1) {
    const middle = low + splitOf(high - low);
    if (index < middle) {
      path.push(cover(middle, high));
      high = middle;
    } else {
      path.push(cover(low, middle));
      low = middle;
    }
  }
  return path.reverse();
}

/** RFC 9162 §2.1.4.1. Throws RangeError unless 1 ≤ size1 ≤ size2; equal sizes need no hash. */
export function consistencyPath(size1: number, size2: number): Path {
  if (asSize(size1) === 0 || size1 > asSize(size2)) throw new RangeError("sizes do not grow from at least 1");
  const path: Path = [];
  let low = 0;
  let high = size2;
  while (high !== size1) {
    const middle = low + splitOf(high - low);
    if (size1 <= middle) {
      path.push(cover(middle, high));
      high = middle;
    } else {
      path.push(cover(low, middle));
      low = middle;
    }
  }
  // The verifier knows the old root, so the subtree where the descent stops is sent only if it is not that root.
  if (low !== 0) path.push(cover(low, high));
  return path.reverse();
}

/**
 * Turns a path into hashes by reading complete subtrees, all at once, from wherever they are kept.
 * A rejected read rejects the whole.
 */
export async function resolvePath(
  crypto: Crypto,
  path: Path,
  readNode: (level: number, index: number) => Promise<Uint8Array>,
): Promise<Uint8Array[]> {
  return Promise.all(
    path.map(async (subtrees) =>
      foldSubtrees(crypto, await Promise.all(subtrees.map(({ level, index }) => readNode(level, index)))),
    ),
  );
}

/** Largest power of two below n (n ≥ 2). */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

/** Complete subtrees covering [low, high), where `low` is a multiple of the range's leading power of two. */
function cover(low: number, high: number): Coordinate[] {
  const subtrees: Coordinate[] = [];
  let level = Math.floor(Math.log2(high - low + 1)) + 1;
  for (let start = low; start < high; level--) {
    const width = 2 ** level;
    if (width > high - start) continue;
    subtrees.push({ level, index: start / width });
    start += width;
  }
  return subtrees;
}

function asSize(size: number): number {
  if (!isIndex(size)) throw new RangeError("a tree size is a safe non-negative integer");
  return size;
}
