import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import {
  appendBatch,
  EMPTY_FRONTIER,
  encodeFrontier,
  frontierRoot,
  parseFrontier,
  RunningRoot,
  rootOf,
} from "../../audit/frontier.ts";
import { verifyInclusion } from "../../audit/merkle.ts";
import { Seeded } from "./honest-log.ts";

const random = new Seeded("frontier");
const leaves = Array.from({ length: 600 }, () => random.bytes(32));
const hex = (hashes: Uint8Array[]) => hashes.map(toHex);

describe("a right edge", () => {
  it("grown by batches of any size gives the roots and proofs of the whole tree", () => {
    let frontier = EMPTY_FRONTIER;
    while (frontier.size < 500) {
      const old = frontier.size;
      const batch = leaves.slice(old, old + random.below(20));
      const appended = appendBatch(nodeCrypto, frontier, batch);
      frontier = appended.frontier;
      const whole = appendBatch(nodeCrypto, EMPTY_FRONTIER, leaves.slice(0, frontier.size));
      expect(toHex(appended.root)).toBe(toHex(whole.root));
      expect(hex(frontier.peaks)).toEqual(hex(whole.frontier.peaks));
      for (const [i, leaf] of batch.entries()) {
        expect(hex(appended.proof(i))).toEqual(hex(whole.proof(old + i)));
        expect(
          verifyInclusion(nodeCrypto, old + i, frontier.size, leaf, appended.proof(i), appended.root),
        ).toBe(true);
      }
      expect(() => appended.proof(batch.length)).toThrow(RangeError);
    }
  });

  it("names exactly the complete subtrees that a batch closes", () => {
    const nodesOf = (size: number) =>
      appendBatch(nodeCrypto, EMPTY_FRONTIER, leaves.slice(0, size)).nodes.map(
        ({ level, index, hash }) => `${level}/${index}/${toHex(hash)}`,
      );
    for (const [old, size] of [
      [0, 1],
      [1, 2],
      [5, 5],
      [5, 6],
      [7, 8],
      [255, 257],
      [100, 356],
      [256, 512],
    ] as const) {
      const { frontier } = appendBatch(nodeCrypto, EMPTY_FRONTIER, leaves.slice(0, old));
      const { nodes } = appendBatch(nodeCrypto, frontier, leaves.slice(old, size));
      const before = new Set(nodesOf(old));
      const expected = nodesOf(size).filter((node) => !before.has(node));
      expect(nodes.map(({ level, index, hash }) => `${level}/${index}/${toHex(hash)}`).sort()).toEqual(
        expected.sort(),
      );
    }
  });

  it("is written and read back, and refused at any other length", () => {
    for (const size of [0, 1, 2, 3, 255, 256, 600]) {
      const { frontier } = appendBatch(nodeCrypto, EMPTY_FRONTIER, leaves.slice(0, size));
      const bytes = encodeFrontier(frontier);
      const read = parseFrontier(bytes);
      expect([read.size, hex(read.peaks)]).toEqual([size, hex(frontier.peaks)]);
      expect(toHex(frontierRoot(nodeCrypto, read))).toBe(toHex(rootOf(nodeCrypto, leaves.slice(0, size))));
      expect(() => parseFrontier(bytes.subarray(1))).toThrow(RangeError);
      expect(() => parseFrontier(Uint8Array.of(...bytes, 0))).toThrow(RangeError);
    }
    expect(() => parseFrontier(new Uint8Array(8).fill(255))).toThrow(RangeError);
  });

  it("kept one leaf at a time has the same root at every size", () => {
    const running = new RunningRoot(nodeCrypto);
    for (let size = 0; size < 300; size++) {
      expect(toHex(running.root())).toBe(toHex(rootOf(nodeCrypto, leaves.slice(0, size))));
      running.push(leaves[size]!);
      expect(running.size).toBe(size + 1);
    }
  });

  it("extends trees larger than 32 bits count", () => {
    const size = 2 ** 40 + 1;
    const peaks = [leaves[0]!, leaves[1]!];
    const { frontier, root, proof } = appendBatch(nodeCrypto, { size, peaks }, [leaves[2]!, leaves[3]!]);
    expect(frontier.size).toBe(2 ** 40 + 3);
    expect(frontier.peaks.length).toBe(3);
    expect(verifyInclusion(nodeCrypto, size, frontier.size, leaves[2]!, proof(0), root)).toBe(true);
    expect(verifyInclusion(nodeCrypto, size + 1, frontier.size, leaves[3]!, proof(1), root)).toBe(true);
    expect(() => appendBatch(nodeCrypto, { size: 2 ** 53 - 1, peaks: [] }, [leaves[0]!])).toThrow(RangeError);
  });
});
