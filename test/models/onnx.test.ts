import { expect, test } from "vitest";
import { readGraph } from "../../src/models/onnx.ts";
import { decodeModel, encodeModel } from "../../src/models/onnx-messages.ts";
import { FREE_TEXT, filesOf, fixture, GERMAN_CREDIT } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

test("the German Credit graph has an input for each column, strings as typed", () => {
  const { inputs, outputs, classLists } = readGraph(filesOf(GERMAN_CREDIT)["model.onnx"]!);
  expect(inputs).toHaveLength(20);
  expect(inputs.slice(0, 2)).toEqual([
    { name: "checking_account", element: "string", dims: [undefined, 1] },
    { name: "duration_months", element: "float", dims: [undefined, 1] },
  ]);
  expect(outputs.map(({ name }) => name)).toEqual(["label", "probabilities"]);
  expect(classLists[0]).toEqual(["bad", "good"]);
});

test("a graph without ZipMap is run as it was handed over", () => {
  const onnx = fixture("regressor-float-matrix");
  expect(readGraph(onnx).runnable).toBe(onnx);
});

test("ZipMap is taken off: the tensor before it is the output, and its class names are kept", () => {
  const { runnable, outputs, classLists } = readGraph(fixture("classifier-zipmap"));
  expect(outputs.at(-1)).toEqual({ name: "probabilities", element: "float", dims: [undefined, undefined] });
  expect(classLists[0]).toEqual(["high", "low", "middle"]);
  expect(decodeModel(runnable).graph!.node.map(({ opType }) => opType)).not.toContain("ZipMap");
  // Reading the result again finds nothing left to take off.
  expect(readGraph(runnable).runnable).toBe(runnable);
});

test("what is read and written back loses no field, known or not", () => {
  const onnx = filesOf(FREE_TEXT)["model.onnx"]!;
  const before = fieldsOf(decodeModel(onnx));
  expect(fieldsOf(decodeModel(encodeModel(decodeModel(onnx)))).sort()).toEqual(before.sort());
  // Operator sets, attribute types and floats are among what the schema here does not name.
  expect(before.filter((field) => field.includes("$unknowns")).length).toBeGreaterThan(50);
});

/** Every field of a message that is not empty, with its path; protobuf has no other way to say "empty". */
function fieldsOf(value: unknown, path = ""): string[] {
  if (value instanceof Uint8Array)
    return value.length > 0 ? [`${path}=${Buffer.from(value).toString("hex")}`] : [];
  if (typeof value !== "object" || value === null)
    return value === "" || value === 0 ? [] : [`${path}=${value}`];
  return Reflect.ownKeys(value)
    .filter((key) => key !== "length")
    .flatMap((key) => fieldsOf(Reflect.get(value, key), `${path}/${String(key)}`));
}

test("integer class names are decimal text, with ZipMap and without", () => {
  expect(readGraph(fixture("classifier-string-matrix")).classLists[0]).toEqual(["0", "1"]);
  expect(readGraph(fixture("classifier-int64-columns")).classLists[0]).toEqual(["0", "1"]);
});

test("a network's class names are found behind ArrayFeatureExtractor", () => {
  expect(readGraph(fixture("classifier-mlp-strings")).classLists).toContainEqual(["high", "low", "middle"]);
});

test("weights in another file are refused before the runtime could open a path", async () => {
  const problem = await refusal(() => readGraph(fixture("external-weights")));
  expect(problem.code).toBe("invalid_package");
});

test.each([
  ["nothing", new Uint8Array()],
  ["text", new TextEncoder().encode("this is no model")],
  ["half a model", filesOf(FREE_TEXT)["model.onnx"]!.slice(0, 900)],
  ["a length without end", Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ["graphs in graphs without end", nested(5000)],
])("%s is no ONNX model", async (_, bytes) => {
  const problem = await refusal(() => readGraph(bytes));
  expect(problem.code).toBe("invalid_package");
  expect(pointers(problem)).toEqual(["/model.onnx"]);
});

/** model { graph { node { attribute { g { node { attribute { g { … */
function nested(depth: number): Uint8Array {
  let bytes: Uint8Array = new Uint8Array();
  const wrap = (tag: number, inner: Uint8Array) => {
    const length: number[] = [];
    for (let rest = inner.length; ; rest >>>= 7) {
      length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    return Uint8Array.from([tag, ...length, ...inner]);
  };
  for (let i = 0; i < depth / 50; i++) bytes = wrap(0x0a, wrap(0x2a, wrap(0x32, bytes)));
  return wrap(0x3a, bytes);
}
