import { bytesEqual, toHex, utf8 } from "./bytes.ts";
import type { JsonObject } from "./canonical.ts";
import { commit } from "./commitment.ts";
import type { Crypto } from "./crypto.ts";
import type { Leaf } from "./leaf.ts";
import { Refusal } from "./refusal.ts";

/**
 * A record's canonical text opens its leaf's commitment, and what both say is the same: `kind`, `hour`, and the
 * hex `digests` of a decision, an explanation or a publication. Throws Refusal `record_altered` or
 * `record_leaf_mismatch`.
 */
export function checkRecord(
  crypto: Crypto,
  leaf: Leaf,
  record: JsonObject,
  recordText: string,
  salt: Uint8Array,
): void {
  if (!bytesEqual(commit(crypto, salt, utf8(recordText)), leaf.record)) throw new Refusal("record_altered");
  checkSaysTheSame(leaf, record);
}

/** What a record and its leaf both say is the same, whatever the leaf commits to. Throws Refusal `record_leaf_mismatch`. */
export function checkSaysTheSame(leaf: Leaf, record: JsonObject): void {
  if (record.kind !== leaf.kind || record.hour !== leaf.hour) throw new Refusal("record_leaf_mismatch");
  if ("digests" in leaf && !sameDigests(record.digests, leaf.digests))
    throw new Refusal("record_leaf_mismatch");
}

function sameDigests(said: unknown, committed: { [name: string]: Uint8Array }): boolean {
  if (typeof said !== "object" || said === null) return false;
  const hex = new Map(Object.entries(said));
  const names = Object.keys(committed);
  return hex.size === names.length && names.every((name) => hex.get(name) === toHex(committed[name]!));
}
