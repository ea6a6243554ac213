import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { appendBatch, EMPTY_FRONTIER } from "../../audit/frontier.ts";
import { nodeInTile, parseTilePath, tileOfNode, tilePath, tileWidthAt } from "../../audit/tile.ts";
import { Seeded } from "./honest-log.ts";

describe("a tile path", () => {
  // The shapes of golang.org/x/mod/sumdb/tlog's tilePaths, without its height, and the specification's own example.
  it.each([
    ["tile/0/001", { level: 0, index: 1, width: 256 }],
    ["tile/0/001.p/5", { level: 0, index: 1, width: 5 }],
    ["tile/5/x123/x456/078", { level: 5, index: 123456078, width: 256 }],
    ["tile/5/x123/x456/078.p/2", { level: 5, index: 123456078, width: 2 }],
    ["tile/0/x003/x057/500", { level: 0, index: 3057500, width: 256 }],
    ["tile/entries/x003/x057/500", { level: "entries", index: 3057500, width: 256 }],
    ["tile/entries/000.p/255", { level: "entries", index: 0, width: 255 }],
    ["tile/63/x001/x234/067", { level: 63, index: 1234067, width: 256 }],
    ["tile/0/x009/x007/x199/x254/x740/991", { level: 0, index: 2 ** 53 - 1, width: 256 }],
  ] as const)("%s is read and written", (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
    expect(tilePath(tile)).toBe(path);
  });

  it.each([
    "tile/5/123/456/078",
    "tile/-1/123/456/078",
    "tile/data/x003/x057/500",
    "tile/64/000",
    "tile/00/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x001",
    "tile/0/x000/001",
    "tile/0/X001/000",
    "tile/0/x001/x000",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/000/",
    "/tile/0/000",
    "tile//000",
    "tile/0/000\n",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/0/x001/x000/x000/x000/x000/x000/000",
    "tile/0/٠٠١",
    "",
  ])("%j is none", (path) => {
    expect(parseTilePath(path)).toBeNull();
  });
});

describe("tiles", () => {
  const random = new Seeded("tile");
  const size = 70_000;
  const leaves = Array.from({ length: size }, (_, i) => random.bytes(32).with(0, i % 256));
  const nodes = new Map(
    appendBatch(nodeCrypto, EMPTY_FRONTIER, leaves).nodes.map(({ level, index, hash }) => [
      `${level}/${index}`,
      hash,
    ]),
  );

  it("are as many and as wide as the specification says for 70,000 entries", () => {
    expect([tileWidthAt(0, 272, size), tileWidthAt(0, 273, size), tileWidthAt(0, 274, size)]).toEqual([
      256, 112, 0,
    ]);
    expect([tileWidthAt(1, 0, size), tileWidthAt(1, 1, size)]).toEqual([256, 17]);
    expect([tileWidthAt(2, 0, size), tileWidthAt(3, 0, size)]).toEqual([1, 0]);
    expect(tileWidthAt("entries", 273, size)).toBe(112);
    expect(tileWidthAt(1, 0, 256)).toBe(1);
  });

  it("hold every complete subtree", () => {
    for (const [place, hash] of nodes) {
      if (random.below(50) !== 0 && !place.startsWith("1")) continue;
      const [level, index] = place.split("/").map(Number) as [number, number];
      const tile = tileOfNode({ level, index });
      const width = tileWidthAt(tile.level, tile.index, size);
      const bytes = concatBytes(
        ...Array.from({ length: width }, (_, i) => nodes.get(`${tile.level * 8}/${tile.index * 256 + i}`)!),
      );
      expect(toHex(nodeInTile(nodeCrypto, { level, index }, bytes))).toBe(toHex(hash));
    }
  });

  it("too short for a node, or no multiple of 32 bytes, are refused", () => {
    const tile = concatBytes(...leaves.slice(0, 3));
    expect(nodeInTile(nodeCrypto, { level: 1, index: 0 }, tile).length).toBe(32);
    expect(() => nodeInTile(nodeCrypto, { level: 1, index: 1 }, tile)).toThrow("tile_invalid");
    expect(() => nodeInTile(nodeCrypto, { level: 0, index: 0 }, tile.subarray(1))).toThrow("tile_invalid");
    expect(() => nodeInTile(nodeCrypto, { level: 0, index: 0 }, new Uint8Array(257 * 32))).toThrow(
      "tile_invalid",
    );
  });
});
