import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import {
  encodeLeaf,
  LEAF_KINDS,
  type Leaf,
  type LeafKind,
  NO_TAG,
  NO_VAULT,
  parseLeaf,
} from "../../audit/leaf.ts";
import { Seeded } from "./honest-log.ts";

const random = new Seeded("leaf");
const word = () => random.bytes(32);

function leafOf(kind: LeafKind): Leaf {
  const head = { hour: 496_123, tag: random.bytes(16), record: word(), vault: word() };
  if (kind === "decision" || kind === "explanation") {
    return {
      kind,
      ...head,
      digests: { model: word(), background: word(), explainer: word(), policy: word() },
    };
  }
  if (kind === "publish")
    return { kind, ...head, digests: { model: word(), background: word(), policy: word() } };
  if (kind === "erasure" || kind === "coarsening") return { kind, ...head, count: 7, itemsRoot: word() };
  if (kind === "key") return { kind, ...head, publicKey: word() };
  return { kind, ...head };
}

const kinds = Object.keys(LEAF_KINDS) as LeafKind[];
const lengths: { [kind in LeafKind]?: number } = {
  decision: 214,
  explanation: 214,
  publish: 182,
  erasure: 122,
  coarsening: 122,
  key: 118,
};

describe("a leaf", () => {
  it.each(kinds)("of kind %s has one byte form and is read back from it", (kind) => {
    const leaf = leafOf(kind);
    const bytes = encodeLeaf(leaf);
    expect(bytes.length).toBe(lengths[kind] ?? 86);
    expect(bytes[1]).toBe(LEAF_KINDS[kind]);
    expect(parseLeaf(bytes)).toEqual(leaf);
    expect(toHex(encodeLeaf(parseLeaf(bytes)))).toBe(toHex(bytes));
  });

  it.each(kinds)("of kind %s is refused one byte short and one byte long", (kind) => {
    const bytes = encodeLeaf(leafOf(kind));
    expect(() => parseLeaf(bytes.subarray(0, -1))).toThrow("leaf_invalid");
    expect(() => parseLeaf(Uint8Array.of(...bytes, 0))).toThrow("leaf_invalid");
  });

  it("puts each field at its offset, big-endian", () => {
    const head = {
      hour: 0x01020304,
      tag: NO_TAG.map(() => 0xaa),
      record: NO_VAULT.map(() => 0xbb),
      vault: NO_VAULT,
    };
    expect(toHex(encodeLeaf({ kind: "hold", ...head }))).toBe(
      `010a01020304${"aa".repeat(16)}${"bb".repeat(32)}${"00".repeat(32)}`,
    );
  });

  it("is refused with another version, an unknown kind, or an erasure of nothing", () => {
    const bytes = encodeLeaf(leafOf("hold"));
    for (const version of [0, 2, 255])
      expect(() => parseLeaf(bytes.with(0, version))).toThrow("leaf_invalid");
    for (const kind of [0, 1 + Math.max(...Object.values(LEAF_KINDS)), 255])
      expect(() => parseLeaf(bytes.with(1, kind))).toThrow("leaf_invalid");
    const erasure = encodeLeaf(leafOf("erasure"));
    erasure.fill(0, 86, 90);
    expect(() => parseLeaf(erasure)).toThrow("leaf_invalid");
    expect(() => parseLeaf(new Uint8Array(0))).toThrow("leaf_invalid");
  });

  it("is not encoded from fields of the wrong length or range", () => {
    const good = leafOf("hold");
    expect(() => encodeLeaf({ ...good, tag: word() })).toThrow(RangeError);
    expect(() => encodeLeaf({ ...good, record: random.bytes(31) })).toThrow(RangeError);
    for (const hour of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => encodeLeaf({ ...good, hour })).toThrow(RangeError);
    }
    expect(() => encodeLeaf({ ...leafOf("erasure"), count: 0 } as Leaf)).toThrow(RangeError);
  });
});
