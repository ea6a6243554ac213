import { expect, test } from "vitest";
import type { Cell } from "../../src/explain/game.ts";
import type { ModelStructure } from "../../src/explain/structure.ts";
import { sampleFaults } from "../../src/models/sample-check.ts";

/** 2u, or as the graph is read: 2u but for one row. */
const structure = (weigh: (row: readonly Cell[]) => number): ModelStructure => ({
  scores: {
    kind: "linear",
    columns: [{ sources: [0], value: weigh }],
    weights: [[2]],
    bias: [0],
  },
  mix: [[1]],
  shift: [0],
  post: [],
});
const predictorReading = (weigh: (row: readonly Cell[]) => number) => ({
  outputs: ["value"],
  reading: { structure: structure(weigh) },
  predictRows: async (rows: readonly (readonly Cell[])[]) => Float64Array.from(rows, ([u]) => 2 * Number(u)),
});
const samples = { samples: { file: "samples.csv", columns: { value: "expected" } } } as const;
const rows = [[1], [2], [300_000]];
const expected = { expected: [2, 4, 600_000.05] };

test("a graph that is read otherwise than the runtime computes it is refused by its rows", async () => {
  const misread = predictorReading(([u]) => (u === 2 ? 2.001 : Number(u)));
  const faults = await sampleFaults(samples, misread, rows, expected);
  expect(faults.map(({ pointer }) => pointer)).toEqual(["/samples.csv/3/expected"]);
});

test("what float32 sums may differ by is none, at any size of the answer", async () => {
  const read = predictorReading(([u]) => Number(u) * (1 + 1e-7));
  expect(await sampleFaults(samples, read, rows, expected)).toEqual([]);
});

test("the runtime's own difference is told first, once a row", async () => {
  const misread = predictorReading(([u]) => (u === 2 ? 2.001 : Number(u)));
  const faults = await sampleFaults(samples, misread, rows, { expected: [2, 4.1, 600_000] });
  expect(faults.map(({ pointer }) => pointer)).toEqual(["/samples.csv/3/expected"]);
  expect(faults[0]!.detail).toContain("the model's answer");
});

test("a graph that is not read is held against the runtime alone", async () => {
  const unread = { ...predictorReading(() => 0), reading: { reason: "the model mixes columns" } };
  expect(await sampleFaults(samples, unread, rows, expected)).toEqual([]);
});
