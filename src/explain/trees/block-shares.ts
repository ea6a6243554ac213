import type { ShareTables } from "./shares.ts";

/** For each block that a leaf tests the numbers, or shares, of its players inside and outside. */
export interface BySide<List> {
  inside: List;
  outside: List;
}

/**
 * For each of a leaf's players which block it belongs to, numbered from 0 as they are met; undefined where no two are of one
 * block, so that Owen's values are Shapley's.
 */
export function jointBlocks(
  players: readonly number[],
  blocks: Uint32Array | undefined,
): { of: Uint32Array; count: number } | undefined {
  if (blocks === undefined) return undefined;
  const numbers = new Map<number, number>();
  const of = Uint32Array.from(players, (player) => {
    const block = blocks[player]!;
    const number = numbers.get(block) ?? numbers.size;
    numbers.set(block, number);
    return number;
  });
  return numbers.size === players.length ? undefined : { of, count: numbers.size };
}

/**
 * What one leaf, of value 1, gives to each player inside and outside where blocks of them join one right after another
 * (Owen 1977). A player decides when all other players inside are there and none outside is, and blocks before and after its
 * own are there whole or not at all: with a block that has both, all others must be of one kind. What is left is Shapley's
 * share of its block among blocks, times its own share within the block.
 * @param most of the tables
 */
export function blockShares(
  { inside, outside }: BySide<Uint32Array>,
  tables: ShareTables,
  most: number,
  into: BySide<Float64Array>,
): void {
  const width = most + 1;
  let gaining = 0;
  let losing = 0;
  let both = -1;
  into.inside.fill(0);
  into.outside.fill(0);
  for (let g = 0; g < inside.length; g++) {
    if (inside[g]! > 0 && outside[g]! > 0) {
      if (both !== -1) return;
      both = g;
    } else if (inside[g]! > 0) gaining++;
    else if (outside[g]! > 0) losing++;
  }
  if (both !== -1) {
    const among = tables.inside[(gaining + 1) * width + losing]!;
    const within = inside[both]! * width + outside[both]!;
    into.inside[both] = among * tables.inside[within]!;
    into.outside[both] = among * tables.outside[within]!;
    return;
  }
  for (let g = 0; g < inside.length; g++) {
    const among = gaining * width + losing;
    if (inside[g]! > 0) into.inside[g] = tables.inside[among]! / inside[g]!;
    if (outside[g]! > 0) into.outside[g] = tables.outside[among]! / outside[g]!;
  }
}
