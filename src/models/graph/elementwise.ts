import {
  type Column,
  type ColumnTensor,
  derived,
  type Held,
  mapped,
  rounded,
  size,
  tellingApart,
} from "./columns.ts";
import type { Operator } from "./operators.ts";

type Arithmetic = (a: number, b: number) => number;

/** Results keep the operands' type and are rounded to it: one IEEE operation, so the same bits everywhere. */
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

const COMPARISONS: Readonly<Record<string, (a: Held, b: Held) => boolean>> = {
  Equal: (a, b) => a === b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  And: (a, b) => a === 1 && b === 1,
  Or: (a, b) => a === 1 || b === 1,
  Xor: (a, b) => a !== b,
};

const UNARY: Readonly<Record<string, (value: number) => number>> = {
  Neg: (value) => -value,
  Abs: Math.abs,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Sqrt: Math.sqrt,
  Reciprocal: (value) => 1 / value,
  Relu: (value) => Math.max(value, 0),
};

/** Operators on each cell by itself. Undefined: another operator, or a form that is not read. */
export function elementwise(operator: Operator, inputs: readonly ColumnTensor[]): ColumnTensor | undefined {
  const [first, second] = inputs;
  if (first === undefined) return undefined;
  const { type } = operator;
  if (type === "Cast") return cast(first, operator.int("to", 0));
  if (type === "Not") return map(first, "bool", (value) => (value === 0 ? 1 : 0));
  if (type === "IsNaN") return map(first, "bool", (value) => (Number.isNaN(value) ? 1 : 0));
  const unary = UNARY[type];
  if (unary !== undefined && first.type !== "string")
    return map(first, first.type, (value) => rounded(first.type, unary(value as number)));
  if (type === "Where" && inputs.length === 3) {
    return broadcast(inputs, inputs[1]!.type, ([condition, a, b]) => (condition === 1 ? a! : b!));
  }
  if (second === undefined || inputs.length !== 2) return undefined;
  const arithmetic = ARITHMETIC[type];
  if (arithmetic !== undefined && first.type === second.type && first.type !== "string")
    return broadcast(inputs, first.type, ([a, b]) =>
      rounded(first.type, arithmetic(a as number, b as number)),
    );
  const comparison = COMPARISONS[type];
  if (comparison !== undefined && (first.type === "string") === (second.type === "string"))
    return broadcast(inputs, "bool", ([a, b]) => (comparison(a!, b!) ? 1 : 0), constantStrings(inputs));
  return undefined;
}

function map(input: ColumnTensor, type: ColumnTensor["type"], compute: (value: Held) => Held): ColumnTensor {
  return { ...input, type, columns: input.columns.map((column) => mapped(column, compute)) };
}

/** Strings that are compared with, so that the columns know what they tell apart. */
function constantStrings(inputs: readonly ColumnTensor[]): string[] {
  return inputs
    .filter(({ type }) => type === "string")
    .flatMap(({ columns }) => columns.filter(({ sources }) => sources.length === 0))
    .map((column) => column.value([]) as string);
}

function broadcast(
  inputs: readonly ColumnTensor[],
  type: ColumnTensor["type"],
  compute: (values: readonly Held[]) => Held,
  keys: readonly string[] = [],
): ColumnTensor | undefined {
  const rank = Math.max(...inputs.map(({ dims }) => dims.length));
  const padded = inputs.map(({ dims }) => [...Array<number>(rank - dims.length).fill(1), ...dims]);
  const dims = Array.from({ length: rank }, (_, i) => Math.max(...padded.map((shape) => shape[i]!)));
  if (padded.some((shape) => shape.some((dim, i) => dim !== dims[i] && dim !== 1))) return undefined;
  // A tensor [N] beside one [N, 1] would broadcast over the batch.
  const ofRows = inputs.filter(({ columns }) => columns.some(({ sources }) => sources.length > 0));
  if (new Set(ofRows.map((input) => input.dims.length)).size > 1) return undefined;
  const columns = Array.from({ length: size(dims) }, (_, flat): Column => {
    const from = inputs.map((input, i) => input.columns[sourceIndex(flat, dims, padded[i]!)]!);
    const column = derived(from, compute);
    return keys.length === 0 ? column : tellingApart(column, keys);
  });
  return { kind: "columns", type, dims, columns };
}

function sourceIndex(flat: number, dims: readonly number[], shape: readonly number[]): number {
  let index = 0;
  let stride = 1;
  let rest = flat;
  for (let i = dims.length - 1; i >= 0; i--) {
    const at = rest % dims[i]!;
    rest = Math.floor(rest / dims[i]!);
    if (shape[i] !== 1) index += at * stride;
    stride *= shape[i]!;
  }
  return index;
}

/** Of text only integers are read: how a float is written, or text is parsed, is the runtime's own affair. */
function cast(input: ColumnTensor, to: number): ColumnTensor | undefined {
  const fromText = input.type === "string";
  switch (to) {
    case 1:
      return fromText ? undefined : map(input, "float", (value) => Math.fround(value as number));
    case 11:
      return fromText ? undefined : map(input, "double", (value) => value);
    case 6:
    case 7:
      return fromText ? undefined : map(input, "int", (value) => Math.trunc(value as number));
    case 9:
      return fromText ? undefined : map(input, "bool", (value) => (value === 0 ? 0 : 1));
    case 8:
      if (fromText) return input;
      return input.type === "int" ? map(input, "string", (value) => String(value)) : undefined;
    default:
      return undefined;
  }
}
