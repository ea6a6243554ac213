import type { Tree } from "../structure.ts";
import type { Group } from "./groups.ts";
import type { Classes, Leaf } from "./leaves.ts";

/** A background row's codes, weighed; equal rows may be one. */
export interface CodedBackground {
  /** rows × axes */
  codes: Uint32Array;
  axes: number;
  weights: Float64Array;
}

/** For each class of an axis, the bit of the leaf's player that fails there, or 0. */
type FailBits = ReadonlyMap<number, Uint32Array>;

/**
 * The table of a group: rows × (players × targets), the attributions of the group's leaves summed over the
 * background. A row index is Σ strides[axis] · state.
 */
export function buildTable(
  group: Group,
  tree: Tree,
  classes: Classes,
  owners: readonly number[],
  shares: { inside: Float64Array; outside: Float64Array; most: number },
  background: CodedBackground,
): { strides: ReadonlyMap<number, number>; table: Float64Array } {
  const strides = new Map<number, number>();
  let stride = 1;
  for (const [axis, states] of group.states) {
    strides.set(axis, stride);
    stride *= 1 + Math.max(...states);
  }
  const targets = tree.targets.length;
  const width = group.players.length * targets;
  const table = new Float64Array(group.rows * width);
  for (const leaf of group.leaves) {
    const fails = failBits(leaf, owners);
    const patterns = backgroundPatterns(leaf, fails, classes, background);
    const d = leaf.players.length;
    const unit = unitTable(d, patterns, shares);
    const rowPatterns = patternsOfRows(group, leaf, fails, strides);
    const cells = leaf.players.map((player) => group.players.indexOf(player) * targets);
    for (let row = 0; row < group.rows; row++) {
      const from = rowPatterns[row]! * d;
      for (let i = 0; i < d; i++) {
        const share = unit[from + i]!;
        if (share === 0) continue;
        const at = row * width + cells[i]!;
        for (let t = 0; t < targets; t++) table[at + t]! += share * tree.values[leaf.index * targets + t]!;
      }
    }
  }
  return { strides, table };
}

function failBits(leaf: Leaf, owners: readonly number[]): FailBits {
  return new Map(
    [...leaf.admits].map(([axis, admits]) => {
      const bit = 1 << leaf.players.indexOf(owners[axis]!);
      return [axis, Uint32Array.from(admits, (open) => (open === 1 ? 0 : bit))];
    }),
  );
}

/** Which players a background row fulfils the leaf's conditions for, as bits, each pattern with its weight. */
function backgroundPatterns(
  leaf: Leaf,
  fails: FailBits,
  classes: Classes,
  { codes, axes, weights }: CodedBackground,
): Map<number, number> {
  const all = 2 ** leaf.players.length - 1;
  const tests = [...fails].map(([axis, bits]) => ({ axis, bits, starts: classes.get(axis)! }));
  const patterns = new Map<number, number>();
  weights.forEach((weight, b) => {
    let failed = 0;
    for (const { axis, bits, starts } of tests) failed |= bits[classOf(starts, codes[b * axes + axis]!)]!;
    const pattern = all & ~failed;
    patterns.set(pattern, (patterns.get(pattern) ?? 0) + weight);
  });
  return patterns;
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

/** A leaf of value 1: 2^d × d, row p for an explained row that fulfils exactly the players in p. */
function unitTable(
  d: number,
  patterns: ReadonlyMap<number, number>,
  { inside, outside, most }: { inside: Float64Array; outside: Float64Array; most: number },
): Float64Array {
  const all = 2 ** d - 1;
  const unit = new Float64Array((all + 1) * d);
  for (const [q, weight] of patterns) {
    const needed = all & ~q;
    const a = popcount(needed);
    // All p that hold what q lacks: whatever else they hold is held by both and decides nothing.
    for (let spare = q; ; spare = (spare - 1) & q) {
      const p = needed | spare;
      const lacking = all & ~p;
      const b = popcount(lacking);
      const gains = weight * inside[a * (most + 1) + b]!;
      const loses = weight * outside[a * (most + 1) + b]!;
      const from = p * d;
      for (let bits = needed; bits !== 0; bits &= bits - 1)
        unit[from + 31 - Math.clz32(bits & -bits)]! += gains;
      for (let bits = lacking; bits !== 0; bits &= bits - 1)
        unit[from + 31 - Math.clz32(bits & -bits)]! += loses;
      if (spare === 0) break;
    }
  }
  return unit;
}

/** For each row of the group, the pattern of players that it fulfils the leaf's conditions for. */
function patternsOfRows(
  group: Group,
  leaf: Leaf,
  fails: FailBits,
  strides: ReadonlyMap<number, number>,
): Uint32Array {
  const failed = new Uint32Array(group.rows);
  for (const [axis, states] of group.states) {
    const bits = fails.get(axis);
    if (bits === undefined) continue;
    const count = 1 + Math.max(...states);
    const byState = new Uint32Array(count);
    states.forEach((state, c) => {
      byState[state] = bits[c]!;
    });
    const stride = strides.get(axis)!;
    for (let row = 0; row < failed.length; row++) failed[row]! |= byState[Math.floor(row / stride) % count]!;
  }
  const all = 2 ** leaf.players.length - 1;
  return failed.map((bits) => all & ~bits);
}

function popcount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
