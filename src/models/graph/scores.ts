import type { LinearScores, ModelStructure, PostTransform } from "../../explain/structure.ts";
import { codedTrees } from "./axes.ts";
import { type ColumnTensor, type ColumnType, size, unreadColumn } from "./columns.ts";
import type { ConstantTensor, Operator } from "./operators.ts";
import { readTreeEnsemble, readTreeEnsemble5, UnreadTrees, type WrittenTrees } from "./tree-operators.ts";

/** A tensor that holds scores, or what followed from them: one column an output. */
export interface ScoreTensor {
  kind: "scores";
  type: ColumnType;
  structure: ModelStructure;
  /** Of the raw columns that it depends on, for whatever reads it as plain columns. */
  input: ColumnTensor;
}

/** What could not be read, and why, in words that an operator of the service understands. */
export interface Unread {
  kind: "unread";
  reason: string;
}

export const unread = (reason: string): Unread => ({ kind: "unread", reason });

const POST: Readonly<Record<string, readonly PostTransform[]>> = {
  NONE: [],
  LOGISTIC: ["logistic"],
  SOFTMAX: ["softmax"],
  SOFTMAX_ZERO: ["softmax-zero"],
  PROBIT: ["probit"],
};

export function treeTensor(operator: Operator, input: ColumnTensor): ScoreTensor | Unread {
  try {
    const written =
      operator.type === "TreeEnsemble" ? readTreeEnsemble5(operator) : readTreeEnsemble(operator);
    if (written.aggregate !== "SUM" && written.aggregate !== "AVERAGE")
      return unread("the trees are not summed");
    const form = written.labels === 2 ? twoClasses(written) : everyTarget(written);
    if (form === undefined) return unread("the trees' two classes are combined in an unknown way");
    const { axes, trees } = codedTrees(written, input);
    const scale = written.aggregate === "AVERAGE" ? 1 / trees.length : 1;
    const scaled = trees.map((tree) => ({ ...tree, values: tree.values.map((value) => value * scale) }));
    const bias = Array.from(form.mix[0]!, () => 0);
    const structure: ModelStructure = { scores: { kind: "trees", axes, trees: scaled, bias }, ...form };
    return { kind: "scores", type: "float", structure, input };
  } catch (error) {
    if (error instanceof UnreadTrees) return unread(error.message);
    throw error;
  }
}

type Form = Pick<ModelStructure, "mix" | "shift" | "post">;

function everyTarget({ targets, base, post }: WrittenTrees): Form | undefined {
  const steps = POST[post];
  if (steps === undefined || (base.length > 1 && base.length !== targets)) return undefined;
  // One target's softmax or logistic is the regressor's own; onnxruntime applies them to it alike.
  const shift = Array.from({ length: targets }, (_, k) => (base.length === 1 ? base[0]! : (base[k] ?? 0)));
  return { mix: identity(targets), shift, post: steps };
}

/**
 * Two classes, as onnxruntime writes them: with leaves for one class only, its score s becomes two columns, −s and s or,
 * where no weight is negative, 1 − s and s. A softmax is not applied to those.
 */
function twoClasses({ trees, base, post }: WrittenTrees): Form | undefined {
  const leaves = trees.flatMap((nodes) => nodes.flatMap(({ adds }) => adds ?? []));
  const classes = new Set(leaves.map(([target]) => target));
  const steps = POST[post];
  if (steps === undefined || base.length > 1) return undefined;
  const shift = base[0] ?? 0;
  if (classes.size === 2) return { mix: identity(2), shift: [shift, 0], post: steps };
  if (!classes.has(0) || post === "PROBIT") return undefined;
  const mix = [[-1], [1]];
  if (post === "LOGISTIC") return { mix, shift: [-shift, shift], post: steps };
  const shares = leaves.every(([, weight]) => weight >= 0);
  return { mix, shift: [(shares ? 1 : 0) - shift, shift], post: [] };
}

function identity(count: number): number[][] {
  return Array.from({ length: count }, (_, j) => Array.from({ length: count }, (_, k) => (j === k ? 1 : 0)));
}

/** `LinearClassifier` and `LinearRegressor`. */
export function linearTensor(operator: Operator, input: ColumnTensor): ScoreTensor | Unread {
  const classifier = operator.type === "LinearClassifier";
  const coefficients = operator.floats("coefficients");
  const width = input.columns.length;
  const scores = coefficients.length / width;
  const post = POST[operator.string("post_transform", "NONE")];
  const targets = classifier ? scores : operator.int("targets", 1);
  if (!Number.isInteger(scores) || scores !== targets || post === undefined)
    return unread("the linear model's coefficients do not fit its columns");
  const labels = classifier
    ? operator.strings("classlabels_strings").length || operator.ints("classlabels_ints").length
    : scores;
  if (labels !== scores) return unread("the linear model gives one score for two classes");
  const intercepts = operator.floats("intercepts");
  const weights = Array.from({ length: scores }, (_, k) => coefficients.slice(k * width, (k + 1) * width));
  const bias = weights.map((_, k) => intercepts[k] ?? 0);
  return linear(input, { weights, bias, post }, "float");
}

