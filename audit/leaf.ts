import { ZERO_16, ZERO_32 } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

const VERSION = 1;
export const LEAF_HEAD_BYTES = 86;

/** What an entry is about, and its number on the log. Numbers are never reused. */
export const LEAF_KINDS = {
  decision: 1,
  explanation: 2,
  correction: 3,
  outcome: 4,
  access: 5,
  export: 6,
  erasure: 7,
  refusal: 8,
  review: 9,
  hold: 10,
  publish: 11,
  alias: 12,
  key: 13,
  configuration: 14,
  request: 15,
  coarsening: 16,
} as const;

export type LeafKind = keyof typeof LEAF_KINDS;

/** SHA-256 digests, 32 bytes each, of what took the decision. */
export type DecisionDigests = {
  model: Uint8Array;
  background: Uint8Array;
  explainer: Uint8Array;
  policy: Uint8Array;
};
export type PublishDigests = Omit<DecisionDigests, "explainer">;

type Head = {
  /** Whole hours since 1970-01-01T00:00Z, 0 … 2^32−1: coarse on purpose, so that a time names nobody. */
  hour: number;
  /** 16 bytes that only the subject's key connects to others; `NO_TAG` when no one subject is concerned. */
  tag: Uint8Array;
  /** Hiding commitment to the record's canonical text, 32 bytes. */
  record: Uint8Array;
  /** Hiding commitment to the vault payload, 32 bytes; `NO_VAULT` when nothing lies there. */
  vault: Uint8Array;
};

type Body =
  | { kind: "decision" | "explanation"; digests: DecisionDigests }
  | { kind: "publish"; digests: PublishDigests }
  /** `count` items (1 … 2^32−1) under an RFC 9162 root; see `erasure.ts`. */
  | { kind: "erasure"; count: number; itemsRoot: Uint8Array }
  /** The same over records that were replaced by coarser ones; see `coarsening.ts`. */
  | { kind: "coarsening"; count: number; itemsRoot: Uint8Array }
  /** The new Ed25519 public key, 32 bytes. */
  | { kind: "key"; publicKey: Uint8Array }
  | { kind: Exclude<LeafKind, "decision" | "explanation" | "publish" | "erasure" | "coarsening" | "key"> };

export type Leaf = Head & Body;

/** A time as coarse as leaves tell it: whole hours since 1970-01-01T00:00Z. */
export const hourOf = (date: Date): number => Math.floor(date.getTime() / 3_600_000);

export const NO_TAG: Uint8Array = ZERO_16;
export const NO_VAULT: Uint8Array = ZERO_32;

const DECISION_DIGESTS = ["model", "background", "explainer", "policy"] as const;
const PUBLISH_DIGESTS = ["model", "background", "policy"] as const;
const KIND_OF_NUMBER = new Map<number, LeafKind>(
  Object.entries(LEAF_KINDS).map(([kind, number]) => [number, kind as LeafKind]),
);

/** The leaf's only byte form, as laid out in `FORMAT.md`. Throws RangeError on a wrong length or number. */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  const body = bodyParts(leaf);
  const bytes = new Uint8Array(body.reduce((length, part) => length + part.length, LEAF_HEAD_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, LEAF_KINDS[leaf.kind]);
  view.setUint32(2, asU32(leaf.hour));
  bytes.set(exactly(16, leaf.tag), 6);
  bytes.set(exactly(32, leaf.record), 22);
  bytes.set(exactly(32, leaf.vault), 54);
  let offset = LEAF_HEAD_BYTES;
  for (const part of body) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function bodyParts(leaf: Leaf): Uint8Array[] {
  switch (leaf.kind) {
    case "decision":
    case "explanation":
      return DECISION_DIGESTS.map((name) => exactly(32, leaf.digests[name]));
    case "publish":
      return PUBLISH_DIGESTS.map((name) => exactly(32, leaf.digests[name]));
    case "erasure":
    case "coarsening": {
      const count = new Uint8Array(4);
      new DataView(count.buffer).setUint32(0, asU32(leaf.count));
      if (leaf.count === 0) throw new RangeError("such an entry covers at least one entry");
      return [count, exactly(32, leaf.itemsRoot)];
    }
    case "key":
      return [exactly(32, leaf.publicKey)];
    default:
      return [];
  }
}

/** Strict inverse of `encodeLeaf`; the parts are views into `bytes`. Throws Refusal `leaf_invalid`. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  const kind = kindOfLeafBytes(bytes);
  if (kind === null) throw new Refusal("leaf_invalid");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = {
    hour: view.getUint32(2),
    tag: bytes.subarray(6, 22),
    record: bytes.subarray(22, 54),
    vault: bytes.subarray(54, LEAF_HEAD_BYTES),
  };
  const word = (i: number) => bytes.subarray(LEAF_HEAD_BYTES + 32 * i, LEAF_HEAD_BYTES + 32 * i + 32);
  switch (kind) {
    case "decision":
    case "explanation":
      return {
        kind,
        ...head,
        digests: { model: word(0), background: word(1), explainer: word(2), policy: word(3) },
      };
    case "publish":
      return { kind, ...head, digests: { model: word(0), background: word(1), policy: word(2) } };
    case "erasure":
    case "coarsening": {
      const count = view.getUint32(LEAF_HEAD_BYTES);
      if (count === 0) throw new Refusal("leaf_invalid");
      return { kind, ...head, count, itemsRoot: bytes.subarray(LEAF_HEAD_BYTES + 4) };
    }
    case "key":
      return { kind, ...head, publicKey: word(0) };
    default:
      return { kind, ...head };
  }
}

/** The kind of a leaf whose version and length are right, else null. */
export function kindOfLeafBytes(bytes: Uint8Array): LeafKind | null {
  const kind = KIND_OF_NUMBER.get(bytes[1] ?? 0);
  const fits =
    bytes[0] === VERSION && kind !== undefined && bytes.length === LEAF_HEAD_BYTES + bodyLength(kind);
  return fits ? kind : null;
}

/** Names of the digests in a leaf's body, in its order; none where the kind has none. */
export function digestsOf(kind: LeafKind): readonly string[] {
  if (kind === "decision" || kind === "explanation") return DECISION_DIGESTS;
  return kind === "publish" ? PUBLISH_DIGESTS : [];
}

function bodyLength(kind: LeafKind): number {
  if (kind === "decision" || kind === "explanation") return 128;
  if (kind === "publish") return 96;
  if (kind === "erasure" || kind === "coarsening") return 36;
  return kind === "key" ? 32 : 0;
}

function exactly(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes`);
  return bytes;
}

function asU32(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError("not a u32");
  return value;
}
