import protobuf from "protobufjs/light.js";

/**
 * The part of onnx.proto (ONNX, Apache-2.0) that Motivo reads. Fields that are not named here survive an edit:
 * the reader is told to keep what it does not know, and it is written back.
 */
const SCHEMA = {
  nested: {
    ModelProto: {
      fields: { graph: { type: "GraphProto", id: 7 } },
    },
    GraphProto: {
      fields: {
        node: { rule: "repeated", type: "NodeProto", id: 1 },
        name: { type: "string", id: 2 },
        initializer: { rule: "repeated", type: "TensorProto", id: 5 },
        input: { rule: "repeated", type: "ValueInfoProto", id: 11 },
        output: { rule: "repeated", type: "ValueInfoProto", id: 12 },
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
        t: { type: "TensorProto", id: 5 },
        g: { type: "GraphProto", id: 6 },
        ints: { rule: "repeated", type: "int64", id: 8, options: { packed: false } },
        strings: { rule: "repeated", type: "bytes", id: 9 },
        tensors: { rule: "repeated", type: "TensorProto", id: 10 },
        graphs: { rule: "repeated", type: "GraphProto", id: 11 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: "repeated", type: "int64", id: 1, options: { packed: false } },
        dataType: { type: "int32", id: 2 },
        int32Data: { rule: "repeated", type: "int32", id: 5, options: { packed: true } },
        stringData: { rule: "repeated", type: "bytes", id: 6 },
        int64Data: { rule: "repeated", type: "int64", id: 7, options: { packed: true } },
        name: { type: "string", id: 8 },
        rawData: { type: "bytes", id: 9 },
        dataLocation: { type: "int32", id: 14 },
      },
    },
    ValueInfoProto: {
      fields: { name: { type: "string", id: 1 }, type: { type: "TypeProto", id: 2 } },
    },
    TypeProto: {
      fields: { tensorType: { type: "TensorTypeProto", id: 1 } },
    },
    TensorTypeProto: {
      fields: { elemType: { type: "int32", id: 1 }, shape: { type: "TensorShapeProto", id: 2 } },
    },
    TensorShapeProto: {
      fields: { dim: { rule: "repeated", type: "DimensionProto", id: 1 } },
    },
    DimensionProto: {
      fields: { dimValue: { type: "int64", id: 1 }, dimParam: { type: "string", id: 2 } },
    },
  },
};

/** int64 as protobufjs gives it: a Long where that package is installed, else a number. */
export type Int64 = number | { toNumber(): number };

export interface TensorProto {
  dims: Int64[];
  dataType: number;
  int32Data: number[];
  stringData: Uint8Array[];
  int64Data: Int64[];
  name: string;
  rawData: Uint8Array;
  dataLocation: number;
}

export interface AttributeProto {
  name: string;
  t?: TensorProto | null;
  g?: GraphProto | null;
  ints: Int64[];
  strings: Uint8Array[];
  tensors: TensorProto[];
  graphs: GraphProto[];
}

export interface NodeProto {
  input: string[];
  output: string[];
  opType: string;
  attribute: AttributeProto[];
  domain: string;
}

export interface ValueInfoProto {
  name: string;
  type?: {
    /** Null or absent for a sequence, a map or another type that is no tensor. */
    tensorType?: {
      elemType: number;
      shape?: { dim: { dimValue?: Int64 | null; dimParam?: string | null }[] } | null;
    } | null;
  } | null;
}

export interface GraphProto {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

export interface ModelProto {
  graph?: GraphProto | null;
}

const modelType = protobuf.Root.fromJSON(SCHEMA).lookupType("ModelProto");

/** Throws protobufjs' errors on bytes that are no protobuf message, and on one nested more than 100 deep. */
export function decodeModel(onnx: Uint8Array): ModelProto {
  const reader = protobuf.Reader.create(onnx);
  reader.discardUnknown = false;
  return modelType.decode(reader) as unknown as ModelProto;
}

export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(model).finish();
}
