import { type Column, type ColumnTensor, type Held, mapped, rounded } from "./columns.ts";
import type { Operator } from "./operators.ts";

type Encoder = (operator: Operator, input: ColumnTensor) => ColumnTensor | undefined;

/** The column-wise operators of ai.onnx.ml. Undefined: a form of the operator that is not read. */
export const ENCODERS: Readonly<Record<string, Encoder>> = {
  Scaler: scale,
  Imputer: impute,
  OneHotEncoder: oneHot,
  LabelEncoder: label,
  Binarizer: (operator, input) => {
    const threshold = operator.float("threshold", 0);
    return each(input, input.type, (value) => ((value as number) > threshold ? 1 : 0));
  },
};

function each(
  input: ColumnTensor,
  type: ColumnTensor["type"],
  compute: (value: Held, index: number) => Held,
  keys?: Iterable<string>,
): ColumnTensor {
  const columns = input.columns.map((column, i) => mapped(column, (value) => compute(value, i), keys));
  return { ...input, type, columns };
}

/** (x − offset) · scale, each step in float32, for doubles in float64 and rounded at the end. */
function scale(operator: Operator, input: ColumnTensor): ColumnTensor | undefined {
  if (input.type === "string") return undefined;
  const width = input.dims.at(-1) ?? 1;
  const spread = (numbers: readonly number[], absent: number) =>
    Array.from({ length: width }, (_, i) => (numbers.length === 1 ? numbers[0]! : (numbers[i] ?? absent)));
  const offset = spread(operator.floats("offset"), 0);
  const factor = spread(operator.floats("scale"), 1);
  const step = input.type === "double" ? (x: number) => x : Math.fround;
  return each(input, "float", (value, i) => {
    const at = i % width;
    return Math.fround(step(step(value as number) - offset[at]!) * factor[at]!);
  });
}

function impute(operator: Operator, input: ColumnTensor): ColumnTensor | undefined {
  if (input.type === "string") return undefined;
  const whole = operator.has("imputed_value_int64s");
  const imputed = whole ? operator.ints("imputed_value_int64s") : operator.floats("imputed_value_floats");
  if (imputed.length === 0) return undefined;
  const replaced = whole
    ? operator.int("replaced_value_int64", 0)
    : operator.float("replaced_value_float", 0);
  const width = input.dims.at(-1) ?? 1;
  const missing = Number.isNaN(replaced) ? Number.isNaN : (value: number) => value === replaced;
  return each(input, input.type, (value, i) =>
    missing(value as number) ? imputed[imputed.length === 1 ? 0 : i % width]! : value,
  );
}

/** One more dimension, of categories: 1 where the value is the category. Numbers are truncated to integers. */
function oneHot(operator: Operator, input: ColumnTensor): ColumnTensor | undefined {
  const strings = operator.strings("cats_strings");
  const categories: readonly Held[] = strings.length > 0 ? strings : operator.ints("cats_int64s");
  if (categories.length === 0 || strings.length > 0 !== (input.type === "string")) return undefined;
  const columns = input.columns.flatMap((column) =>
    categories.map((category): Column => {
      if (typeof category === "string")
        return mapped(column, (value) => (value === category ? 1 : 0), strings);
      return mapped(column, (value) => (Math.trunc(value as number) === category ? 1 : 0));
    }),
  );
  return { kind: "columns", type: "float", dims: [...input.dims, categories.length], columns };
}

const KINDS = ["strings", "int64s", "floats", "tensor"] as const;

function label(operator: Operator, input: ColumnTensor): ColumnTensor | undefined {
  const classes = operator.strings("classes_strings");
  if (classes.length > 0) {
    // Operator set 1: a class's place in the list.
    if (input.type !== "string") return undefined;
    const absent = operator.int("default_int64", -1);
    const places = new Map(classes.map((name, i) => [name, i]));
    return each(input, "int", (value) => places.get(value as string) ?? absent, classes);
  }
  const listed = (what: string): { kind: string; cells: readonly Held[] } | undefined => {
    const kind = KINDS.find((each) => operator.has(`${what}_${each}`));
    if (kind === "strings") return { kind, cells: operator.strings("keys_strings") };
    if (kind === undefined) return undefined;
    const cells =
      kind === "int64s"
        ? operator.ints(`${what}_int64s`)
        : kind === "floats"
          ? operator.floats(`${what}_floats`)
          : operator.tensor(`${what}_tensor`)!.cells;
    return { kind, cells };
  };
  const keys = listed("keys");
  const values =
    KINDS.find((each) => operator.has(`values_${each}`)) === "strings"
      ? { kind: "strings", cells: operator.strings("values_strings") }
      : listed("values");
  if (keys === undefined || values === undefined || keys.cells.length !== values.cells.length)
    return undefined;
  const type = typeOf(operator, values.kind);
  const map = new Map(keys.cells.map((key, i) => [key, values.cells[i]!]));
  const absent = defaultOf(operator, type);
  const told = keys.cells.filter((key): key is string => typeof key === "string");
  return each(input, type, (value) => map.get(value) ?? absent, told);
}

function typeOf(operator: Operator, kind: string): ColumnTensor["type"] {
  if (kind === "strings") return "string";
  if (kind === "int64s") return "int";
  return kind === "floats" ? "float" : operator.tensor("values_tensor")!.type;
}

function defaultOf(operator: Operator, type: ColumnTensor["type"]): Held {
  const tensor = operator.tensor("default_tensor");
  if (tensor !== undefined) return tensor.cells[0]!;
  if (type === "string") return operator.string("default_string", "_Unused");
  if (type === "int") return operator.int("default_int64", -1);
  return rounded(type, operator.float("default_float", -0));
}
