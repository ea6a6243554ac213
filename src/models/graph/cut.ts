import type { Binding } from "../binding.ts";
import {
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "../onnx-messages.ts";
import { readTensors } from "./read-structure.ts";

/** A tensor at which a graph can be cut: each of its columns is computed from one raw feature alone. */
export interface CutTensor {
  name: string;
  /** For each column of a row, flattened, the raw feature that it is computed from; −1 for a constant. */
  owners: readonly number[];
}

/** Names and element types (onnx.proto's `TensorProto.DataType`) of what enters the graph behind a cut. */
export type EnteringTypes = ReadonlyMap<string, number>;

/**
 * Where column-wise preprocessing ends. Transforming rows and then mixing their columns gives what mixing rows and
 * then transforming them gives, so the part in front of the cut runs once for the explained row and once for each
 * background row, and hybrids enter behind it.
 */
export interface GraphCut {
  tensors: readonly CutTensor[];
  /** Raw inputs → the tensors that are no raw input themselves. */
  front: Uint8Array;
  /** The tensors → the output. */
  behind(types: EnteringTypes): Uint8Array;
}

/**
 * The last tensors whose columns depend on one feature each; undefined when nothing is in front of the model, or what
 * is there mixes columns, or the graph cannot be followed that far.
 *
 * Operators are followed for what depends on what, not for their values: those the runtime computes.
 * @param onnx what the runtime is given
 */
export function cutGraph(
  onnx: Uint8Array,
  binding: Pick<Binding, "inputs" | "output">,
): GraphCut | undefined {
  let owners: ReadonlyMap<string, readonly number[]>;
  let graph: GraphProto;
  try {
    owners = separableTensors(onnx, binding);
    graph = decodeModel(onnx).graph!;
  } catch (error) {
    // A graph that is written in an unforeseen way is evaluated whole.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
  const raw = new Set(binding.inputs.map(({ name }) => name));
  const needed = producersOf(graph, [binding.output]);
  const inFront = (node: NodeProto) =>
    node.output.length === 1 && owners.has(node.output[0]!) && !raw.has(node.output[0]!);
  const behind = needed.filter((node) => !inFront(node));
  const entering = new Set(behind.flatMap(({ input }) => input).filter((name) => owners.has(name)));
  const made = [...entering].filter((name) => !raw.has(name));
  if (behind.length === 0 || made.length === 0) return undefined;
  const front = producersOf(graph, made);
  // What a constant is made of has no feature behind it and may stand on either side.
  if (!front.every((node) => node.input.length === 0 || inFront(node))) return undefined;
  return {
    tensors: [...entering].map((name) => ({ name, owners: owners.get(name)! })),
    front: partOf(onnx, front, (part) => {
      part.output = made.map((name) => ({ name }));
    }),
    behind: (types) =>
      partOf(onnx, behind, (part) => {
        part.input = [...entering].map((name) => ({
          name,
          type: { tensorType: { elemType: types.get(name)! } },
        }));
        part.output = part.output.filter(({ name }) => name === binding.output);
      }),
  };
}

/** → tensor to its columns' owners, for those that are computed from the inputs one feature a column. */
function separableTensors(
  onnx: Uint8Array,
  binding: Pick<Binding, "inputs" | "output">,
): Map<string, readonly number[]> {
  const separable = new Map<string, readonly number[]>();
  for (const [name, tensor] of readTensors(onnx, binding)) {
    if (tensor.kind !== "columns" || tensor.columns.some(({ sources }) => sources.length > 1)) continue;
    separable.set(
      name,
      tensor.columns.map(({ sources }) => sources[0] ?? -1),
    );
  }
  return separable;
}

/** The nodes that these tensors are computed by, in the graph's order. */
function producersOf(graph: GraphProto, names: readonly string[]): NodeProto[] {
  const wanted = new Set(names);
  const found: NodeProto[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => wanted.has(name))) continue;
    found.push(node);
    for (const name of node.input) wanted.add(name);
  }
  return found.reverse();
}

/** A copy of the model with these nodes and what they read. */
function partOf(
  onnx: Uint8Array,
  nodes: readonly NodeProto[],
  edit: (graph: GraphProto) => void,
): Uint8Array {
  const model: ModelProto = decodeModel(onnx);
  const graph = model.graph!;
  const outputs = new Set(nodes.flatMap(({ output }) => output));
  const read = new Set(nodes.flatMap(({ input }) => input));
  graph.node = graph.node.filter(({ output }) => output.some((name) => outputs.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => read.has(name));
  graph.input = graph.input.filter(({ name }) => read.has(name));
  edit(graph);
  return encodeModel(model);
}
