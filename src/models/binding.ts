import type { Fault } from "../errors.ts";
import type { Contract, Feature } from "./contract.ts";
import type { ElementType, GraphValue, OnnxGraph } from "./onnx.ts";
import { invalid, pointerTo } from "./package-faults.ts";

/** One tensor to feed: `columns` are indexes into the contract's features. */
export interface InputBinding {
  name: string;
  element: ElementType;
  columns: readonly number[];
  /** 1 for a tensor of shape [N], 2 for [N, columns]. */
  rank: 1 | 2;
}

/** How rows become tensors and which tensor is the answer; plain values, sent to the worker as they are. */
export interface Binding {
  inputs: readonly InputBinding[];
  output: string;
  /** 1 when the exporter fixed the number of rows to one; undefined when any number may go in at once. */
  rowsPerRun: 1 | undefined;
}

/**
 * Matches the contract's features with the graph's inputs: one input per column, by name in any order, or one
 * matrix, in the contract's order. All faults are collected.
 */
export function bindGraph(
  contract: Pick<Contract, "features" | "output">,
  graph: OnnxGraph,
): { binding: Binding | undefined; faults: Fault[] } {
  const { bound, faults } = bindInputs(contract.features, graph.inputs);
  const output = chooseOutput(contract.output.kind, graph.outputs);
  if (typeof output !== "string") faults.push(output);
  const rows = new Set(graph.inputs.map(({ dims }) => dims?.[0]));
  if ([...rows].some((count) => count !== undefined && count !== 1)) {
    faults.push(
      invalid("/model.onnx", "takes a fixed number of rows; export it with a free batch dimension"),
    );
  }
  if (faults.length > 0 || typeof output !== "string") return { binding: undefined, faults };
  return { binding: { inputs: bound, output, rowsPerRun: rows.has(1) ? 1 : undefined }, faults };
}

type Bound = { bound: InputBinding[]; faults: Fault[] };

function bindInputs(features: readonly Feature[], inputs: readonly GraphValue[]): Bound {
  const [only] = inputs;
  const named = only !== undefined && features.some(({ name }) => name === only.name);
  if (inputs.length === 1 && !(features.length === 1 && named)) return bindMatrix(features, only!);
  return bindColumns(features, inputs);
}

function bindColumns(features: readonly Feature[], inputs: readonly GraphValue[]): Bound {
  const faults: Fault[] = [];
  const bound: InputBinding[] = [];
  for (const input of inputs) {
    const column = features.findIndex(({ name }) => name === input.name);
    const width = input.dims?.[1];
    if (column === -1) {
      faults.push(invalid("/features", `the model's input "${input.name}" is no feature of the contract`));
    } else if (input.dims !== undefined && (input.dims.length > 2 || (width !== undefined && width !== 1))) {
      faults.push(
        invalid(pointerTo("features", column), `the model's input "${input.name}" is no single column`),
      );
    } else {
      const fault = typeFault(features[column]!, column, input);
      if (fault !== undefined) faults.push(fault);
      else bound.push({ ...bindingOf(input), columns: [column] });
    }
  }
  features.forEach(({ name }, i) => {
    if (inputs.some((input) => input.name === name)) return;
    faults.push(invalid(pointerTo("features", i, "name"), `the model has no input "${name}"`));
  });
  return { bound, faults };
}

function bindMatrix(features: readonly Feature[], input: GraphValue): Bound {
  const width = input.dims?.[1];
  if (
    input.dims !== undefined &&
    (input.dims.length !== 2 || (width !== undefined && width !== features.length))
  ) {
    const shape = input.dims.map((size) => size ?? "N").join(" × ");
    const detail = `the model takes one tensor ${shape}, the contract has ${features.length} features`;
    return { bound: [], faults: [invalid("/features", detail)] };
  }
  const faults = features.flatMap((feature, i) => typeFault(feature, i, input) ?? []);
  return { bound: [{ ...bindingOf(input), rank: 2, columns: features.map((_, i) => i) }], faults };
}

function bindingOf({ name, element, dims }: GraphValue): Omit<InputBinding, "columns"> {
  return { name, element: element!, rank: dims?.length === 1 ? 1 : 2 };
}

/** Words go into string tensors and numbers into numeric ones; a number with a fraction into no integer one. */
function typeFault(feature: Feature, column: number, { name, element }: GraphValue): Fault | undefined {
  const at = pointerTo("features", column, "type");
  if (element === undefined) {
    return invalid(at, `the model's input "${name}" is of a type that Motivo does not feed`);
  }
  const words = feature.type === "category" || feature.type === "text";
  if (words !== (element === "string")) {
    return invalid(at, `feature "${feature.name}" is ${feature.type}, the model's input is ${element}`);
  }
  if (feature.type === "number" && element.startsWith("int")) {
    return invalid(at, `feature "${feature.name}" must be an integer: the model's input is ${element}`);
  }
  return undefined;
}

/** The name of the tensor that holds probabilities or the value, or why there is none. */
export function chooseOutput(
  kind: Contract["output"]["kind"],
  outputs: readonly GraphValue[],
): string | Fault {
  const real = outputs.filter(({ element }) => element === "float" || element === "double");
  const what = kind === "regression" ? "value" : "probabilities";
  if (real.length === 0) {
    return invalid(
      "/model.onnx",
      `has no output of real numbers: a label without ${what} cannot be explained`,
    );
  }
  for (const candidates of [real, real.filter(({ name }) => /prob/i.test(name))]) {
    if (candidates.length === 1) return candidates[0]!.name;
  }
  return invalid("/model.onnx", `has several outputs of real numbers and none is clearly the ${what}`);
}
