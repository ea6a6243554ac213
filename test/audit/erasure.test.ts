import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { erasureItemHash, erasureTree, MAX_ERASURE_ITEMS, verifyErasureItem } from "../../audit/erasure.ts";
import { Seeded } from "./honest-log.ts";

const random = new Seeded("erasure");
const items = Array.from({ length: 11 }, (_, i) => ({ index: i * 3, salt: random.bytes(16) }));

describe("the items of an erasure leaf", () => {
  it("are hashed as a leaf over index and salt", () => {
    const written = Buffer.concat([Buffer.from("000000000000000003", "hex"), items[1]!.salt]);
    expect(toHex(erasureItemHash(nodeCrypto, items[1]!))).toBe(hash("sha256", written));
    expect(() => erasureItemHash(nodeCrypto, { index: 1, salt: random.bytes(15) })).toThrow(RangeError);
  });

  it("are each proved under the root without the others", () => {
    for (let count = 1; count <= items.length; count++) {
      const tree = erasureTree(nodeCrypto, items.slice(0, count));
      for (let position = 0; position < count; position++) {
        const path = tree.path(position);
        const item = items[position]!;
        expect(verifyErasureItem(nodeCrypto, item, position, path, tree)).toBe(true);
        expect(verifyErasureItem(nodeCrypto, { ...item, index: item.index + 1 }, position, path, tree)).toBe(
          false,
        );
        expect(verifyErasureItem(nodeCrypto, item, position + 1, path, tree)).toBe(false);
        expect(verifyErasureItem(nodeCrypto, { ...item, salt: random.bytes(16) }, position, path, tree)).toBe(
          false,
        );
      }
    }
  });

  it("are at least one and at most what a line can hold", () => {
    expect(() => erasureTree(nodeCrypto, [])).toThrow(RangeError);
    const tooMany = new Array(MAX_ERASURE_ITEMS + 1).fill(items[0]!);
    expect(() => erasureTree(nodeCrypto, tooMany)).toThrow(RangeError);
  });
});
