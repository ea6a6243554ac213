import { readFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";
import { expect, test } from "vitest";
import type { Cell } from "../../../src/explain/game.ts";
import type { Binding } from "../../../src/models/binding.ts";
import { readTensor } from "../../../src/models/graph/read-structure.ts";
import { readGraph } from "../../../src/models/onnx.ts";
import { tensorsOf } from "../../../src/models/row-tensors.ts";

const file = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

test("imputer, scaler, one-hot, ordinal and integers come out with the runtime's own bits", async () => {
  const onnx = new Uint8Array(file("columns-alone.onnx"));
  const graph = readGraph(onnx);
  const rows = file("columns-alone.jsonl")
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as (Cell | null)[]).map((cell) => cell ?? Number.NaN));
  const inputs = graph.inputs.map(({ name, element }, column): Binding["inputs"][number] => ({
    name,
    element: element!,
    columns: [column],
    rank: 2,
  }));
  const output = graph.outputs[0]!.name;
  const tensor = readTensor(graph.runnable, { inputs, output });
  if (tensor?.kind !== "columns") throw new Error("not read as columns");

  const session = await InferenceSession.create(onnx);
  const binding: Binding = { inputs, output, rowsPerRun: undefined };
  const { [output]: computed } = await session.run(
    tensorsOf(binding, rows.length, (column, row) => rows[row]![column]!),
  );
  const ours = Float32Array.from(rows.flatMap((row) => tensor.columns.map((c) => c.value(row) as number)));
  expect(tensor.columns.length).toBe(11);
  expect(ours.some((value) => value !== Math.trunc(value))).toBe(true);
  expect(new Uint32Array(ours.buffer)).toEqual(
    new Uint32Array((computed!.data as Float32Array).slice().buffer),
  );
  await session.release();
});

test("each transformed column knows the raw columns that it comes from", () => {
  const onnx = new Uint8Array(file("columns-alone.onnx"));
  const graph = readGraph(onnx);
  const inputs = graph.inputs.map(({ name, element }, column): Binding["inputs"][number] => ({
    name,
    element: element!,
    columns: [column],
    rank: 2,
  }));
  const tensor = readTensor(onnx, { inputs, output: graph.outputs[0]!.name });
  if (tensor?.kind !== "columns") throw new Error("not read as columns");
  // Two scaled numbers, four purposes, three regions, a grade, a count of children.
  expect(tensor.columns.map(({ sources }) => sources)).toEqual(
    [0, 1, 2, 2, 2, 2, 5, 5, 5, 3, 4].map((source) => [source]),
  );
});
