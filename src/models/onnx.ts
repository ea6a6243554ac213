import {
  type AttributeProto,
  decodeModel,
  encodeModel,
  type GraphProto,
  type Int64,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./onnx-messages.ts";
import { invalid, refuseFaults } from "./package-faults.ts";

export type ElementType = "float" | "double" | "int32" | "int64" | "string";

/** A tensor that goes into the graph or comes out of it. */
export interface GraphValue {
  name: string;
  /** Undefined for tensors of a type that Motivo does not feed or read, and for what is no tensor. */
  element: ElementType | undefined;
  /** Undefined where a dimension is free; the whole undefined where the exporter wrote no shape. */
  dims: readonly (number | undefined)[] | undefined;
}

export interface OnnxGraph {
  /** What onnxruntime is given: the file as it is or, with a ZipMap in it, without. */
  runnable: Uint8Array;
  /** Without those that an initializer fills. */
  inputs: readonly GraphValue[];
  outputs: readonly GraphValue[];
  /** Lists of class names met on the way up from the outputs, nearest first; integers as decimal text. */
  classLists: readonly (readonly string[])[];
  /** Whether a node holds a graph of its own, as loops and branches do: then a row may take longer than another. */
  branches: boolean;
}

const ELEMENTS: Readonly<Record<number, ElementType>> = {
  1: "float",
  6: "int32",
  7: "int64",
  8: "string",
  11: "double",
};
const EXTERNAL = 1;

/**
 * Reads the graph of `model.onnx` (ONNX IR, any version).
 *
 * A ZipMap turns probabilities into a list of maps, which onnxruntime-node cannot return, and scikit-learn's,
 * LightGBM's and CatBoost's exporters add one by default: it is taken off, and the tensor before it becomes the
 * output. Throws `invalid_package` for bytes that are no ONNX model and for weights kept in other files, which a
 * package of one model file cannot have and which would make the runtime open a path that the model chose.
 */
export function readGraph(onnx: Uint8Array): OnnxGraph {
  let model: ModelProto;
  try {
    model = decodeModel(onnx);
  } catch {
    model = {};
  }
  const { graph } = model;
  if (!graph || graph.node.length === 0) refuseFaults([invalid("/model.onnx", "is not an ONNX model")]);
  if (hasExternalTensor(graph!)) {
    refuseFaults([invalid("/model.onnx", "must hold its weights itself, not in other files")]);
  }
  const zipMaps = graph!.node.filter(isZipMap);
  if (zipMaps.length > 0) takeOff(graph!, zipMaps);

  const filled = new Set(graph!.initializer.map(({ name }) => name));
  return {
    runnable: zipMaps.length > 0 ? encodeModel(model) : onnx,
    inputs: graph!.input.filter(({ name }) => !filled.has(name)).map(readValue),
    outputs: graph!.output.map(readValue),
    branches: graph!.node.some(({ attribute }) => attribute.some(({ g, graphs }) => g || graphs.length > 0)),
    classLists: [...zipMaps.flatMap(classAttributes), ...classListsAbove(graph!)],
  };
}

function isZipMap({ opType, domain }: NodeProto): boolean {
  return opType === "ZipMap" && domain === "ai.onnx.ml";
}

/** Leaves the graph as it would have been exported without ZipMap. */
function takeOff(graph: GraphProto, zipMaps: readonly NodeProto[]): void {
  graph.node = graph.node.filter((node) => !zipMaps.includes(node));
  const tensorBehind = new Map(zipMaps.map(({ input, output }) => [output[0]!, input[0]!]));
  const outputs: ValueInfoProto[] = [];
  for (const output of graph.output) {
    const tensor = tensorBehind.get(output.name);
    const kept = tensor === undefined ? output : floatMatrix(tensor);
    if (!outputs.some(({ name }) => name === kept.name)) outputs.push(kept);
  }
  graph.output = outputs;
}

function floatMatrix(name: string): ValueInfoProto {
  // ZipMap takes a float tensor [N, classes] and nothing else (ai.onnx.ml operators, ZipMap-1).
  return { name, type: { tensorType: { elemType: 1, shape: { dim: [{}, {}] } } } };
}

function readValue({ name, type }: ValueInfoProto): GraphValue {
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim.map(({ dimValue }) => {
    const size = dimValue === undefined || dimValue === null ? 0 : toNumber(dimValue);
    return size > 0 ? size : undefined;
  });
  return { name, element: tensor ? ELEMENTS[tensor.elemType] : undefined, dims };
}

function hasExternalTensor(graph: GraphProto): boolean {
  const external = (tensor: TensorProto | null | undefined) => tensor?.dataLocation === EXTERNAL;
  const within = ({ t, tensors, g, graphs }: AttributeProto) =>
    external(t) || tensors.some(external) || [...graphs, ...(g ? [g] : [])].some(hasExternalTensor);
  return graph.initializer.some(external) || graph.node.some(({ attribute }) => attribute.some(within));
}

/**
 * Class names on the paths that lead to the outputs, labels first: in a classifier's `classlabels_…`, or in the
 * initializer that an ArrayFeatureExtractor picks the label from, as skl2onnx writes networks.
 */
function classListsAbove(graph: GraphProto): string[][] {
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const isLabel = (value: ValueInfoProto) => [6, 7, 8].includes(value.type?.tensorType?.elemType ?? 0);
  const starts = [...graph.output.filter(isLabel), ...graph.output.filter((value) => !isLabel(value))];

  const lists: string[][] = [];
  const queue = starts.map(({ name }) => name);
  const seen = new Set(queue);
  for (let at = 0; at < queue.length; at++) {
    const node = producers.get(queue[at]!);
    if (node === undefined) continue;
    lists.push(...classAttributes(node));
    const picked = node.opType === "ArrayFeatureExtractor" ? initializers.get(node.input[0]!) : undefined;
    if (picked !== undefined) lists.push(tensorNames(picked));
    for (const name of node.input) {
      if (seen.has(name)) continue;
      seen.add(name);
      queue.push(name);
    }
  }
  return lists.filter((list) => list.length > 0);
}

function classAttributes({ attribute }: NodeProto): string[][] {
  return attribute
    .filter(({ name }) => /^classlabels_(strings|int64s|ints)$/.test(name))
    .map(({ strings, ints }) =>
      strings.length > 0 ? strings.map(utf8) : ints.map((i) => String(toNumber(i))),
    )
    .filter((list) => list.length > 0);
}

function tensorNames({ dataType, stringData, int32Data, int64Data, rawData }: TensorProto): string[] {
  switch (ELEMENTS[dataType]) {
    case "string":
      return stringData.map(utf8);
    case "int32":
    case "int64": {
      const size = ELEMENTS[dataType] === "int64" ? 8 : 4;
      if (rawData.length === 0) return [...int32Data, ...int64Data].map((i) => String(toNumber(i)));
      const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
      return Array.from({ length: Math.floor(rawData.length / size) }, (_, i) =>
        String(size === 8 ? view.getBigInt64(i * 8, true) : view.getInt32(i * 4, true)),
      );
    }
    default:
      return [];
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function toNumber(value: Int64): number {
  return typeof value === "number" ? value : value.toNumber();
}
