import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { type Cell, type Hybrids, materialise } from "../../src/explain/game.ts";
import type { Contract } from "../../src/models/contract.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { openPredictor, type Predictor } from "../../src/models/predictor.ts";
import {
  binary,
  categoryFeature,
  fixture,
  GERMAN_CREDIT,
  graphContract,
  multi,
  numberFeature,
  regression,
} from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

type GraphContract = Pick<Contract, "features" | "output">;
type Expected = Record<string, { rows: Cell[][]; outputs: string[]; values: number[][] }>;
const expected = JSON.parse(
  readFileSync(new URL("fixtures/expected.json", import.meta.url), "utf8"),
) as Expected;

const opened: Predictor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((predictor) => predictor.close()));
});

async function open(name: string, contract: GraphContract, background: Cell[][], workerFile?: URL) {
  const source = { onnx: fixture(name), contract, background };
  const predictor = await openPredictor(source, { threads: 1, ...(workerFile ? { workerFile } : {}) });
  opened.push(predictor);
  return predictor;
}

const three = ["a", "b", "c"].map((name) => numberFeature(name));
const levels = multi("high", "low", "middle");

describe("what scikit-learn said, the model says", () => {
  test.each<[string, GraphContract]>([
    ["regressor-float-matrix", graphContract(regression, ...three)],
    ["regressor-double-matrix", graphContract(regression, ...three)],
    ["classifier-zipmap", graphContract(levels, ...three)],
    ["classifier-mlp-strings", graphContract(levels, ...three)],
    [
      "classifier-int64-columns",
      graphContract(binary("1"), numberFeature("a", "integer"), numberFeature("b", "integer")),
    ],
    [
      "classifier-string-matrix",
      graphContract(binary("1"), categoryFeature("a", ["a", "b"]), categoryFeature("b", ["x", "y"])),
    ],
  ])("%s", async (name, contract) => {
    const { rows, outputs, values } = expected[name]!;
    const predictor = await open(name, contract, rows.slice(0, 1));
    expect(predictor.outputs).toEqual(outputs);
    const predicted = await predictor.predictRows(rows);
    values.flat().forEach((value, i) => {
      expect(Math.abs(predicted[i]! - value)).toBeLessThan(1e-5);
    });
  });
});

test("columns are fed by name, in whatever order the contract lists them", async () => {
  const contract = graphContract(binary("1"), numberFeature("b", "integer"), numberFeature("a", "integer"));
  const { rows, values } = expected["classifier-int64-columns"]!;
  const turned = rows.map(([a, b]) => [b!, a!]);
  const predictor = await open("classifier-int64-columns", contract, turned.slice(0, 1));
  const predicted = await predictor.predictRows(turned);
  expect([...predicted].map(Math.fround)).toEqual(values.flat().map(Math.fround));
});

test("a graph fixed at one row, with one sigmoid, is run row by row", async () => {
  const contract = graphContract(binary("yes"), numberFeature("u"), numberFeature("v"));
  const rows = [
    [0, 0],
    [2, 1],
    [0, 3],
  ];
  const predictor = await open("sigmoid-one-row", contract, rows);
  expect(predictor.outputs).toEqual(["yes"]);
  const values = await predictor.predictRows(rows);
  rows.forEach(([u, v], r) => {
    expect(Math.abs(values[r]! - 1 / (1 + Math.exp(v! - u!)))).toBeLessThan(1e-6);
  });
});

describe("a graph and a contract that do not fit are refused", () => {
  const pair = [numberFeature("u"), numberFeature("v")];
  test.each<[string, string, GraphContract, string]>([
    ["a label without probabilities", "label-only", graphContract(binary("yes"), ...pair), "/model.onnx"],
    ["a matrix of another width", "regressor-float-matrix", graphContract(regression, ...pair), "/features"],
    [
      "words for a numeric matrix",
      "regressor-float-matrix",
      graphContract(regression, three[0]!, three[1]!, categoryFeature("c", ["x"])),
      "/features/2/type",
    ],
    [
      "fractions for an integer input",
      "classifier-int64-columns",
      graphContract(binary("1"), numberFeature("a"), numberFeature("b", "integer")),
      "/features/0/type",
    ],
    [
      "a feature that the model does not take",
      "classifier-int64-columns",
      graphContract(binary("1"), ...["a", "b", "z"].map((name) => numberFeature(name, "integer"))),
      "/features/2/name",
    ],
    [
      "a class that the model does not have",
      "classifier-zipmap",
      graphContract(multi("high", "low", "x"), ...three),
      "/output/outcomes",
    ],
    ["two classes for three", "classifier-zipmap", graphContract(binary("high"), ...three), "/output/kind"],
    [
      "a regression of three values",
      "classifier-zipmap",
      graphContract(regression, ...three),
      "/output/kind",
    ],
    ["several classes out of one column", "logits", graphContract(multi("a", "b"), ...pair), "/output/kind"],
    [
      "the first class for a single column",
      "sigmoid-one-row",
      graphContract(binary("no", ["no", "yes"]), ...pair),
      "/output/class",
    ],
  ])("%s", async (_, name, contract, pointer) => {
    const background = [contract.features.map((feature) => (feature.type === "category" ? "x" : 1))];
    const problem = await refusal(() => open(name, contract, background));
    expect(problem.code).toBe("invalid_package");
    expect(pointers(problem)).toContain(pointer);
  });

  test("a model that fails on its own background", async () => {
    const contract = graphContract(regression, ...pair);
    const problem = await refusal(() => open("fails-when-run", contract, [[1, 2]]));
    expect(problem.code).toBe("invalid_package");
  });
});

