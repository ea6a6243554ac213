import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOf } from "../library/given.ts";
import { json, run } from "./command.ts";

let folder: string;
let rows: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-importance-"));
  rows = join(folder, "rows.csv");
  const lines = Array.from({ length: 30 }, (_, i) => [i % 7, -(i % 5), i % 3, i / 9, (i % 7) / 2].join(","));
  await writeFile(rows, ["a,b,c,d,truth", ...lines].join("\n"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const args = (name: string, ...more: string[]) => [
  ...["importance", "--model", pathOf(`${name}.onnx`), "--background", pathOf(`${name}.background.csv`)],
  ...["--rows", rows, ...more],
];

describe("motivo importance", () => {
  it("gives both figures of every feature with intervals, the same bytes each time", async () => {
    const asked = args(
      "sklearn-forest-regressor",
      "--target",
      "truth",
      "--repeats",
      "4",
      "--seed",
      "9",
      "--json",
    );
    const ended = await run(asked);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const found = json(ended) as unknown as {
      permutation: { features: Record<string, { interval: number[] }> };
      attributions: { features: Record<string, { value: number }>; converged: number };
    };
    expect(found).toMatchObject({
      outputName: "value",
      rows: 30,
      seed: 9,
      permutation: { loss: "squared-error", repeats: 4 },
    });
    expect(Object.keys(found.permutation.features)).toEqual(["a", "b", "c", "d"]);
    for (const { interval } of Object.values(found.permutation.features))
      expect(interval[0]).toBeLessThanOrEqual(interval[1]!);
    expect(found.attributions.converged).toBe(30);
    expect((await run(asked)).stdout).toBe(ended.stdout);
  });

  it("draws two tables, strongest first", async () => {
    const ended = await run(args("sklearn-forest-regressor", "--target", "truth"));
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const [first, second] = ended.stdout.split("\n\n");
    expect(first).toMatch(
      /^rise of the squared error when values change places \(10 times, 30 rows, from \S+\)\n/,
    );
    expect(second).toMatch(/^mean \|attribution\| to the output\n {2}\S+ +\d/);
    expect(second!.trimEnd().split("\n")).toHaveLength(5);
  });

  it("refuses columns and targets that do not fit, by code", async () => {
    const cases: [code: string, given: string[]][] = [
      ["column_unknown", args("sklearn-forest-regressor")],
      ["column_missing", args("sklearn-forest-regressor", "--target", "outcome")],
      ["target_invalid", args("sklearn-network", "--target", "truth")],
      ["arguments_invalid", args("sklearn-network", "--repeats", "0")],
    ];
    for (const [code, given] of cases) {
      const ended = await run([...given, "--json"]);
      expect([ended.code, json(ended).code], code).toEqual([2, code]);
    }
  });
});
