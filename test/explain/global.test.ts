import { describe, expect, test } from "vitest";
import type { Cell, Player } from "../../src/explain/game.ts";
import {
  absoluteChange,
  type DataSet,
  logLoss,
  meanAttributions,
  permutationImportance,
  squaredError,
} from "../../src/explain/global.ts";
import { seededRandom } from "../../src/explain/random.ts";
import { rejection } from "./codes.ts";
import { seed } from "./games.ts";

const players = (...names: string[]): Player[] => names.map((name, column) => ({ name, columns: [column] }));

/** Normal numbers by sums of uniforms, which is near enough. */
function normals(n: number): () => number {
  const random = seededRandom(seed(n));
  return () => Array.from({ length: 12 }, () => random() / 2 ** 32).reduce((sum, u) => sum + u, -6);
}

/** y = 2u + v + noise over independent u, v and w: the squared error rises by 2β² in the population. */
function population(n: number, rows: number) {
  const normal = normals(n);
  const cells = Array.from({ length: rows }, () => [normal(), normal(), normal()]);
  const targets = cells.map(([u, v]) => 2 * u! + v! + 0.5 * normal());
  let asked = 0;
  const data: DataSet = {
    players: players("u", "v", "w"),
    rows: cells,
    outputs: 1,
    predict: async (given) => {
      asked += given.length;
      return Float64Array.from(given, ([u, v]) => 2 * Number(u) + Number(v));
    },
  };
  return { data, targets, asked: () => asked };
}

describe("permutation importance", () => {
  test("is what the population's own formula says, within an interval that covers it", async () => {
    const { data, targets } = population(1, 3000);
    const { features, loss } = await permutationImportance(data, {
      loss: squaredError(targets),
      seed: seed(1),
    });
    expect(features.map(({ feature }) => feature)).toEqual(["u", "v", "w"]);
    expect(loss).toBeCloseTo(0.25, 1);
    [8, 2].forEach((truth, p) => {
      const { interval } = features[p]!;
      expect(interval[0]).toBeLessThan(truth);
      expect(interval[1]).toBeGreaterThan(truth);
      expect(interval[1] - interval[0]).toBeLessThan(truth / 5);
    });
    expect(features[2]).toMatchObject({ value: 0, standardError: 0, interval: [0, 0] });
  });

  test("its 95 % intervals cover the population's value in 93 to 99 % of samples", async () => {
    let covered = 0;
    const samples = 400;
    for (let n = 0; n < samples; n++) {
      const { data, targets } = population(100 + n, 80);
      const { features } = await permutationImportance(data, {
        loss: squaredError(targets),
        seed: seed(n),
        repeats: 5,
      });
      [8, 2].forEach((truth, p) => {
        const [lower, upper] = features[p]!.interval;
        if (lower <= truth && truth <= upper) covered++;
      });
    }
    const share = covered / (2 * samples);
    expect(share).toBeGreaterThanOrEqual(0.93);
    expect(share).toBeLessThanOrEqual(0.99);
  });

  test("is the same for the same seed, whatever the batches, and another for another", async () => {
    const { data, targets } = population(2, 50);
    const run = (n: number, batchRows?: number) =>
      permutationImportance(data, {
        loss: squaredError(targets),
        seed: seed(n),
        ...(batchRows !== undefined && { batchRows }),
      });
    const first = JSON.stringify(await run(1));
    expect(JSON.stringify(await run(1, 7))).toBe(first);
    expect(JSON.stringify(await run(2))).not.toBe(first);
  });

  test("counts its repeats and its rows, and leaves out those that change into themselves", async () => {
    const { data, targets, asked } = population(3, 40);
    const constant = { ...data, rows: data.rows.map(([u, v]): Cell[] => [u!, v!, 1]) };
    const shares: number[] = [];
    const result = await permutationImportance(constant, {
      loss: squaredError(targets),
      seed: seed(3),
      repeats: 4,
      onProgress: (done) => shares.push(done),
    });
    expect(result.modelRows).toBe(40 * (1 + 2 * 4));
    expect(asked()).toBe(result.modelRows);
    expect(result.features[0]!.repeats).toHaveLength(4);
    expect(result.features[0]!.value).toBeCloseTo(
      result.features[0]!.repeats.reduce((sum, value) => sum + value / 4, 0),
      12,
    );
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  });

  test("moves the columns of a player together", async () => {
    const { data } = population(4, 60);
    // v − u over rows where both are one and the same: apart they matter, together they cancel.
    const same: DataSet = {
      ...data,
      rows: data.rows.map(([u]): Cell[] => [u!, u!]),
      predict: async (given) => Float64Array.from(given, ([u, v]) => Number(v) - Number(u)),
    };
    const loss = absoluteChange(new Float64Array(60), 0);
    const apart = await permutationImportance(
      { ...same, players: players("u", "v") },
      { loss, seed: seed(4) },
    );
    const together = { ...same, players: [{ name: "both", columns: [0, 1] }] };
    expect(apart.features[0]!.value).toBeGreaterThan(0.5);
    expect((await permutationImportance(together, { loss, seed: seed(4) })).features[0]!.value).toBe(0);
  });

  test("log loss takes the probability of the row's own class, and a zero for a very small one", () => {
    const loss = logLoss([1, 0]);
    expect(loss(0, Float64Array.of(0.2, 0.8))).toBeCloseTo(-Math.log(0.8), 12);
    expect(loss(1, Float64Array.of(0, 1))).toBeCloseTo(-Math.log(1e-7), 9);
  });

  test("refuses one row, no repeats and predictions that are none, by code", async () => {
    const { data, targets } = population(5, 5);
    const loss = squaredError(targets);
    const run = (change: Partial<DataSet>, more = {}) =>
      permutationImportance({ ...data, ...change }, { loss, seed: seed(1), ...more });
    expect(await rejection(run({ rows: data.rows.slice(1, 2) }))).toBe("invalid_shape");
    expect(await rejection(run({}, { repeats: 0 }))).toBe("invalid_option");
    expect(await rejection(run({}, { batchRows: 0.5 }))).toBe("invalid_option");
    expect(await rejection(run({}, { seed: "7" }))).toBe("invalid_seed");
    expect(await rejection(run({ predict: async () => Float64Array.of(1) }))).toBe("prediction_shape");
    const nan = async (rows: readonly unknown[]) => new Float64Array(rows.length).fill(Number.NaN);
    expect(await rejection(run({ predict: nan }))).toBe("prediction_not_finite");
  });
});

