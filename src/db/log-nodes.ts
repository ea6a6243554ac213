import { and, asc, between, eq } from "drizzle-orm";
import { TILE_WIDTH, type Tile, tileWidthAt } from "../../audit/tile.ts";
import type { Database } from "./client.ts";
import { entriesBetween, leafHashesBetween, splitHashes } from "./log-entries.ts";
import { logTile } from "./tables.ts";

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
  if (full) return splitHashes(full.hashes).slice(start % TILE_WIDTH, (start % TILE_WIDTH) + count);
  const end = start + count;
  const hashes =
    tileLevel === 0
      ? await leafHashesBetween(db, start, end)
      : (
          await db
            .select({ root: logTile.root })
            .from(logTile)
            .where(and(eq(logTile.level, tileLevel - 1), between(logTile.tile, start, end - 1)))
            .orderBy(asc(logTile.tile))
        ).map(({ root }) => root);
  if (hashes.length !== count) throw new Error(`Tile level ${tileLevel} lacks hashes from ${start}`);
  return hashes;
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
  const entries = await entriesBetween(db, start, start + tile.width);
  if (entries.length !== tile.width) throw new Error(`The log lacks entries from ${start}`);
  return Buffer.concat(
    entries.flatMap(({ leaf }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(leaf.length);
      return [length, leaf];
    }),
  );
}
