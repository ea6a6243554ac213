import type { Cell } from "./game.ts";

/**
 * What is known of a model's inside, in the engine's own terms: no tensor, no operator.
 *
 * Scores are sums (over trees, or over weighted columns) for which Shapley values are exact and cheap. Margins
 * are the scores mixed, one an output of the model: margin_j = Σ_k mix[j][k] · score_k + shift[j]. What `post`
 * makes of the margins is the model's output. All in float64; the model itself may sum in float32.
 */
export interface ModelStructure {
  scores: TreeScores | LinearScores;
  /** outputs × scores */
  mix: readonly (readonly number[])[];
  /** One an output. */
  shift: readonly number[];
  /** In order; none where the margins are the outputs. */
  post: readonly PostTransform[];
}

export type PostTransform =
  | "logistic"
  | "softmax"
  /** As softmax, over the margins that are not zero; the others stay zero. */
  | "softmax-zero"
  /** √2 · erf⁻¹(2p − 1) */
  | "probit"
  | "exponential"
  /** Divided by the sum of magnitudes, or left where that is zero. */
  | "normalise-l1";

/** A column that a linear model weighs, as the graph computes it from raw cells. */
export interface WeighedColumn {
  /** The raw columns that it is computed from; none for a constant. */
  sources: readonly number[];
  value(row: readonly Cell[]): number;
}

export interface LinearScores {
  kind: "linear";
  columns: readonly WeighedColumn[];
  /** scores × columns */
  weights: readonly (readonly number[])[];
  /** One a score. */
  bias: readonly number[];
}

/**
 * Everything that the trees can tell apart about one value, as a code in [0, codes): between which two cuts a
 * number lies, or which category it is. Trees see codes only, so types, comparisons and missing values are settled
 * before the engine.
 */
export interface Axis {
  /** The raw columns that the code is computed from, at least one. */
  sources: readonly number[];
  codes: number;
  code(row: readonly Cell[]): number;
  /** Where the code is 1 + the number of cuts below a number, and 0 for a missing one: engines then code many at once. */
  scale?: NumberScale;
}

export interface NumberScale {
  /** Ascending, at least one. */
  cuts: Float64Array;
  /** The number, in the type that it is compared in. */
  value(row: readonly Cell[]): number;
  /** Where it is a raw column: which one, and whether it is to be rounded to float32 first. */
  raw?: { column: number; single: boolean };
}

/** Nodes in arrays; the root is node 0. */
export interface Tree {
  /** The axis tested, or −1 at a leaf. */
  axis: Int32Array;
  /** A code in [low, high) goes to `yes`, any other to `no`, unless there is a set. */
  low: Int32Array;
  high: Int32Array;
  /** For each code of the axis: 1 goes to `yes`. */
  sets: ReadonlyMap<number, Uint8Array>;
  yes: Int32Array;
  no: Int32Array;
  /** At a leaf: the row of `values`. */
  leaf: Int32Array;
  /** The scores that this tree adds to. */
  targets: readonly number[];
  /** leaves × targets */
  values: Float64Array;
}

export interface TreeScores {
  kind: "trees";
  axes: readonly Axis[];
  trees: readonly Tree[];
  /** One a score. */
  bias: readonly number[];
}

export function goesToYes(tree: Tree, node: number, code: number): boolean {
  const set = tree.sets.size > 0 ? tree.sets.get(node) : undefined;
  if (set !== undefined) return set[code] === 1;
  return code >= tree.low[node]! && code < tree.high[node]!;
}

/** One score each, float64. @param codes one an axis */
export function treeScores({ trees, bias }: TreeScores, codes: Uint32Array): Float64Array {
  const scores = Float64Array.from(bias);
  for (const tree of trees) {
    const { axis, yes, no, targets } = tree;
    let node = 0;
    while (axis[node]! >= 0) node = goesToYes(tree, node, codes[axis[node]!]!) ? yes[node]! : no[node]!;
    const from = tree.leaf[node]! * targets.length;
    for (let t = 0; t < targets.length; t++) scores[targets[t]!]! += tree.values[from + t]!;
  }
  return scores;
}

function linearScores({ columns, weights, bias }: LinearScores, row: readonly Cell[]): Float64Array {
  const values = columns.map((column) => column.value(row));
  return Float64Array.from(bias, (start, k) =>
    values.reduce((sum, value, c) => sum + weights[k]![c]! * value, start),
  );
}

export function scoresOf(scores: ModelStructure["scores"], row: readonly Cell[]): Float64Array {
  if (scores.kind === "linear") return linearScores(scores, row);
  const codes = new Uint32Array(scores.axes.length);
  for (let a = 0; a < codes.length; a++) codes[a] = scores.axes[a]!.code(row);
  return treeScores(scores, codes);
}

/** margin_j = Σ_k mix[j][k] · score_k + shift[j] */
export function marginsOf({ mix, shift }: ModelStructure, scores: Float64Array): Float64Array {
  const margins = Float64Array.from(shift);
  for (let j = 0; j < margins.length; j++)
    for (let k = 0; k < scores.length; k++) margins[j]! += mix[j]![k]! * scores[k]!;
  return margins;
}

/** The model's outputs for a row, in float64: what the runtime computes but for its rounding. */
export function outputsOf(structure: ModelStructure, row: readonly Cell[]): Float64Array {
  return applyPost(structure.post, marginsOf(structure, scoresOf(structure.scores, row)));
}

export function applyPost(post: readonly PostTransform[], margins: Float64Array): Float64Array {
  return post.reduce((values, step) => TRANSFORMS[step](values), margins);
}

const TRANSFORMS: Record<PostTransform, (values: Float64Array) => Float64Array> = {
  logistic: (values) => values.map((v) => 1 / (1 + Math.exp(-v))),
  exponential: (values) => values.map((v) => Math.exp(v)),
  softmax: (values) => shares(values, () => true),
  "softmax-zero": (values) => shares(values, (v) => v !== 0),
  probit: (values) => values.map((v) => Math.SQRT2 * inverseErf(2 * v - 1)),
  "normalise-l1": (values) => {
    const sum = values.reduce((total, v) => total + Math.abs(v), 0);
    return sum === 0 ? values : values.map((v) => v / sum);
  },
};

function shares(values: Float64Array, counted: (value: number) => boolean): Float64Array {
  const most = Math.max(...values);
  const powers = values.map((v) => (counted(v) ? Math.exp(v - most) : 0));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Winitzki's approximation (2008) with the runtime's own five decimals of π, to differ from it by nothing else. */
const RUNTIME_PI = 314_159 / 100_000;

function inverseErf(x: number): number {
  const log = Math.log((1 - x) * (1 + x));
  const a = 2 / (RUNTIME_PI * 0.147) + 0.5 * log;
  return Math.sign(x) * Math.sqrt(-a + Math.sqrt(a * a - log / 0.147));
}
