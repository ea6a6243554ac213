import { bytesEqual, toBase64 } from "./bytes.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { type ErasureItem, erasureTree } from "./erasure.ts";
import { type Erased, parseExportLine } from "./export.ts";
import { RunningRoot } from "./frontier.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import { hashLeaf } from "./merkle.ts";
import { checkPending } from "./pending.ts";
import { checkRecord } from "./record.ts";
import { atEntry, Refusal } from "./refusal.ts";

export type States = { VERIFIED: number; ERASED: number; PENDING: number };

/**
 * Checks a whole export against a checkpoint whose signature is already verified, line by line as they stream past.
 * What it remembers: the tree's right edge, two bits an entry, and the entries whose record is gone and not yet
 * justified. Any method throws Refusal at the first thing that is wrong.
 */
export class ExportCheck {
  readonly states: States = { VERIFIED: 0, ERASED: 0, PENDING: 0 };
  /** The first entries that are pending, so that a later export can be asked about them. */
  readonly pending: number[] = [];
  readonly #crypto: Crypto;
  readonly #checkpoint: Checkpoint;
  readonly #kept: Checkpoint | null;
  readonly #tree: RunningRoot;
  readonly #carriesRecord = new IndexSet();
  readonly #justified = new IndexSet();
  /** Entries that name an erasure entry still to come: its index → their index → the item's salt. */
  readonly #awaited = new Map<number, Map<number, string>>();
  /** Hour since which entries are said to be pending → the first of them. */
  readonly #pendingSince = new Map<number, number>();
  #newestHour = 0;
  #ended = false;

  /** `kept` is an earlier checkpoint of the same log, verified too. */
  constructor(crypto: Crypto, checkpoint: Checkpoint, kept: Checkpoint | null) {
    this.#crypto = crypto;
    this.#checkpoint = checkpoint;
    this.#kept = kept;
    this.#tree = new RunningRoot(crypto);
    if (kept && kept.size > checkpoint.size) throw new Refusal("checkpoint_older");
    this.#compareWithKept();
  }

  get entries(): number {
    return this.#tree.size;
  }

  line(text: string): void {
    const index = this.#tree.size;
    if (this.#ended) throw new Refusal("lines_after_end");
    const parsed = atEntry(index, () => parseExportLine(text));
    if ("end" in parsed) {
      this.#end(parsed.end);
      return;
    }
    if (parsed.index !== index) throw new Refusal("index_unexpected", index);
    if (index >= this.#checkpoint.size) throw new Refusal("size_mismatch", index);

    const leaf = atEntry(index, () => parseLeaf(parsed.leaf));
    this.#newestHour = Math.max(this.#newestHour, leaf.hour);
    if ("erased" in parsed) {
      this.#missing(index, leaf, parsed.erased);
    } else {
      atEntry(index, () => checkRecord(this.#crypto, leaf, parsed.record!, parsed.recordText, parsed.salt));
      this.#carriesRecord.add(index);
      this.states.VERIFIED += 1;
    }
    this.#items(index, leaf, parsed.items);
    this.#tree.push(hashLeaf(this.#crypto, parsed.leaf));
    this.#compareWithKept();
  }

  /** After the last line. */
  finish(): void {
    if (!this.#ended) throw new Refusal("end_missing", this.#tree.size);
  }

  #missing(index: number, leaf: Leaf, erased: Erased): void {
    if ("since" in erased) {
      // The newest hour is known at the end only; what can be said now is said now.
      checkPending(erased.since, leaf.hour, erased.since, index);
      if (!this.#pendingSince.has(erased.since)) this.#pendingSince.set(erased.since, index);
      if (this.pending.length < 10) this.pending.push(index);
      this.states.PENDING += 1;
      return;
    }
    if (erased.by <= index || erased.by >= this.#checkpoint.size) {
      throw new Refusal("erasure_not_justified", index);
    }
    const awaiting = this.#awaited.get(erased.by) ?? new Map<number, string>();
    awaiting.set(index, toBase64(erased.salt));
    this.#awaited.set(erased.by, awaiting);
  }

  #items(index: number, leaf: Leaf, items: readonly ErasureItem[] | undefined): void {
    const awaiting = this.#awaited.get(index) ?? new Map<number, string>();
    this.#awaited.delete(index);
    if (leaf.kind === "erasure") {
      if (!items) throw new Refusal("field_missing", index);
      this.#justify(index, leaf, items, awaiting);
    } else if (items) {
      throw new Refusal("field_unknown", index);
    }
    // Still waiting: an entry says that it was erased here, and this entry does not say so.
    for (const unlisted of awaiting.keys()) throw new Refusal("erasure_not_justified", unlisted);
  }

  #justify(
    index: number,
    leaf: Leaf & { kind: "erasure" },
    items: readonly ErasureItem[],
    awaiting: Map<number, string>,
  ): void {
    if (
      items.length !== leaf.count ||
      !bytesEqual(erasureTree(this.#crypto, items).itemsRoot, leaf.itemsRoot)
    ) {
      throw new Refusal("erasure_items_mismatch", index);
    }
    for (const item of items) {
      if (this.#carriesRecord.has(item.index)) throw new Refusal("record_kept_after_erasure", item.index);
      if (this.#justified.has(item.index)) throw new Refusal("erasure_repeated", item.index);
      if (awaiting.get(item.index) !== toBase64(item.salt)) {
        throw new Refusal("erasure_not_justified", item.index);
      }
      awaiting.delete(item.index);
      this.#justified.add(item.index);
      this.states.ERASED += 1;
    }
  }

  #end(count: number): void {
    this.#ended = true;
    if (count !== this.#tree.size || count !== this.#checkpoint.size)
      throw new Refusal("size_mismatch", count);
    if (!bytesEqual(this.#tree.root(), this.#checkpoint.root)) throw new Refusal("root_mismatch");
    for (const [since, index] of this.#pendingSince) checkPending(since, 0, this.#newestHour, index);
  }

  #compareWithKept(): void {
    if (this.#tree.size !== this.#kept?.size) return;
    if (!bytesEqual(this.#tree.root(), this.#kept.root)) throw new Refusal("checkpoint_inconsistent");
  }
}

/** One bit an index, grown as lines are read, so that a large number in hostile input reserves nothing. */
class IndexSet {
  #bits = new Uint8Array(1024);

  add(index: number): void {
    const place = Math.floor(index / 8);
    if (place >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(place + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[place]! |= 1 << (index % 8);
  }

  has(index: number): boolean {
    return ((this.#bits[Math.floor(index / 8)] ?? 0) & (1 << (index % 8))) !== 0;
  }
}
