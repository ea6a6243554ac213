import type { ModelStructure } from "../../explain/structure.ts";
import type { Binding } from "../binding.ts";
import { type ColumnTensor, constantColumns, rawColumn, unreadColumn } from "./columns.ts";
import { elementwise } from "./elementwise.ts";
import { ENCODERS } from "./encoders.ts";
import { type ConstantTensor, type Operator, readOperators } from "./operators.ts";
import {
  followed,
  linearTensor,
  productTensor,
  type ScoreTensor,
  scoresAsColumns,
  treeTensor,
  type Unread,
  unread,
} from "./scores.ts";
import { reshaped } from "./shapes.ts";

export type StructureReading =
  | { structure: ModelStructure }
  /** Nothing exact can be computed from this graph; in words for whoever asked for it. */
  | { reason: string };

type Tensor = ColumnTensor | ScoreTensor | Unread;

/**
 * Reads a graph as trees or a linear model over columns of its own making: follows every tensor from the inputs on,
 * column by column, until it holds scores, and what is done with the scores until the output.
 *
 * Raw columns are the contract's features, in its order. A graph that does anything else is no error: the reason
 * says what was met, and the model is then explained by evaluating it.
 * @param onnx what the runtime is given
 */
export function readStructure(
  onnx: Uint8Array,
  binding: Pick<Binding, "inputs" | "output">,
): StructureReading {
  let output: Tensor | undefined;
  try {
    output = readTensor(onnx, binding);
  } catch (error) {
    // A graph that the runtime takes but that is written in an unforeseen way must not keep its model from service.
    if (error instanceof TypeError || error instanceof RangeError)
      return { reason: "the graph is written in a way that is not followed" };
    throw error;
  }
  if (output === undefined) return { reason: "the output is computed from nothing that was read" };
  if (output.kind === "unread") return { reason: output.reason };
  if (output.kind === "columns") return { reason: "the output is no score of trees or of a linear model" };
  return { structure: output.structure };
}

/** What the output tensor holds, as far as it could be followed; undefined when it comes from no input. */
export function readTensor(
  onnx: Uint8Array,
  binding: Pick<Binding, "inputs" | "output">,
): Tensor | undefined {
  return readTensors(onnx, binding).get(binding.output);
}

/** What each tensor holds that is computed from the inputs, by name, inputs included. */
export function readTensors(onnx: Uint8Array, binding: Pick<Binding, "inputs">): ReadonlyMap<string, Tensor> {
  const { operators, constants } = readOperators(onnx);
  const tensors = new Map<string, Tensor>(binding.inputs.map((input) => [input.name, rawTensor(input)]));
  const fixed = new Map(constants);
  for (const operator of operators) {
    if (operator.type === "Constant") {
      const value = operator.tensor("value");
      if (value !== undefined) fixed.set(operator.outputs[0]!, value);
      continue;
    }
    const result = apply(operator, tensors, fixed);
    // A classifier's first output is its label, its second what it is computed from.
    const at = /Classifier$/.test(operator.type) ? 1 : 0;
    const name = operator.outputs[at];
    if (name !== undefined) tensors.set(name, result);
  }
  return tensors;
}

function rawTensor({ element, columns, rank }: Binding["inputs"][number]): ColumnTensor {
  const type = element === "int32" || element === "int64" ? "int" : element;
  const raw = columns.map((source) => rawColumn(source, type));
  return { kind: "columns", type, dims: rank === 1 ? [] : [columns.length], columns: raw };
}

function apply(
  operator: Operator,
  tensors: ReadonlyMap<string, Tensor>,
  fixed: ReadonlyMap<string, ConstantTensor>,
): Tensor {
  const inputs = operator.inputs.map((name) => tensors.get(name) ?? fixed.get(name));
  const broken = inputs.find((input): input is Unread => isKind(input, "unread"));
  if (broken !== undefined) return broken;
  const unknown = unread(`the graph's operator ${operator.type} is not followed`);

  const scores = inputs.filter((input): input is ScoreTensor => isKind(input, "scores"));
  if (scores.length === 1) {
    const other = inputs.find((input): input is ConstantTensor => input !== undefined && !("kind" in input));
    const rest = inputs.filter((input) => input !== scores[0] && input !== other);
    const next =
      rest.length === 0 ? followed(operator, scores[0]!, other, inputs[0] === scores[0]) : undefined;
    if (next !== undefined) return next;
  }
  const operands = inputs.map((input) =>
    isKind(input, "scores") ? scoresAsColumns(input as ScoreTensor) : input,
  ) as (ColumnTensor | ConstantTensor | undefined)[];
  const [first, second] = operands;
  if (!isTensor(first) && !operands.some(isTensor)) return unknown;

  if (isTensor(first)) {
    if (/^TreeEnsemble/.test(operator.type)) return treeTensor(operator, first);
    if (/^Linear(Classifier|Regressor)$/.test(operator.type)) return linearTensor(operator, first);
    if (/^(MatMul|Gemm)$/.test(operator.type)) {
      if (second === undefined || isTensor(second) || isTensor(operands[2])) return unknown;
      return productTensor(operator, first, second, operands[2]);
    }
    if (operator.type === "Normalizer") {
      const mixed = unreadColumn(first.columns, "the graph normalises columns by each other");
      return first.columns.length === 1 ? unknown : { ...first, columns: first.columns.map(() => mixed) };
    }
    const encode = ENCODERS[operator.type];
    if (encode !== undefined) return encode(operator, first) ?? unknown;
  }
  const ints = (input: number, attribute: string) => {
    const operand = operands[input];
    if (operand !== undefined && !isTensor(operand)) return operand.cells.map(Number);
    return operator.has(attribute) ? operator.ints(attribute) : undefined;
  };
  const present = operands.filter((operand) => operand !== undefined);
  const moved = reshaped(operator, present, ints);
  if (moved !== undefined) return moved;
  const columns = present.map((operand) => (isTensor(operand) ? operand : constantColumns(operand)));
  if (columns.some((operand) => operand === undefined)) return unknown;
  return elementwise(operator, columns as ColumnTensor[]) ?? unknown;
}

function isKind(value: Tensor | ConstantTensor | undefined, kind: Tensor["kind"]): boolean {
  return value !== undefined && "kind" in value && value.kind === kind;
}

function isTensor(value: ColumnTensor | ConstantTensor | undefined): value is ColumnTensor {
  return value !== undefined && "kind" in value;
}
