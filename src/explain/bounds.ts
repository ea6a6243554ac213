import type { Cell } from "./game.ts";
import type { Reachable } from "./reachable.ts";
import {
  applyPost,
  goesToYes,
  type LinearScores,
  type ModelStructure,
  marginsOf,
  type PostTransform,
  type Tree,
  type TreeScores,
} from "./structure.ts";

/** Lower and upper ends, one an output. */
export interface OutputRange {
  low: Float64Array;
  high: Float64Array;
}

const RISING: ReadonlySet<PostTransform> = new Set(["logistic", "exponential", "probit"]);

const withCell = (row: readonly Cell[], column: number, cell: Cell): Cell[] => row.with(column, cell);

/** For each axis the codes that the changes can give it, as flags; null: any. */
function codesOf(
  { axes }: TreeScores,
  row: readonly Cell[],
  reachable: readonly Reachable[],
): (Uint8Array | null)[] {
  return axes.map((axis) => {
    const moving = reachable.filter(({ column }) => axis.sources.includes(column));
    if (moving.length > 1) return null;
    const codes = new Uint8Array(axis.codes);
    codes[axis.code(row)] = 1;
    for (const { column, options } of moving)
      for (const { cell } of options) codes[axis.code(withCell(row, column, cell))] = 1;
    return codes;
  });
}

/** Which ways a node can go. */
function waysOf(
  tree: Tree,
  node: number,
  codes: Uint8Array | null,
): { yes: Uint8Array | null; no: Uint8Array | null } | null {
  if (codes === null) return null;
  const yes = codes.map((flag, code) => (flag === 1 && goesToYes(tree, node, code) ? 1 : 0));
  const no = codes.map((flag, code) => (flag === 1 && yes[code] === 0 ? 1 : 0));
  return { yes: yes.includes(1) ? yes : null, no: no.includes(1) ? no : null };
}

/** Least and most that one tree can add to each of its targets, its own splits taken together along each path. */
function treeRange(tree: Tree, reach: readonly (Uint8Array | null)[]): { low: number[]; high: number[] } {
  const width = tree.targets.length;
  const low = new Array<number>(width).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(width).fill(Number.NEGATIVE_INFINITY);
  const walk = (node: number, codes: readonly (Uint8Array | null)[]): void => {
    const axis = tree.axis[node]!;
    if (axis < 0) {
      for (let t = 0; t < width; t++) {
        const value = tree.values[tree.leaf[node]! * width + t]!;
        low[t] = Math.min(low[t]!, value);
        high[t] = Math.max(high[t]!, value);
      }
      return;
    }
    const ways = waysOf(tree, node, codes[axis]!);
    if (ways === null) {
      walk(tree.yes[node]!, codes);
      walk(tree.no[node]!, codes);
      return;
    }
    if (ways.yes) walk(tree.yes[node]!, codes.with(axis, ways.yes));
    if (ways.no) walk(tree.no[node]!, codes.with(axis, ways.no));
  };
  walk(0, reach);
  return { low, high };
}

interface ScoreRange {
  low: Float64Array;
  high: Float64Array;
}

function treesRange(scores: TreeScores, row: readonly Cell[], reachable: readonly Reachable[]): ScoreRange {
  const reach = codesOf(scores, row, reachable);
  const low = Float64Array.from(scores.bias);
  const high = Float64Array.from(scores.bias);
  for (const tree of scores.trees) {
    const range = treeRange(tree, reach);
    tree.targets.forEach((target, t) => {
      low[target]! += range.low[t]!;
      high[target]! += range.high[t]!;
    });
  }
  return { low, high };
}

/** Exact where no column is computed from two features that move; else null. */
function linearRange(
  scores: LinearScores,
  row: readonly Cell[],
  reachable: readonly Reachable[],
): ScoreRange | null {
  const { columns, weights, bias } = scores;
  const moving = new Set(reachable.map(({ column }) => column));
  if (columns.some(({ sources }) => sources.filter((source) => moving.has(source)).length > 1)) return null;
  const now = columns.map((column) => column.value(row));
  const start = Float64Array.from(bias, (from, k) =>
    now.reduce((sum, value, c) => sum + weights[k]![c]! * value, from),
  );
  const low = start.slice();
  const high = start.slice();
  for (const { column, options } of reachable) {
    const own = columns.flatMap((one, c) => (one.sources.includes(column) ? [{ one, c }] : []));
    const least = new Float64Array(start.length);
    const most = new Float64Array(start.length);
    for (const { cell } of options) {
      const changed = withCell(row, column, cell);
      for (let k = 0; k < start.length; k++) {
        const by = own.reduce((sum, { one, c }) => sum + weights[k]![c]! * (one.value(changed) - now[c]!), 0);
        least[k] = Math.min(least[k]!, by);
        most[k] = Math.max(most[k]!, by);
      }
    }
    for (let k = 0; k < start.length; k++) {
      low[k]! += least[k]!;
      high[k]! += most[k]!;
    }
  }
  return { low, high };
}

/**
 * Between what the outputs of a model of trees or weighted columns stay, whatever is changed within reach: what lies
 * beyond is proven out of reach without trying. In float64, so it may be off from the model by its rounding. Tight for
 * weighted columns; for trees an outer bound, since each tree is taken alone.
 * @returns null where the structure does not tell
 */
export function outputRange(
  structure: ModelStructure,
  row: readonly Cell[],
  reachable: readonly Reachable[],
): OutputRange | null {
  const { scores, mix, shift, post } = structure;
  const range =
    scores.kind === "trees" ? treesRange(scores, row, reachable) : linearRange(scores, row, reachable);
  if (range === null) return null;
  const { low, high } = range;
  if (post.every((step) => RISING.has(step))) {
    const ends = (pick: "low" | "high") =>
      Float64Array.from(shift, (from, j) =>
        mix[j]!.reduce((sum, m, k) => sum + m * (m >= 0 === (pick === "high") ? high[k]! : low[k]!), from),
      );
    return { low: applyPost(post, ends("low")), high: applyPost(post, ends("high")) };
  }
  // Two shares of one score rise or fall with it.
  if (low.length !== 1 || shift.length !== 2 || post.some((step) => step !== "softmax")) return null;
  const [a, b] = [low, high].map((score) => applyPost(post, marginsOf(structure, score)));
  return {
    low: a!.map((value, j) => Math.min(value, b![j]!)),
    high: a!.map((value, j) => Math.max(value, b![j]!)),
  };
}

/**
 * What trees can tell apart about a column's values, as a key, for `reachableFrom`; undefined for a column that they see
 * mixed with others, and for models of another kind.
 */
export function toldApart(
  { scores }: ModelStructure,
  row: readonly Cell[],
): (column: number, cell: Cell) => string | undefined {
  if (scores.kind !== "trees") return () => undefined;
  return (column, cell) => {
    const axes = scores.axes.filter(({ sources }) => sources.includes(column));
    if (axes.some(({ sources }) => sources.length > 1)) return undefined;
    const changed = withCell(row, column, cell);
    return axes.map((axis) => axis.code(changed)).join();
  };
}
