import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import {
  consistencyPath,
  emptyRoot,
  hashLeaf,
  hashNode,
  inclusionPath,
  resolvePath,
  verifyConsistency,
  verifyInclusion,
} from "../../audit/merkle.ts";
import { Seeded } from "./honest-log.ts";

/** Entries and roots of the Certificate Transparency reference tree (RFC 6962), sizes 1 to 8. */
const ENTRIES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** RFC 9162 section 2.1.1, recursive as it is written there: the oracle. */
function treeHash(hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return emptyRoot(nodeCrypto);
  if (hashes.length === 1) return hashes[0]!;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return hashNode(nodeCrypto, treeHash(hashes.slice(0, split)), treeHash(hashes.slice(split)));
}

const random = new Seeded("merkle");
const leaves = Array.from({ length: 70 }, () => random.bytes(32));
const readNode = async (level: number, index: number) => {
  const subtree = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
  if (subtree.length !== 2 ** level) throw new Error("not a complete subtree");
  return treeHash(subtree);
};

describe("the tree", () => {
  it("has the roots of RFC 6962's reference tree", () => {
    const hashes = ENTRIES.map((hex) => hashLeaf(nodeCrypto, Buffer.from(hex, "hex")));
    for (let size = 1; size <= 8; size++) {
      expect(toHex(rootOf(nodeCrypto, hashes.slice(0, size)))).toBe(ROOTS[size - 1]);
    }
    expect(toHex(rootOf(nodeCrypto, []))).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  it("agrees with the recursive definition at every size up to 70", () => {
    for (let size = 0; size <= 70; size++) {
      expect(toHex(rootOf(nodeCrypto, leaves.slice(0, size)))).toBe(toHex(treeHash(leaves.slice(0, size))));
    }
  });
});

describe("proofs out of complete subtrees", () => {
  it("verify for every index of every size up to 40, and for no other", async () => {
    for (let size = 1; size <= 40; size++) {
      const root = treeHash(leaves.slice(0, size));
      for (let index = 0; index < size; index++) {
        const proof = await resolvePath(nodeCrypto, inclusionPath(index, size), readNode);
        expect(verifyInclusion(nodeCrypto, index, size, leaves[index]!, proof, root)).toBe(true);
        expect(verifyInclusion(nodeCrypto, index + 1, size, leaves[index]!, proof, root)).toBe(false);
        expect(verifyInclusion(nodeCrypto, index, size, leaves[index]!, [...proof, root], root)).toBe(false);
        expect(verifyInclusion(nodeCrypto, index, size, leaves[index + 1]!, proof, root)).toBe(false);
      }
    }
  });

  it("show every pair of sizes up to 70 to be consistent, and no forged root", async () => {
    for (let size2 = 1; size2 <= 70; size2++) {
      const root2 = treeHash(leaves.slice(0, size2));
      for (let size1 = 1; size1 <= size2; size1++) {
        const root1 = treeHash(leaves.slice(0, size1));
        const proof = await resolvePath(nodeCrypto, consistencyPath(size1, size2), readNode);
        expect(verifyConsistency(nodeCrypto, size1, size2, root1, root2, proof)).toBe(true);
        expect(
          verifyConsistency(
            nodeCrypto,
            size1,
            size2,
            leaves[0]!.map((b) => b ^ 1),
            root2,
            proof,
          ),
        ).toBe(false);
        expect(verifyConsistency(nodeCrypto, size1, size2, root1, leaves[1]!, proof)).toBe(false);
      }
    }
  });

  it("have at most 53 hashes at sizes that 32 bits do not hold", () => {
    const size = 2 ** 53 - 1;
    expect(inclusionPath(2 ** 52 - 1, size).length).toBe(53);
    expect(inclusionPath(size - 1, size).length).toBe(52);
    const coordinates = inclusionPath(2 ** 40 + 1, size).flat();
    for (const { level, index } of coordinates) {
      expect(Number.isSafeInteger(index) && (index + 1) * 2 ** level <= size).toBe(true);
    }
  });

  it("are not made for sizes and indexes that are none", () => {
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => inclusionPath(0, bad)).toThrow(RangeError);
      expect(() => inclusionPath(bad, 10)).toThrow(RangeError);
      expect(() => consistencyPath(bad, 10)).toThrow(RangeError);
      expect(verifyInclusion(nodeCrypto, bad, 1, leaves[0]!, [], leaves[0]!)).toBe(false);
    }
    expect(() => inclusionPath(3, 3)).toThrow(RangeError);
    expect(() => consistencyPath(0, 3)).toThrow(RangeError);
    expect(() => consistencyPath(4, 3)).toThrow(RangeError);
  });
});
