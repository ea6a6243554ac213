import { coalitionWeights, popcount } from "./coalitions.ts";
import type { Game, Player } from "./game.ts";
import type { HybridRows } from "./hybrids.ts";
import { type Random32, shuffle } from "./random.ts";

/**
 * Owen values (Owen 1977): what a group is credited with as one player, shared out among its columns. Groups join in any
 * order, but a group's columns one right after another; so the columns' values sum to the group's own.
 */
export interface Blocks {
  /** The player that each column belongs to. */
  of: Uint32Array;
  count: number;
}

/** The game whose players are columns, and the blocks that its former players are. */
export function splitGame<Played extends Pick<Game, "players" | "background">>(
  game: Played,
): { game: Played; blocks: Blocks } {
  const width = game.background[0]?.length ?? 0;
  const of = new Uint32Array(width);
  const players: Player[] = Array.from(of, (_, column) => ({ name: String(column), columns: [column] }));
  game.players.forEach(({ columns }, block) => {
    for (const column of columns) of[column] = block;
  });
  // The predictor is told of columns: it must know each of them as a player.
  return { game: { ...game, players }, blocks: { of, count: game.players.length } };
}

/** What blocks have of what their columns have: columns × outputs → blocks × outputs. */
export function sumBlocks({ of, count }: Blocks, columns: Float64Array, outputs: number): Float64Array {
  const sums = new Float64Array(count * outputs);
  of.forEach((block, column) => {
    for (let o = 0; o < outputs; o++) sums[block * outputs + o]! += columns[column * outputs + o]!;
  });
  return sums;
}

/** An order of blocks, and within each of its columns; every such order is exactly as likely. */
export function shuffleBlocks(columns: Uint32Array, { of }: Blocks, random: Random32): Uint32Array {
  const members = membersOf(columns, of);
  const order = Uint32Array.from(members.keys());
  shuffle(order, random);
  const shuffled: number[] = [];
  for (const block of order) {
    const own = Uint32Array.from(members.get(block)!);
    shuffle(own, random);
    shuffled.push(...own);
  }
  return Uint32Array.from(shuffled);
}

function membersOf(columns: Uint32Array, of: Uint32Array): Map<number, number[]> {
  const members = new Map<number, number[]>();
  for (const column of columns) {
    const block = of[column]!;
    members.set(block, [...(members.get(block) ?? []), column]);
  }
  return members;
}

/** An upper bound of the model rows that one background row takes; Infinity where it is beyond counting. */
export function owenRows(columns: Uint32Array, blocks: Blocks): number {
  const members = [...membersOf(columns, blocks.of).values()];
  return members.reduce((sum, own) => sum + 2 ** (members.length - 1 + own.length), 0);
}

/** For each block: the ids of its own coalitions, by the coalition of the other blocks that is there already. */
export interface OwenCoalitions {
  block: number;
  columns: readonly number[];
  /** 2^(other blocks) × 2^(own columns) */
  ids: Uint32Array;
  others: number;
}

export function nameOwen(rows: HybridRows, background: number, { of }: Blocks): OwenCoalitions[] {
  const members = [...membersOf(rows.varying[background]!, of)];
  return members.map(([block, columns]) => {
    const others = members.filter(([other]) => other !== block).map(([, own]) => own);
    const size = 2 ** columns.length;
    const ids = new Uint32Array(2 ** others.length * size);
    for (let present = 0; present < 2 ** others.length; present++) {
      rows.start(background);
      others.forEach((own, j) => {
        if ((present >> j) & 1) for (const column of own) rows.toggle(column);
      });
      ids[present * size] = rows.intern();
      // Gray's order: the next coalition differs in one column.
      for (let i = 1, gray = 0; i < size; i++) {
        const bit = 31 - Math.clz32(i & -i);
        gray ^= 1 << bit;
        rows.toggle(columns[bit]!);
        ids[present * size + gray] = rows.intern();
      }
    }
    return { block, columns, ids, others: others.length };
  });
}

/**
 * Adds one background row's Owen values, times its weight: Σ_R Σ_T w(|R|) w(|T|) (v(R ∪ T ∪ i) − v(R ∪ T)), R of other blocks,
 * T of the block's own columns, w(s) = s! (n − s − 1)! / n! with n the number of blocks and of own columns.
 * @param into columns and then blocks × outputs
 */
export function addOwen(
  rows: HybridRows,
  coalitions: readonly OwenCoalitions[],
  weight: number,
  into: Float64Array,
): void {
  const { outputs } = rows;
  for (const { block, columns, ids, others } of coalitions) {
    const outer = coalitionWeights(others + 1);
    const inner = coalitionWeights(columns.length);
    const size = 2 ** columns.length;
    for (let present = 0; present < 2 ** others; present++) {
      const blockWeight = weight * outer[popcount(present)]!;
      for (let own = 0; own < size; own++) {
        const share = blockWeight * inner[popcount(own)]!;
        columns.forEach((column, j) => {
          if ((own >> j) & 1) return;
          const [before, after] = [ids[present * size + own]!, ids[present * size + (own | (1 << j))]!];
          for (let o = 0; o < outputs; o++) {
            const moved = share * (rows.value(after, o) - rows.value(before, o));
            into[column * outputs + o]! += moved;
            into[(rows.players + block) * outputs + o]! += moved;
          }
        });
      }
    }
  }
}