describe("German Credit", () => {
  let predictor: Predictor;
  let checked: Awaited<ReturnType<typeof readPackageFolder>>;
  const openGerman = async (threads: number) => {
    checked = await readPackageFolder(GERMAN_CREDIT.pathname);
    predictor = await openPredictor(checked, { threads });
    opened.push(predictor);
  };
  const randomHybrids = (count: number, seed: number): Hybrids => {
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    return {
      count,
      background: Uint32Array.from({ length: count }, () => next(checked.background.length)),
      present: Uint8Array.from({ length: count * 20 }, () => next(2)),
    };
  };

  test("hybrids are the rows that they name, bit for bit, across pieces", async () => {
    await openGerman(1);
    const row = checked.background[3]!;
    const hybrids = randomHybrids(2600, 1);
    const players = checked.contract.features.map(({ name }, column) => ({ name, columns: [column] }));
    const rows = materialise({ players, row, background: checked.background }, hybrids);
    const values = await predictor.hybrids(row, hybrids);
    expect(values).toEqual(await predictor.predictRows(rows));
    expect(new Set(values).size).toBeGreaterThan(500);
    // The caller's arrays are still the caller's.
    expect(hybrids.present.length).toBe(2600 * 20);
  });

  test("sixteen callers at once each get their own answers, whichever thread gave them", async () => {
    await openGerman(2);
    const rows = checked.background.slice(0, 16);
    const alone: Float64Array[] = [];
    for (const row of rows) alone.push(await predictor.hybrids(row, randomHybrids(1500, 7)));
    const together = await Promise.all(rows.map((row) => predictor.hybrids(row, randomHybrids(1500, 7))));
    expect(together).toEqual(alone);
    expect(new Set(alone.map((values) => values[1])).size).toBeGreaterThan(8);
  });

  test("the event loop turns while a hundred thousand rows are evaluated", async () => {
    await openGerman(1);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const values = await predictor.hybrids(checked.background[0]!, randomHybrids(100_000, 3));
    clearInterval(ticking);
    expect(values.length).toBe(200_000);
    expect(turns).toBeGreaterThan(10);
  });

  test("hybrids that do not add up are refused", async () => {
    await openGerman(1);
    const wrong = { ...randomHybrids(10, 1), count: 11 };
    expect(() => predictor.hybrids(checked.background[0]!, wrong)).toThrow(RangeError);
  });

  test("no rows have no values", async () => {
    await openGerman(1);
    expect(await predictor.predictRows([])).toEqual(new Float64Array());
  });
});

describe("threads", () => {
  const contract = graphContract(regression, ...three);
  const dying = new URL("./dying-worker.ts", import.meta.url);
  const row = expected["regressor-float-matrix"]!.rows[0]!;

  test.each([666, 667])("a thread that dies over a row (%i) fails that job and no other", async (deadly) => {
    const predictor = await open("regressor-float-matrix", contract, [row], dying);
    const before = await predictor.predictRow(row);
    const [lost, next, last] = await Promise.allSettled([
      predictor.predictRow([deadly, 0, 0]),
      predictor.predictRow(row),
      predictor.predictRow(row),
    ]);
    expect(lost).toMatchObject({ status: "rejected", reason: { code: "prediction_failed" } });
    expect(JSON.stringify(lost)).not.toContain(String(deadly));
    expect(next).toEqual({ status: "fulfilled", value: before });
    expect(last).toEqual({ status: "fulfilled", value: before });
  });

  test("a thread that dies before it is up fails the opening", async () => {
    const problem = await refusal(() => open("regressor-float-matrix", contract, [[999, 0, 0]], dying));
    expect(problem.code).toBe("prediction_failed");
  });

  test("an output that is no finite number fails its job, and the next one works", async () => {
    const pair = graphContract(regression, numberFeature("u"), numberFeature("v"));
    const predictor = await open("logits", pair, [[1, 2]]);
    const problem = await refusal(() => predictor.predictRow([Number.MAX_VALUE, 0]));
    expect(problem.code).toBe("prediction_failed");
    expect([...(await predictor.predictRow([3, 1]))]).toEqual([2]);
  });

  test("closing finishes what runs, refuses what waits and what comes later", async () => {
    const predictor = await open("regressor-float-matrix", contract, [row]);
    const jobs = [predictor.predictRow(row), predictor.predictRow(row)];
    const closing = predictor.close();
    const [running, waiting] = await Promise.allSettled(jobs);
    await closing;
    expect(running!.status).toBe("fulfilled");
    expect(waiting).toMatchObject({ status: "rejected", reason: { code: "not_ready" } });
    expect((await refusal(() => predictor.predictRow(row))).code).toBe("not_ready");
    await predictor.close();
  });
});