describe("mean attributions", () => {
  const attributions = [
    [1, -3],
    [-2, 3],
    [3, -3],
  ];
  const explanation = (row: number, converged = true) => ({
    attributions: attributions[row]!.map((value) => [0, value]),
    modelRows: 10,
    converged,
  });
  const asked = { players: players("a", "b"), rows: 3, output: 1 };

  test("are means of magnitudes with the spread of the rows behind them", async () => {
    const shares: number[] = [];
    const explainRow = async (row: number) => explanation(row, row !== 1);
    const result = await meanAttributions(asked, explainRow, { onProgress: (done) => shares.push(done) });
    expect(result).toMatchObject({ rows: 3, modelRows: 30, converged: 2 });
    const [a, b] = result.features;
    expect([a!.value, b!.value]).toEqual([2, 3]);
    expect(a!.standardError).toBeCloseTo(Math.sqrt(1 / 3), 12);
    // Student's t with two degrees of freedom.
    expect(a!.interval[1] - 2).toBeCloseTo(4.3027 * Math.sqrt(1 / 3), 2);
    expect(b!.interval).toEqual([3, 3]);
    expect(shares).toEqual([1 / 3, 2 / 3, 1]);
  });

  test("do not depend on which explanation ends first", async () => {
    const late = async (row: number) => {
      await new Promise((resolve) => setTimeout(resolve, 9 - 3 * row));
      return explanation(row);
    };
    const alone = await meanAttributions(asked, async (row) => explanation(row), { atOnce: 1 });
    expect(await meanAttributions(asked, late, { atOnce: 3 })).toEqual(alone);
  });

  test("one row is none", async () => {
    expect(await rejection(meanAttributions({ ...asked, rows: 1 }, async (row) => explanation(row)))).toBe(
      "invalid_shape",
    );
  });
});
