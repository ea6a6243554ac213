import { type Column, type ColumnTensor, constantColumns, mapped, size } from "./columns.ts";
import type { ConstantTensor, Operator } from "./operators.ts";

/** Lists of integers that newer operator sets take as an input and older ones as an attribute. */
export type IntsAt = (input: number, attribute: string) => readonly number[] | undefined;

/** Operators that only move columns about, without the batch. Undefined: a form that is not read. */
export function reshaped(
  operator: Operator,
  inputs: readonly (ColumnTensor | ConstantTensor)[],
  ints: IntsAt,
): ColumnTensor | undefined {
  const [first] = inputs;
  if (operator.type === "Concat" || operator.type === "FeatureVectorizer")
    return concatenated(operator, inputs);
  if (first === undefined || !isColumns(first)) return undefined;
  switch (operator.type) {
    case "Identity":
    case "Dropout":
      return first;
    case "Flatten":
      return operator.int("axis", 1) === 1 ? { ...first, dims: [size(first.dims)] } : undefined;
    case "Reshape":
      return toShape(first, ints(1, "shape"));
    case "Squeeze": {
      const axes = ints(1, "axes")?.map((axis) => axisOf(first, axis));
      if (axes?.some((axis) => first.dims[axis] !== 1)) return undefined;
      return { ...first, dims: first.dims.filter((dim, i) => (axes ? !axes.includes(i) : dim !== 1)) };
    }
    case "Unsqueeze": {
      const axes = ints(1, "axes");
      if (axes?.length !== 1) return undefined;
      const at = axes[0]! < 0 ? first.dims.length + 1 + axes[0]! : axes[0]! - 1;
      return at < 0 ? undefined : { ...first, dims: first.dims.toSpliced(at, 0, 1) };
    }
    case "Transpose":
      return operator.ints("perm").every((axis, i) => axis === i) && operator.has("perm") ? first : undefined;
    case "Gather":
      return picked(first, axisOf(first, operator.int("axis", 0)), ints(1, "indices"), inputs[1]);
    case "ArrayFeatureExtractor":
      return picked(first, first.dims.length - 1, ints(1, "indices"), undefined);
    case "Slice":
      return sliced(first, ints);
    default:
      return undefined;
  }
}

function isColumns(value: ColumnTensor | ConstantTensor): value is ColumnTensor {
  return "kind" in value;
}

/** An axis of the whole tensor, as an axis of one row; −1 for the batch. */
function axisOf({ dims }: ColumnTensor, axis: number): number {
  return axis < 0 ? dims.length + axis : axis - 1;
}

function concatenated(
  operator: Operator,
  inputs: readonly (ColumnTensor | ConstantTensor)[],
): ColumnTensor | undefined {
  const parts = inputs.map((input) => (isColumns(input) ? input : constantColumns(input)));
  if (parts.length === 0 || parts.some((part) => part === undefined)) return undefined;
  const tensors = parts as ColumnTensor[];
  const [first] = tensors;
  const asFloats = operator.type === "FeatureVectorizer";
  const axis = asFloats ? first!.dims.length - 1 : axisOf(first!, operator.int("axis", 1));
  if (axis < 0 || tensors.some((tensor) => tensor.dims.length !== first!.dims.length)) return undefined;
  // Everything before the axis must agree; what follows it moves along.
  const outer = size(first!.dims.slice(0, axis));
  if (tensors.some((tensor) => size(tensor.dims.slice(0, axis)) !== outer)) return undefined;
  const columns: Column[] = [];
  for (let o = 0; o < outer; o++)
    for (const tensor of tensors) {
      const run = tensor.columns.length / outer;
      columns.push(...tensor.columns.slice(o * run, (o + 1) * run));
    }
  const along = tensors.reduce((sum, tensor) => sum + tensor.dims[axis]!, 0);
  const dims = first!.dims.with(axis, along);
  if (!asFloats) return { kind: "columns", type: first!.type, dims, columns };
  return {
    kind: "columns",
    type: "float",
    dims,
    columns: columns.map((column) => mapped(column, (value) => Math.fround(value as number))),
  };
}

function toShape(input: ColumnTensor, shape: readonly number[] | undefined): ColumnTensor | undefined {
  if (shape === undefined || shape.length === 0) return undefined;
  const count = input.columns.length;
  const [batch, ...rest] = shape;
  // A batch written as −1 leaves the rest to name the row's own shape; 0 copies a dimension.
  if (rest.length === 0) return batch === -1 && count === 1 ? { ...input, dims: [] } : undefined;
  const copied = rest.map((dim, i) => (dim === 0 ? input.dims[i]! : dim));
  const known = copied.filter((dim) => dim !== -1).reduce((product, dim) => product * dim, 1);
  const dims = copied.map((dim) => (dim === -1 ? count / known : dim));
  if ((batch !== -1 && batch !== 0) || size(dims) !== count || !dims.every(Number.isInteger))
    return undefined;
  return { ...input, dims };
}

function picked(
  input: ColumnTensor,
  axis: number,
  indices: readonly number[] | undefined,
  shaped: ColumnTensor | ConstantTensor | undefined,
): ColumnTensor | undefined {
  if (axis < 0 || indices === undefined) return undefined;
  const along = input.dims[axis]!;
  const inner = size(input.dims.slice(axis + 1));
  const outer = size(input.dims.slice(0, axis));
  const columns: Column[] = [];
  for (let o = 0; o < outer; o++)
    for (const index of indices) {
      const at = index < 0 ? along + index : index;
      if (at < 0 || at >= along) return undefined;
      const from = (o * along + at) * inner;
      columns.push(...input.columns.slice(from, from + inner));
    }
  const taken = shaped !== undefined && !isColumns(shaped) ? shaped.dims : [indices.length];
  return { ...input, dims: input.dims.toSpliced(axis, 1, ...taken), columns };
}

function sliced(input: ColumnTensor, ints: IntsAt): ColumnTensor | undefined {
  const starts = ints(1, "starts");
  const ends = ints(2, "ends");
  const axes = ints(3, "axes");
  const steps = ints(4, "steps");
  if (starts?.length !== 1 || ends?.length !== 1 || axes?.length !== 1 || (steps && steps[0] !== 1))
    return undefined;
  const axis = axisOf(input, axes[0]!);
  if (axis < 0) return undefined;
  const along = input.dims[axis]!;
  const clamp = (at: number) => Math.max(0, Math.min(along, at < 0 ? along + at : at));
  const indices: number[] = [];
  for (let i = clamp(starts[0]!); i < clamp(ends[0]!); i++) indices.push(i);
  return picked(input, axis, indices, undefined);
}