function linear(
  input: ColumnTensor,
  { weights, bias, post }: Pick<LinearScores, "weights" | "bias"> & { post: readonly PostTransform[] },
  type: ColumnType,
): ScoreTensor | Unread {
  const blocked = input.columns.find((column) => column.unread !== undefined);
  if (blocked !== undefined) return unread(blocked.unread!);
  if (input.type === "string") return unread("a linear model weighs text");
  const columns = input.columns.map(({ sources, value }) => ({
    sources,
    value: (row: Parameters<typeof value>[0]) => value(row) as number,
  }));
  const scores: LinearScores = { kind: "linear", columns, weights, bias };
  const structure = { scores, mix: identity(bias.length), shift: bias.map(() => 0), post };
  return { kind: "scores", type, structure, input };
}

/** `MatMul` and `Gemm` with constant weights: linear scores, unless something is computed from them. */
export function productTensor(
  operator: Operator,
  input: ColumnTensor,
  matrix: ConstantTensor,
  addend: ConstantTensor | undefined,
): ScoreTensor | Unread {
  const gemm = operator.type === "Gemm";
  const [rows, columns] = matrix.dims;
  const turned = gemm && operator.int("transB", 0) === 1;
  const inner = turned ? columns : rows;
  const outer = turned ? rows : columns;
  if (matrix.dims.length !== 2 || inner !== input.columns.length || (gemm && operator.int("transA", 0) === 1))
    return unread("a matrix product is not one of a row with constant weights");
  const alpha = gemm ? operator.float("alpha", 1) : 1;
  const beta = gemm ? operator.float("beta", 1) : 1;
  const weights = Array.from({ length: outer! }, (_, k) =>
    Array.from({ length: inner }, (_, c) => {
      const at = turned ? k * inner + c : c * outer! + k;
      return alpha * (matrix.cells[at] as number);
    }),
  );
  const added = addend?.cells as readonly number[] | undefined;
  const bias = weights.map((_, k) => (added === undefined ? 0 : beta * added[added.length === 1 ? 0 : k]!));
  return linear(input, { weights, bias, post: [] }, input.type);
}

/** What an operator makes of scores; undefined when it is none that keeps them scores. */
export function followed(
  operator: Operator,
  tensor: ScoreTensor,
  constant: ConstantTensor | undefined,
  scoresFirst: boolean,
): ScoreTensor | undefined {
  const { structure } = tensor;
  const outputs = structure.shift.length;
  const then = (step: PostTransform): ScoreTensor => ({
    ...tensor,
    structure: { ...structure, post: [...structure.post, step] },
  });
  switch (operator.type) {
    case "Identity":
    case "Dropout":
      return tensor;
    case "Flatten":
      return operator.int("axis", 1) === 1 ? tensor : undefined;
    case "Reshape": {
      // A matrix of the same columns, or one column as a list of rows.
      const shape = constant?.cells as readonly number[] | undefined;
      const kept = shape?.length === 2 && (shape[1] === outputs || shape[1] === -1 || shape[1] === 0);
      return kept || (shape?.length === 1 && outputs === 1) ? tensor : undefined;
    }
    case "Squeeze":
      return outputs === 1 ? tensor : undefined;
    case "Cast":
      return [1, 11].includes(operator.int("to", 0)) ? tensor : undefined;
    case "Sigmoid":
      return then("logistic");
    case "Exp":
      return then("exponential");
    case "Softmax":
      return [1, -1].includes(operator.int("axis", -1)) ? then("softmax") : undefined;
    case "Normalizer": {
      if (operator.string("norm", "MAX") !== "L1") return undefined;
      // Shares add up to one already.
      return structure.post.at(-1) === "softmax" ? tensor : then("normalise-l1");
    }
    case "Add":
    case "Sub":
    case "Mul":
    case "Div":
      return constant === undefined ? undefined : shifted(operator.type, tensor, constant, scoresFirst);
    default:
      return undefined;
  }
}

function shifted(
  type: "Add" | "Sub" | "Mul" | "Div",
  tensor: ScoreTensor,
  constant: ConstantTensor,
  scoresFirst: boolean,
): ScoreTensor | undefined {
  const { structure } = tensor;
  const { mix, shift, post } = structure;
  const cells = constant.cells as readonly number[];
  if (constant.type === "string" || (cells.length !== 1 && size(constant.dims) !== shift.length))
    return undefined;
  const at = (j: number) => cells[cells.length === 1 ? 0 : j]!;
  // LightGBM's exporter multiplies probabilities by 1.
  const neutral = type === "Mul" || type === "Div" ? 1 : 0;
  if (cells.every((cell) => cell === neutral) && (scoresFirst || type === "Add" || type === "Mul"))
    return tensor;
  if (post.length > 0) return undefined;
  const change = (j: number): [factor: number, term: number] => {
    if (type === "Add") return [1, at(j)];
    if (type === "Sub") return scoresFirst ? [1, -at(j)] : [-1, at(j)];
    return [type === "Mul" ? at(j) : 1 / at(j), 0];
  };
  if (type === "Div" && !scoresFirst) return undefined;
  return {
    ...tensor,
    structure: {
      ...structure,
      mix: mix.map((row, j) => row.map((value) => value * change(j)[0])),
      shift: shift.map((value, j) => value * change(j)[0] + change(j)[1]),
    },
  };
}

/** Scores that something else computes with: columns that depend on all of the raw ones, and are not followed. */
export function scoresAsColumns({ structure, input, type }: ScoreTensor): ColumnTensor {
  const column = unreadColumn(input.columns, "the model mixes columns before its scores");
  return {
    kind: "columns",
    type,
    dims: [structure.shift.length],
    columns: structure.shift.map(() => column),
  };
}
