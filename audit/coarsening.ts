import { bytesEqual, u64 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { type ItemsTree, itemsTree } from "./erasure.ts";
import type { Leaf } from "./leaf.ts";
import { hashLeaf, verifyInclusion } from "./merkle.ts";
import { Refusal } from "./refusal.ts";

/**
 * One record that was replaced by a coarser one: its entry's index and the new record's commitment, 32 bytes. The
 * commitment hides, so that an item whose record is gone tells no more than that there was one.
 */
export type CoarseningItem = { index: number; record: Uint8Array };

type CoarseningLeaf = Leaf & { kind: "coarsening" };

/** SHA-256(0x00 ‖ u64 index ‖ commitment): a leaf hash of the items' RFC 9162 tree. */
export function coarseningItemHash(crypto: Crypto, { index, record }: CoarseningItem): Uint8Array {
  if (record.length !== 32) throw new RangeError("a coarsening item's commitment has 32 bytes");
  const entry = new Uint8Array(40);
  entry.set(u64(index));
  entry.set(record, 8);
  return hashLeaf(crypto, entry);
}

/** The tree over a coarsening leaf's items, in the order given, which the writer has shuffled; as `erasureTree`. */
export const coarseningTree = (crypto: Crypto, items: readonly CoarseningItem[]): ItemsTree =>
  itemsTree(
    crypto,
    items.map((item) => coarseningItemHash(crypto, item)),
  );

export const verifyCoarseningItem = (
  crypto: Crypto,
  item: CoarseningItem,
  position: number,
  path: readonly Uint8Array[],
  leaf: { count: number; itemsRoot: Uint8Array },
): boolean =>
  verifyInclusion(crypto, position, leaf.count, coarseningItemHash(crypto, item), path, leaf.itemsRoot);

/**
 * Records of an export that name the coarsening entry which put them there, until that entry is read. The last coarsening
 * of an entry rules: its record, and no finer one, may stand.
 */
export class CoarsenedRecords {
  readonly #crypto: Crypto;
  readonly #waiting = new Map<number, { by: number; record: Uint8Array }>();
  /** How many wait for each coarsening entry. */
  readonly #by = new Map<number, number>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** Entry `index` carries a record with this commitment, which entry `by` is said to have put there. */
  wait(index: number, by: number, record: Uint8Array): void {
    this.#waiting.set(index, { by, record });
    this.#by.set(by, (this.#by.get(by) ?? 0) + 1);
  }

  awaits(entry: number): boolean {
    return this.#by.has(entry);
  }

  /**
   * @param carriesRecord whether the export has a record at an index
   * @returns how many records this entry justifies
   * @throws Refusal coarsening_items_mismatch, record_altered, record_kept_after_coarsening, coarsening_not_justified
   */
  justify(
    entry: number,
    leaf: CoarseningLeaf,
    items: readonly CoarseningItem[],
    carriesRecord: (index: number) => boolean,
  ): number {
    const distinct = new Set(items.map(({ index }) => index)).size === items.length;
    const fits =
      distinct &&
      items.length === leaf.count &&
      bytesEqual(coarseningTree(this.#crypto, items).itemsRoot, leaf.itemsRoot);
    if (!fits) throw new Refusal("coarsening_items_mismatch", entry);
    let justified = 0;
    for (const { index, record } of items) {
      if (index >= entry) throw new Refusal("coarsening_items_mismatch", entry);
      const waiting = this.#waiting.get(index);
      if (waiting === undefined) {
        if (carriesRecord(index)) throw new Refusal("record_kept_after_coarsening", index);
      } else if (waiting.by === entry) {
        if (!bytesEqual(waiting.record, record)) throw new Refusal("record_altered", index);
        this.#waiting.delete(index);
        justified += 1;
      }
    }
    this.close(entry);
    return justified;
  }

  /** Entry `entry` is over. @throws Refusal coarsening_not_justified when a record still waits for it */
  close(entry: number): void {
    if (!this.#by.delete(entry)) return;
    for (const [index, { by }] of this.#waiting) {
      if (by === entry) throw new Refusal("coarsening_not_justified", index);
    }
  }
}
