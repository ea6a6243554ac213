import { popcount } from "../coalitions.ts";
import type { Tree } from "../structure.ts";
import { blockShares, jointBlocks } from "./block-shares.ts";
import type { Group } from "./groups.ts";
import type { Classes, Leaf } from "./leaves.ts";
import { type ShareTables, shareTables } from "./shares.ts";

/** A background row's codes, weighed; equal rows may be one. */
export interface CodedBackground {
  /** rows × axes */
  codes: Uint32Array;
  axes: number;
  weights: Float64Array;
}

/** For each axis that a tree tests, the class of each background row. */
export type BackgroundClasses = ReadonlyMap<number, Uint16Array>;

export function backgroundClasses(
  classes: Classes,
  { codes, axes, weights }: CodedBackground,
): BackgroundClasses {
  return new Map(
    [...classes].map(([axis, starts]) => [
      axis,
      Uint16Array.from(weights, (_, b) => classOf(starts, codes[b * axes + axis]!)),
    ]),
  );
}

export function classOf(starts: readonly number[], code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The group with its states numbered so that the background's most common one is 0, which adds nothing to a row's
 * number: what adds nothing need not be added.
 */
export function commonFirst(group: Group, known: BackgroundClasses): Group {
  const states = group.axes.map((axis, i) => {
    const own = group.states[i]!;
    const seen = new Uint32Array(group.counts[i]!);
    for (const class_ of known.get(axis)!) seen[own[class_]!]!++;
    const common = seen.indexOf(Math.max(...seen));
    return common === 0 ? own : own.map((state) => (state === common ? 0 : state === 0 ? common : state));
  });
  return { ...group, states };
}

/** For each axis of a group, what one state adds to a row's number in the table. */
export function strides({ counts }: Group): number[] {
  let stride = 1;
  return counts.map((count) => {
    const own = stride;
    stride *= count;
    return own;
  });
}

/** For each class of an axis, the bit of the leaf's player that fails there, or 0. */
type FailBits = ReadonlyMap<number, Uint32Array>;

/** Builds tables one after the other, with scratch arrays that grow with the largest. */
export class TableBuilder {
  readonly #owners: readonly number[];
  readonly #weights: Float64Array;
  readonly #shares: ShareTables;
  readonly #most: number;
  readonly #blocks: Uint32Array | undefined;
  #byPattern = new Float64Array(0);
  #unit = new Float64Array(0);
  #failed = new Uint32Array(0);

  /** @param most players of a leaf */
  constructor(
    { owners, blocks }: { owners: readonly number[]; blocks?: Uint32Array | undefined },
    weights: Float64Array,
    most: number,
  ) {
    this.#owners = owners;
    this.#blocks = blocks;
    this.#weights = weights;
    this.#shares = shareTables(most);
    this.#most = most;
  }

  /**
   * The table of a group: rows × (players × targets), the attributions of the group's leaves summed over the
   * background. A row's number is Σ strides[axis] · state.
   * @param table zeros @param known the background's classes in this tree
   */
  fill(table: Float64Array, group: Group, tree: Tree, known: BackgroundClasses): void {
    const targets = tree.targets.length;
    const width = group.players.length * targets;
    for (const leaf of group.leaves) {
      const fails = failBits(leaf, this.#owners);
      const d = leaf.players.length;
      this.#fillUnit(leaf.players, fails, known);
      this.#fillFailed(group, fails);
      const [unit, failed] = [this.#unit, this.#failed];
      const all = 2 ** d - 1;
      const values = leaf.index * targets;
      const first = tree.values[values]!;
      const cells = Uint32Array.from(leaf.players, (player) => group.players.indexOf(player) * targets);
      for (let row = 0; row < group.rows; row++) {
        const from = (all & ~failed[row]!) * d;
        const to = row * width;
        // Most trees add to one score.
        for (let i = 0; i < d && targets === 1; i++) table[to + cells[i]!]! += unit[from + i]! * first;
        for (let i = 0; i < d && targets > 1; i++) {
          const share = unit[from + i]!;
          const at = to + cells[i]!;
          for (let t = 0; t < targets; t++) table[at + t]! += share * tree.values[values + t]!;
        }
      }
    }
  }

  /** A leaf of value 1: 2^d × d, row p for an explained row that fulfils exactly the players in p. */
  #fillUnit(players: readonly number[], fails: FailBits, known: BackgroundClasses): void {
    const d = players.length;
    const all = 2 ** d - 1;
    const weights = this.#weights;
    const failed = new Uint32Array(weights.length);
    for (const [axis, bits] of fails) {
      const classes = known.get(axis)!;
      for (let b = 0; b < failed.length; b++) failed[b]! |= bits[classes[b]!]!;
    }
    if (this.#byPattern.length <= all) this.#byPattern = new Float64Array(all + 1);
    else this.#byPattern.fill(0, 0, all + 1);
    const byPattern = this.#byPattern;
    const patterns: number[] = [];
    for (let b = 0; b < failed.length; b++) {
      const pattern = all & ~failed[b]!;
      if (byPattern[pattern] === 0) patterns.push(pattern);
      byPattern[pattern]! += weights[b]!;
    }
    const cells = (all + 1) * d;
    if (this.#unit.length < cells) this.#unit = new Float64Array(cells);
    else this.#unit.fill(0, 0, cells);
    const give = this.#giver(players);
    for (const q of patterns) {
      const weight = byPattern[q]!;
      const needed = all & ~q;
      // All p that hold what q lacks: whatever else they hold is held by both and decides nothing.
      for (let spare = q; ; spare = (spare - 1) & q) {
        const p = needed | spare;
        give(needed, all & ~p, weight, p * d);
        if (spare === 0) break;
      }
    }
  }

  /** @returns adds, from a place on, what the players of the first bits gain and those of the second lose */
  #giver(
    players: readonly number[],
  ): (needed: number, lacking: number, weight: number, from: number) => void {
    const unit = this.#unit;
    const joint = jointBlocks(players, this.#blocks);
    if (joint === undefined) {
      const { inside, outside } = this.#shares;
      const width = this.#most + 1;
      return (needed, lacking, weight, from) => {
        const shares = popcount(needed) * width + popcount(lacking);
        const gains = weight * inside[shares]!;
        for (let bits = needed; bits !== 0; bits &= bits - 1)
          unit[from + 31 - Math.clz32(bits & -bits)]! += gains;
        const loses = weight * outside[shares]!;
        for (let bits = lacking; bits !== 0; bits &= bits - 1)
          unit[from + 31 - Math.clz32(bits & -bits)]! += loses;
      };
    }
    const { of, count } = joint;
    const counts = { inside: new Uint32Array(count), outside: new Uint32Array(count) };
    const shares = { inside: new Float64Array(count), outside: new Float64Array(count) };
    return (needed, lacking, weight, from) => {
      counts.inside.fill(0);
      counts.outside.fill(0);
      for (let i = 0; i < of.length; i++) {
        counts.inside[of[i]!]! += (needed >> i) & 1;
        counts.outside[of[i]!]! += (lacking >> i) & 1;
      }
      blockShares(counts, this.#shares, this.#most, shares);
      for (let i = 0; i < of.length; i++) {
        if ((needed >> i) & 1) unit[from + i]! += weight * shares.inside[of[i]!]!;
        if ((lacking >> i) & 1) unit[from + i]! += weight * shares.outside[of[i]!]!;
      }
    };
  }

  /** For each row of the group, the players whose conditions for the leaf it does not fulfil, as bits. */
  #fillFailed(group: Group, fails: FailBits): void {
    if (this.#failed.length < group.rows) this.#failed = new Uint32Array(group.rows);
    const failed = this.#failed;
    failed[0] = 0;
    let filled = 1;
    group.axes.forEach((axis, i) => {
      const count = group.counts[i]!;
      const bits = fails.get(axis);
      const byState = new Uint32Array(count);
      if (bits !== undefined)
        group.states[i]!.forEach((state, c) => {
          byState[state] = bits[c]!;
        });
      // Highest state first, since state 0 is what the others are made from.
      for (let state = count - 1; state >= 0; state--)
        for (let row = 0; row < filled; row++) failed[state * filled + row] = failed[row]! | byState[state]!;
      filled *= count;
    });
  }
}

function failBits(leaf: Leaf, owners: readonly number[]): FailBits {
  const fails = new Map<number, Uint32Array>();
  for (const [axis, admits] of leaf.admits) {
    const bit = 1 << leaf.players.indexOf(owners[axis]!);
    const bits = new Uint32Array(admits.length);
    for (let c = 0; c < bits.length; c++) if (admits[c] === 0) bits[c] = bit;
    fails.set(axis, bits);
  }
  return fails;
}
