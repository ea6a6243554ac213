import { isIndex, parseDecimal } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { type Coordinate, hashNode } from "./merkle.ts";
import { Refusal } from "./refusal.ts";

/** Leaves under one tile: eight levels of the tree. */
export const TILE_WIDTH = 256;

/** A C2SP tlog-tiles resource: hashes of a level (0–63), or entry bundles. `width` is 1–256; 256 is a full tile. */
export type Tile = { level: number | "entries"; index: number; width: number };

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits: 1234067 is `x001/x234/067`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.../g)!;
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${name}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The tile that a path names, or null when the path is not exactly what `tilePath` writes. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(
    path,
  );
  if (!match) return null;
  const level: Tile["level"] | null = match[1] === "entries" ? "entries" : parseDecimal(match[1]!);
  const index = Number(match[2]!.replaceAll(/[x/]/g, ""));
  const width = match[3] === undefined ? TILE_WIDTH : parseDecimal(match[3]);
  if (level === null || (level !== "entries" && level > 63) || !isIndex(index)) return null;
  if (width === null || width < 1 || (match[3] !== undefined && width >= TILE_WIDTH)) return null;
  const tile = { level, index, width };
  return tilePath(tile) === path ? tile : null;
}

/** How many hashes (or entries) a tree of that size has in the tile: 0 when there is no such tile, at most 256. */
export function tileWidthAt(level: number | "entries", index: number, size: number): number {
  const across = level === "entries" ? size : Math.floor(size / TILE_WIDTH ** level);
  return Math.min(Math.max(across - index * TILE_WIDTH, 0), TILE_WIDTH);
}

/** Where a complete subtree is found: which tile, and which of its hashes, from `first`, fold into it. */
export function tileOfNode({ level, index }: Coordinate): {
  level: number;
  index: number;
  first: number;
  count: number;
} {
  const tileLevel = Math.floor(level / 8);
  const count = 2 ** (level % 8);
  const across = TILE_WIDTH / count;
  return {
    level: tileLevel,
    index: Math.floor(index / across),
    first: (index % across) * count,
    count,
  };
}

/** Hash of a complete subtree out of its tile's bytes. Throws Refusal `tile_invalid` when they do not reach it. */
export function nodeInTile(crypto: Crypto, node: Coordinate, tile: Uint8Array): Uint8Array {
  const { first, count } = tileOfNode(node);
  if (tile.length % 32 !== 0 || tile.length > 32 * TILE_WIDTH || tile.length < 32 * (first + count)) {
    throw new Refusal("tile_invalid");
  }
  let hashes: Uint8Array[] = Array.from({ length: count }, (_, i) =>
    tile.subarray(32 * (first + i), 32 * (first + i + 1)),
  );
  while (hashes.length > 1) {
    hashes = Array.from({ length: hashes.length / 2 }, (_, i) =>
      hashNode(crypto, hashes[2 * i]!, hashes[2 * i + 1]!),
    );
  }
  return hashes[0]!;
}
