import { u64 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { appendBatch, EMPTY_FRONTIER } from "./frontier.ts";
import { hashLeaf, verifyInclusion } from "./merkle.ts";

/** One erased entry: its index, and 16 random bytes that keep the erasure leaf from telling which entries it covers. */
export type ErasureItem = { index: number; salt: Uint8Array };

/** What an erasure leaf may cover at most, so that its export line stays below the reader's limit. */
export const MAX_ERASURE_ITEMS = 65_536;

/** SHA-256(0x00 ‖ u64 index ‖ salt): a leaf hash of the items' RFC 9162 tree. */
export function erasureItemHash(crypto: Crypto, { index, salt }: ErasureItem): Uint8Array {
  if (salt.length !== 16) throw new RangeError("an erasure item's salt has 16 bytes");
  const entry = new Uint8Array(24);
  entry.set(u64(index));
  entry.set(salt, 8);
  return hashLeaf(crypto, entry);
}

/**
 * The tree over an erasure leaf's items, in the order given, which the writer has shuffled: an order by subject or
 * time would group one person's entries. `path(position)` proves one item without showing the others.
 * Throws RangeError for no items or more than `MAX_ERASURE_ITEMS`.
 */
export const erasureTree = (crypto: Crypto, items: readonly ErasureItem[]): ItemsTree =>
  itemsTree(
    crypto,
    items.map((item) => erasureItemHash(crypto, item)),
  );

/** What an erasure or a coarsening leaf says of its items, and the proof of each. */
export type ItemsTree = { count: number; itemsRoot: Uint8Array; path(position: number): Uint8Array[] };

/** Throws RangeError for no items or more than `MAX_ERASURE_ITEMS`. */
export function itemsTree(crypto: Crypto, hashes: readonly Uint8Array[]): ItemsTree {
  if (hashes.length === 0 || hashes.length > MAX_ERASURE_ITEMS) throw new RangeError("1 to 65,536 items");
  const tree = appendBatch(crypto, EMPTY_FRONTIER, hashes);
  return { count: hashes.length, itemsRoot: tree.root, path: tree.proof };
}

export const verifyErasureItem = (
  crypto: Crypto,
  item: ErasureItem,
  position: number,
  path: readonly Uint8Array[],
  leaf: { count: number; itemsRoot: Uint8Array },
): boolean =>
  verifyInclusion(crypto, position, leaf.count, erasureItemHash(crypto, item), path, leaf.itemsRoot);
