import { and, asc, between, eq } from "drizzle-orm";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import { TILE_WIDTH, type Tile, tileOfNode, tileWidthAt } from "../../audit/tile.ts";
import type { Database } from "./client.ts";
import { logEntry, logTile } from "./tables.ts";

const HASH_BYTES = 32;

function split(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, i) =>
    hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/**
 * `count` hashes of tile level `tileLevel` from number `start`, all inside one tile: out of the full tile where
 * there is one, else out of the rows that the tile will be made of.
 */
export async function tileHashes(
  db: Database,
  tileLevel: number,
  start: number,
  count: number,
): Promise<Uint8Array[]> {
  const tile = Math.floor(start / TILE_WIDTH);
  const [full] = await db
    .select()
    .from(logTile)
    .where(and(eq(logTile.level, tileLevel), eq(logTile.tile, tile)));
  if (full) return split(full.hashes).slice(start % TILE_WIDTH, (start % TILE_WIDTH) + count);
  const last = start + count - 1;
  const rows =
    tileLevel === 0
      ? await db
          .select({ hash: logEntry.leafHash })
          .from(logEntry)
          .where(between(logEntry.index, start, last))
          .orderBy(asc(logEntry.index))
      : await db
          .select({ hash: logTile.root })
          .from(logTile)
          .where(and(eq(logTile.level, tileLevel - 1), between(logTile.tile, start, last)))
          .orderBy(asc(logTile.tile));
  if (rows.length !== count) throw new Error(`Tile level ${tileLevel} lacks hashes from ${start}`);
  return rows.map((row) => row.hash);
}

/**
 * A C2SP tlog-tiles resource as it is served: `width` hashes of 32 bytes, or as many entries, each behind its length in
 * two bytes (big-endian).
 * @returns null when a log of `size` entries does not reach that width
 */
export async function tileBytes(db: Database, tile: Tile, size: number): Promise<Uint8Array | null> {
  if (tileWidthAt(tile.level, tile.index, size) < tile.width) return null;
  const start = tile.index * TILE_WIDTH;
  if (tile.level !== "entries") return Buffer.concat(await tileHashes(db, tile.level, start, tile.width));
  const rows = await db
    .select({ leaf: logEntry.leaf })
    .from(logEntry)
    .where(between(logEntry.index, start, start + tile.width - 1))
    .orderBy(asc(logEntry.index));
  return Buffer.concat(
    rows.flatMap(({ leaf }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(leaf.length);
      return [length, leaf];
    }),
  );
}

/** Reads the roots of complete subtrees: node `index` of `level` covers 2^level leaves. */
export function nodeReader(db: Database): (level: number, index: number) => Promise<Uint8Array> {
  return async (level, index) => {
    const place = tileOfNode({ level, index });
    const start = place.index * TILE_WIDTH + place.first;
    return rootOf(nodeCrypto, await tileHashes(db, place.level, start, place.count));
  };
}
