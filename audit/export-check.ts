import { bytesEqual, utf8 } from "./bytes.ts";
import type { JsonObject } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { CoarsenedRecords } from "./coarsening.ts";
import { commit } from "./commitment.ts";
import type { Crypto } from "./crypto.ts";
import { type ErasureItem, erasureTree } from "./erasure.ts";
import { type Erased, type Items, type ParsedEntry, parseExportLine } from "./export.ts";
import { RunningRoot } from "./frontier.ts";
import { KeptLineReader } from "./kept-line.ts";
import { checkKeyChange, type KeyChange } from "./key-change.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import { lineText } from "./lines.ts";
import { hashLeaf } from "./merkle.ts";
import { checkPending } from "./pending.ts";
import { checkRecord, checkSaysTheSame } from "./record.ts";
import { atEntry, Refusal } from "./refusal.ts";

export type States = { VERIFIED: number; COARSENED: number; ERASED: number; PENDING: number };

/**
 * Checks a whole export against a checkpoint whose signature is already verified, line by line as they stream past.
 * What it remembers: the tree's right edge, two bits an entry, and the entries whose record is gone or coarsened and not
 * yet justified. Any method throws Refusal at the first thing that is wrong.
 */
export class ExportCheck {
  readonly states: States = { VERIFIED: 0, COARSENED: 0, ERASED: 0, PENDING: 0 };
  /** The first entries that are pending, so that a later export can be asked about them. */
  readonly pending: number[] = [];
  /** Every change of the log's key, in order, known at the end. */
  readonly keyChanges: KeyChange[] = [];
  readonly #keyEntries: { index: number; leaf: Leaf; record: JsonObject }[] = [];
  readonly #crypto: Crypto;
  readonly #checkpoint: Checkpoint;
  readonly #kept: Checkpoint | null;
  readonly #tree: RunningRoot;
  readonly #carriesRecord = new IndexSet();
  readonly #justified = new IndexSet();
  /** Entries that name an erasure entry still to come, by its index. */
  readonly #awaited = new Map<number, AwaitedItems>();
  readonly #coarsened: CoarsenedRecords;
  readonly #reader: KeptLineReader;
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
    this.#coarsened = new CoarsenedRecords(crypto);
    this.#reader = new KeptLineReader(crypto);
    if (kept && kept.size > checkpoint.size) throw new Refusal("checkpoint_older");
    this.#compareWithKept();
  }

  get entries(): number {
    return this.#tree.size;
  }

  /** One line's bytes, without the newline. */
  line(bytes: Uint8Array): void {
    const index = this.#tree.size;
    if (this.#ended) throw new Refusal("lines_after_end");
    const plain =
      index < this.#checkpoint.size && !this.#awaited.has(index) && !this.#coarsened.awaits(index);
    const kept = plain && this.#reader.read(bytes, index);
    if (!kept) {
      this.#slowly(index, lineText(bytes));
      return;
    }
    this.#newestHour = Math.max(this.#newestHour, kept.hour);
    this.#carriesRecord.add(index);
    this.states.VERIFIED += 1;
    this.#tree.push(kept.leafHash);
    this.#compareWithKept();
  }

  /** Reads a line whole, and names what is wrong with it. */
  #slowly(index: number, text: string): void {
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
    } else if (!("recordText" in parsed)) {
      if (leaf.kind !== "decision") throw new Refusal("coarsening_not_justified", index);
      this.#missing(index, leaf, parsed.coarsened);
    } else if (parsed.coarsened) {
      this.#replaced(index, leaf, parsed, parsed.coarsened.by);
    } else {
      atEntry(index, () => checkRecord(this.#crypto, leaf, parsed.record!, parsed.recordText, parsed.salt));
      this.#carriesRecord.add(index);
      this.states.VERIFIED += 1;
      if (leaf.kind === "key") this.#keyEntries.push({ index, leaf, record: parsed.record! });
    }
    this.#items(index, leaf, parsed.items);
    this.#tree.push(hashLeaf(this.#crypto, parsed.leaf));
    this.#compareWithKept();
  }

  /** After the last line. */
  async finish(): Promise<void> {
    if (!this.#ended) throw new Refusal("end_missing", this.#tree.size);
    for (const { index, leaf, record } of this.#keyEntries) {
      this.keyChanges.push(await checkKeyChange(this.#crypto, index, leaf, record));
    }
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
    const awaiting = this.#awaited.get(erased.by) ?? new AwaitedItems();
    awaiting.add(index, erased.salt);
    this.#awaited.set(erased.by, awaiting);
  }

  /** The leaf says what the record still says of kind, hour and digests; that it is the right one, the entry `by`. */
  #replaced(
    index: number,
    leaf: Leaf,
    { record, recordText, salt }: Extract<ParsedEntry, { salt: Uint8Array }>,
    by: number,
  ): void {
    if (leaf.kind !== "decision" || by <= index || by >= this.#checkpoint.size) {
      throw new Refusal("coarsening_not_justified", index);
    }
    atEntry(index, () => checkSaysTheSame(leaf, record!));
    this.#coarsened.wait(index, by, commit(this.#crypto, salt, utf8(recordText)));
    this.#carriesRecord.add(index);
  }

  #items(index: number, leaf: Leaf, items: Items | undefined): void {
    const awaiting = this.#awaited.get(index)?.byIndex() ?? new Map<number, Uint8Array>();
    this.#awaited.delete(index);
    if (leaf.kind === "erasure") {
      this.#justify(index, leaf, ofSort(items, "salt", index), awaiting);
    } else if (leaf.kind === "coarsening") {
      const carries = (entry: number) => this.#carriesRecord.has(entry);
      const own = ofSort(items, "record", index);
      this.states.COARSENED += this.#coarsened.justify(index, leaf, own, carries);
    } else if (items) {
      throw new Refusal("field_unknown", index);
    }
    this.#coarsened.close(index);
    // Still waiting: an entry says that it was erased here, and this entry does not say so.
    for (const unlisted of awaiting.keys()) throw new Refusal("erasure_not_justified", unlisted);
  }

  #justify(
    index: number,
    leaf: Leaf & { kind: "erasure" },
    items: readonly ErasureItem[],
    awaiting: Map<number, Uint8Array>,
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
      const salt = awaiting.get(item.index);
      if (!salt || !bytesEqual(salt, item.salt)) throw new Refusal("erasure_not_justified", item.index);
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

/** The items of an entry that must have them. An empty list is of either sort. */
function ofSort<Sort extends "salt" | "record">(
  items: Items | undefined,
  sort: Sort,
  index: number,
): readonly Extract<Items[number], Record<Sort, unknown>>[] {
  if (!items) throw new Refusal("field_missing", index);
  return items.map((item) => {
    if (!(sort in item)) throw new Refusal("field_invalid", index);
    return item as Extract<Items[number], Record<Sort, unknown>>;
  });
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

/** Items that wait for one erasure entry, 24 bytes each: millions may wait on a log that erases much. */
class AwaitedItems {
  #count = 0;
  #indexes = new Float64Array(4);
  #salts = new Uint8Array(64);

  add(index: number, salt: Uint8Array): void {
    if (this.#count === this.#indexes.length) {
      const indexes = new Float64Array(2 * this.#count);
      const salts = new Uint8Array(32 * this.#count);
      indexes.set(this.#indexes);
      salts.set(this.#salts);
      this.#indexes = indexes;
      this.#salts = salts;
    }
    this.#indexes[this.#count] = index;
    this.#salts.set(salt, 16 * this.#count);
    this.#count += 1;
  }

  byIndex(): Map<number, Uint8Array> {
    const salts = new Map<number, Uint8Array>();
    for (let i = 0; i < this.#count; i++) {
      salts.set(this.#indexes[i]!, this.#salts.subarray(16 * i, 16 * i + 16));
    }
    return salts;
  }
}
