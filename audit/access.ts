import { bytesEqual, toBase64, toHex, utf8 } from "./bytes.ts";
import { canonicalize, type JsonObject, parseCanonical } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { commit, tag } from "./commitment.ts";
import type { Crypto } from "./crypto.ts";
import { formatPlaced, type Placed, parsePlaced, placedLeaf } from "./evidence.ts";
import { NO_TAG, parseLeaf } from "./leaf.ts";
import { scanLeaves } from "./leaves.ts";
import { lineText } from "./lines.ts";
import { asArray, asBytes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { hashLeaf } from "./merkle.ts";
import type { Receipt } from "./receipt.ts";
import { atEntry, Refusal } from "./refusal.ts";

// Everything held about one person, in a form that they can check: their keys of tags, every entry that carries one, what
// lies in the vault behind it, and its proof. It is theirs alone: whoever holds it knows which entries are theirs.

export const ACCESS_FORMAT = "motivo-access-proof/v1";

/** A person has a key a purpose and retention class. Numbers run from 0 to `entries`−1 without a gap. */
export type AccessKey = { entries: number; purpose: string; tagKey: Uint8Array };
/**
 * Entry `number` under the key at place `key`; `payload` is the vault's plaintext and `salt` opens its commitment. Null once
 * its retention ended: that it may be gone is for the whole export to justify.
 */
export type AccessEntry = Placed & {
  key: number;
  number: number;
  opened: { payload: string; salt: Uint8Array } | null;
};

export const formatAccessHeader = (checkpoint: string, keys: readonly AccessKey[]): string =>
  `${canonicalize({
    checkpoint,
    format: ACCESS_FORMAT,
    keys: keys.map(({ entries, purpose, tagKey }) => ({ entries, purpose, tagKey: toBase64(tagKey) })),
  })}\n`;

export const formatAccessEntry = ({ key, number, opened, ...placed }: AccessEntry): string =>
  `${canonicalize({
    ...formatPlaced(placed),
    key,
    number,
    payload: opened?.payload ?? null,
    salt: opened && toBase64(opened.salt),
  })}\n`;

export const formatAccessEnd = (entries: number): string => `${canonicalize({ end: entries })}\n`;

/** Throws Refusal. */
export function parseAccessHeader(line: string): { checkpoint: string; keys: AccessKey[] } {
  const header = asMembers(parseCanonical(line), ["checkpoint", "format", "keys"]);
  const keys = asArray(header.keys).map((value) => {
    const key = asMembers(value, ["entries", "purpose", "tagKey"]);
    return { entries: asIndex(key.entries), purpose: asText(key.purpose), tagKey: asBytes(key.tagKey, 32) };
  });
  return { checkpoint: asText(header.checkpoint), keys };
}

/** What else a person brings to see whether something was left out. */
export type Completeness = {
  /** Receipts that they were given, each verified already. */
  receipts: readonly Receipt[];
  /** Every leaf of the log: its public entry bundles, one after the other. */
  leaves?: AsyncIterable<Uint8Array>;
};

/**
 * Tags beyond the last number that are looked for among the leaves. Numbers run without a gap, so that the next one alone
 * would do; more are cheap, and find a gap too.
 */
const TAGS_BEYOND = 256;

/** Checks an access answer line by line. Methods throw Refusal at the first thing that is wrong. */
export class AccessCheck {
  entries = 0;
  /** How many of them are said to hold nothing any more. */
  gone = 0;
  /** Whether nothing was left out: known only with every leaf in hand. */
  complete: true | null = null;
  readonly #crypto: Crypto;
  readonly #checkpoint: Checkpoint;
  readonly #keys: readonly AccessKey[];
  readonly #beside: Completeness;
  /** Receipts not yet met, by the index that they name. */
  readonly #receipts: Map<number, Receipt>;
  #key = 0;
  #number = 0;
  #lastIndex = -1;
  #ended = false;

  constructor(crypto: Crypto, checkpoint: Checkpoint, keys: readonly AccessKey[], beside: Completeness) {
    this.#crypto = crypto;
    this.#checkpoint = checkpoint;
    this.#keys = keys;
    this.#beside = beside;
    this.#receipts = new Map(beside.receipts.map((receipt) => [receipt.index, receipt]));
    for (const { index } of beside.receipts) {
      if (index >= checkpoint.size) throw new Refusal("checkpoint_not_comparable", index);
    }
    this.#nextKey();
  }

  line(bytes: Uint8Array): void {
    if (this.#ended) throw new Refusal("lines_after_end");
    const line = asObject(parseCanonical(lineText(bytes)));
    if (has(line, "end")) {
      const end = asIndex(asMembers(line, ["end"]).end);
      if (this.#key < this.#keys.length || end !== this.entries) throw new Refusal("access_incomplete");
      this.#ended = true;
      return;
    }
    this.#entry(line);
  }

  async finish(): Promise<void> {
    if (!this.#ended) throw new Refusal("end_missing");
    for (const index of this.#receipts.keys()) throw new Refusal("access_incomplete", index);
    if (!this.#beside.leaves) return;
    const beyond = new Set<string>();
    for (const { entries, tagKey } of this.#keys) {
      for (let i = 0; i < TAGS_BEYOND; i++) beyond.add(toHex(tag(this.#crypto, tagKey, entries + i)));
    }
    await scanLeaves(this.#crypto, this.#beside.leaves, this.#checkpoint, (leaf, index) => {
      const { tag: carried } = atEntry(index, () => parseLeaf(leaf));
      if (!bytesEqual(carried, NO_TAG) && beyond.has(toHex(carried))) {
        throw new Refusal("access_incomplete", index);
      }
    });
    this.complete = true;
  }

  #entry(line: JsonObject): void {
    asMembers(line, ["index", "key", "leaf", "number", "payload", "proof", "salt"]);
    const placed = parsePlaced(line);
    const { index } = placed;
    const key = this.#keys[this.#key];
    if (!key || asIndex(line.key) !== this.#key || asIndex(line.number) !== this.#number) {
      throw new Refusal("access_incomplete", index);
    }
    // Numbers are given in the order of the log.
    if (this.#number > 0 && index <= this.#lastIndex) throw new Refusal("index_unexpected", index);
    const leaf = placedLeaf(this.#crypto, placed, this.#checkpoint);
    if (!bytesEqual(leaf.tag, tag(this.#crypto, key.tagKey, this.#number))) {
      throw new Refusal("tag_mismatch", index);
    }
    if (line.payload === null && line.salt === null) this.gone += 1;
    else {
      const payload = utf8(asText(line.payload));
      if (!bytesEqual(leaf.vault, commit(this.#crypto, asBytes(line.salt, 32), payload))) {
        throw new Refusal("payload_altered", index);
      }
    }
    const receipt = this.#receipts.get(index);
    if (receipt) {
      if (!bytesEqual(receipt.leafHash, hashLeaf(this.#crypto, placed.leaf))) {
        throw new Refusal("checkpoint_inconsistent", index);
      }
      this.#receipts.delete(index);
    }
    this.entries += 1;
    this.#lastIndex = index;
    this.#number += 1;
    if (this.#number === key.entries) {
      this.#key += 1;
      this.#number = 0;
      this.#nextKey();
    }
  }

  /** A key without an entry has no line. */
  #nextKey(): void {
    while (this.#keys[this.#key]?.entries === 0) this.#key += 1;
  }
}
