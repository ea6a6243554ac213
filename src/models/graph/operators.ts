import protobuf from "protobufjs/light.js";

/**
 * Reads what an operator computes with: attributes and tensors, numbers included, which the loader of
 * `onnx-messages.ts` passes on untouched. Nothing here is written back.
 */
const SCHEMA = {
  nested: {
    ModelProto: { fields: { graph: { type: "GraphProto", id: 7 } } },
    GraphProto: {
      fields: {
        node: { rule: "repeated", type: "NodeProto", id: 1 },
        initializer: { rule: "repeated", type: "TensorProto", id: 5 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: "repeated", type: "string", id: 1 },
        output: { rule: "repeated", type: "string", id: 2 },
        opType: { type: "string", id: 4 },
        attribute: { rule: "repeated", type: "AttributeProto", id: 5 },
        domain: { type: "string", id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: "string", id: 1 },
        f: { type: "float", id: 2 },
        i: { type: "int64", id: 3 },
        s: { type: "bytes", id: 4 },
        t: { type: "TensorProto", id: 5 },
        floats: { rule: "repeated", type: "float", id: 7, options: { packed: false } },
        ints: { rule: "repeated", type: "int64", id: 8, options: { packed: false } },
        strings: { rule: "repeated", type: "bytes", id: 9 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: "repeated", type: "int64", id: 1, options: { packed: false } },
        dataType: { type: "int32", id: 2 },
        floatData: { rule: "repeated", type: "float", id: 4, options: { packed: true } },
        int32Data: { rule: "repeated", type: "int32", id: 5, options: { packed: true } },
        stringData: { rule: "repeated", type: "bytes", id: 6 },
        int64Data: { rule: "repeated", type: "int64", id: 7, options: { packed: true } },
        name: { type: "string", id: 8 },
        rawData: { type: "bytes", id: 9 },
        doubleData: { rule: "repeated", type: "double", id: 10, options: { packed: true } },
      },
    },
  },
};

type Int64 = number | { toNumber(): number };

interface TensorMessage {
  dims: Int64[];
  dataType: number;
  floatData: number[];
  int32Data: number[];
  stringData: Uint8Array[];
  int64Data: Int64[];
  name: string;
  rawData: Uint8Array;
  doubleData: number[];
}

interface AttributeMessage {
  name: string;
  f: number;
  i: Int64;
  s: Uint8Array;
  t?: TensorMessage | null;
  floats: number[];
  ints: Int64[];
  strings: Uint8Array[];
}

interface NodeMessage {
  input: string[];
  output: string[];
  opType: string;
  attribute: AttributeMessage[];
  domain: string;
}

/** What a number in a tensor is; integers and booleans are kept as numbers, exact up to 2^53. */
export type NumberType = "float" | "double" | "int" | "bool";

/** A tensor written into the graph, row-major. */
export interface ConstantTensor {
  type: NumberType | "string";
  dims: readonly number[];
  cells: readonly (number | string)[];
}

/** One operator of the graph with its attributes read. */
export class Operator {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #attributes: ReadonlyMap<string, AttributeMessage>;

  constructor(node: NodeMessage) {
    // Names of the two standard domains do not collide; others carry theirs.
    const standard = node.domain === "" || node.domain === "ai.onnx" || node.domain === "ai.onnx.ml";
    this.type = standard ? node.opType : `${node.domain}.${node.opType}`;
    this.inputs = node.input;
    this.outputs = node.output;
    this.#attributes = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string, absent: number): number {
    const attribute = this.#attributes.get(name);
    return attribute === undefined ? absent : toNumber(attribute.i);
  }

  float(name: string, absent: number): number {
    return this.#attributes.get(name)?.f ?? absent;
  }

  string(name: string, absent: string): string {
    const attribute = this.#attributes.get(name);
    return attribute === undefined ? absent : utf8(attribute.s);
  }

  floats(name: string): number[] {
    return this.#attributes.get(name)?.floats ?? [];
  }

  ints(name: string): number[] {
    return (this.#attributes.get(name)?.ints ?? []).map(toNumber);
  }

  strings(name: string): string[] {
    return (this.#attributes.get(name)?.strings ?? []).map(utf8);
  }

  tensor(name: string): ConstantTensor | undefined {
    const tensor = this.#attributes.get(name)?.t;
    return tensor ? readTensor(tensor) : undefined;
  }

  /** The numbers of a tensor attribute or, where an older operator set wrote a list, of that. */
  numbers(name: string): { double: boolean; cells: number[] } {
    const tensor = this.tensor(`${name}_as_tensor`) ?? this.tensor(name);
    if (tensor === undefined) return { double: false, cells: this.floats(name) };
    return { double: tensor.type === "double", cells: tensor.cells.map(Number) };
  }
}

export interface OperatorGraph {
  /** In an order in which each comes after what it reads, as ONNX demands. */
  operators: readonly Operator[];
  constants: ReadonlyMap<string, ConstantTensor>;
}

const graphType = protobuf.Root.fromJSON(SCHEMA).lookupType("ModelProto");

/** @param onnx bytes that `readGraph` accepted */
export function readOperators(onnx: Uint8Array): OperatorGraph {
  const { graph } = graphType.decode(onnx) as unknown as {
    graph: { node: NodeMessage[]; initializer: TensorMessage[] };
  };
  return {
    operators: graph.node.map((node) => new Operator(node)),
    constants: new Map(graph.initializer.map((tensor) => [tensor.name, readTensor(tensor)])),
  };
}

function readTensor(tensor: TensorMessage): ConstantTensor {
  return { dims: tensor.dims.map(toNumber), ...readCells(tensor) };
}

function readCells(tensor: TensorMessage): Pick<ConstantTensor, "type" | "cells"> {
  const { rawData } = tensor;
  // protobufjs leaves a plain empty array where nothing was written.
  const bytes = Uint8Array.from(rawData);
  const view = new DataView(bytes.buffer);
  const raw = (size: number, at: (offset: number) => number) =>
    Array.from({ length: Math.floor(rawData.length / size) }, (_, i) => at(i * size));
  const written = rawData.length > 0;
  switch (tensor.dataType) {
    case 1:
      return { type: "float", cells: written ? raw(4, (o) => view.getFloat32(o, true)) : tensor.floatData };
    case 11:
      return {
        type: "double",
        cells: written ? raw(8, (o) => view.getFloat64(o, true)) : tensor.doubleData,
      };
    case 7:
      return {
        type: "int",
        cells: written ? raw(8, (o) => Number(view.getBigInt64(o, true))) : tensor.int64Data.map(toNumber),
      };
    case 6:
      return { type: "int", cells: written ? raw(4, (o) => view.getInt32(o, true)) : tensor.int32Data };
    case 2:
      return { type: "int", cells: written ? [...rawData] : tensor.int32Data };
    case 9:
      return { type: "bool", cells: written ? [...rawData] : tensor.int32Data };
    case 8:
      return { type: "string", cells: tensor.stringData.map(utf8) };
    default:
      // An empty tensor fits no operator that reads it, so what depends on it stays unread.
      return { type: "float", cells: [] };
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function toNumber(value: Int64): number {
  return typeof value === "number" ? value : value.toNumber();
}
