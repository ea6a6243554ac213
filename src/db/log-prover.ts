import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import { inclusionPath, resolvePath } from "../../audit/merkle.ts";
import { TILE_WIDTH, tileOfNode, tileWidthAt } from "../../audit/tile.ts";
import type { Database } from "./client.ts";
import { tileHashes } from "./log-nodes.ts";

/** Tiles and nodes that are kept: 64 tiles are half a megabyte, and a person's entries mostly lie close together. */
const TILES = 64;
const NODES = 8192;

/** Remembers the newest `most` values. */
function remembering<V>(most: number) {
  const kept = new Map<string, V>();
  return (key: string, make: () => V): V => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    kept.set(key, made);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return made;
  };
}

/**
 * The roots of complete subtrees of the tree of `size`: node `index` of `level` covers 2^level leaves. Each tile is read
 * once, not once for each node. For one proof, or for many in one tree: a tile that is not full yet grows.
 */
export function nodesAt(db: Database, size: number): (level: number, index: number) => Promise<Uint8Array> {
  const tileIn = remembering<Promise<Uint8Array[]>>(TILES);
  const nodeIn = remembering<Promise<Uint8Array>>(NODES);
  const tile = (level: number, index: number) =>
    tileIn(`${level}/${index}`, () =>
      tileHashes(db, level, index * TILE_WIDTH, tileWidthAt(level, index, size)),
    );
  return (level, index) =>
    nodeIn(`${level}/${index}`, async () => {
      const place = tileOfNode({ level, index });
      const hashes = await tile(place.level, place.index);
      return rootOf(nodeCrypto, hashes.slice(place.first, place.first + place.count));
    });
}

/** Inclusion proofs in the tree of `size`, for very many entries. */
export function proverAt(db: Database, size: number): (index: number) => Promise<Uint8Array[]> {
  const node = nodesAt(db, size);
  return (index) => resolvePath(nodeCrypto, inclusionPath(index, size), node);
}
