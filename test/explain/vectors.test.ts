import { describe, expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import type { Cell } from "../../src/explain/game.ts";
import { game, type Model, matrix, seed, uniform } from "./games.ts";

const first = (attributions: number[][]) => attributions.map((row) => row[0]!);
const close = (actual: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance);
  });
};
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const dot = (coefficients: readonly number[], row: readonly Cell[]) =>
  coefficients.reduce((sum, c, i) => sum + c * (row[i] as number), 0);

const IRIS = [
  [5.8, 2.8, 5.1, 2.4],
  [5.8, 2.7, 5.1, 1.9],
  [7.2, 3.6, 6.1, 2.5],
  [6.2, 2.8, 4.8, 1.8],
  [4.9, 3.1, 1.5, 0.1],
];

/**
 * Kernel SHAP's regression: the additive game that is nearest to the game's worths, coalition by coalition, under
 * `weight`, and right on the empty and the full one. With Shapley's kernel it is the Shapley value (Lundberg & Lee
 * 2017), by a path that shares nothing with walks or marginals.
 */
function byRegression(
  worth: (coalition: number) => number,
  k: number,
  weight: (coalition: number) => number,
) {
  const full = 2 ** k - 1;
  const last = k - 1;
  const total = worth(full) - worth(0);
  const bit = (coalition: number, i: number) => (coalition >> i) & 1;
  const system = Array.from({ length: last }, () => new Array<number>(k).fill(0));
  for (let coalition = 1; coalition < full; coalition++) {
    const y = worth(coalition) - worth(0) - bit(coalition, last) * total;
    const z = system.map((_, i) => bit(coalition, i) - bit(coalition, last));
    for (const [i, row] of system.entries())
      for (let j = 0; j < k; j++) row[j]! += weight(coalition) * z[i]! * (j === last ? y : z[j]!);
  }
  // Gauss & Jordan; the matrix is positive definite, so no pivot is zero.
  for (const [i, row] of system.entries()) {
    const pivot = row[i]!;
    for (let j = 0; j < k; j++) row[j]! /= pivot;
    for (const other of system) {
      const factor = other[i]!;
      if (other !== row) for (let j = 0; j < k; j++) other[j]! -= factor * row[j]!;
    }
  }
  const values = system.map((row) => row[last]!);
  return [...values, total - values.reduce((a, b) => a + b, 0)];
}

describe("webshap's vectors (test/explainer/kernel*.test.ts)", () => {
  const x = [4.8, 3.8, 2.1, 5.4];
  const logistic: Model = (row) => [sigmoid(dot([-0.1991, 0.3426, 0.0478, 1.03745], row) - 1.6689)];
  const multiclass: Model = (row) => {
    const scores = [
      dot([-0.39228899, 0.85674351, -2.23337115, -0.98440396], row) + 8.85065312,
      dot([0.55874815, -0.25246978, -0.11357907, -0.90513218], row) + 1.21877625,
      dot([-0.16645916, -0.60427374, 2.34695022, 1.88953615], row) - 10.06942938,
    ];
    const powers = scores.map(Math.exp);
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((p) => p / total);
  };
  const size = (coalition: number) => [0, 1, 2, 3].filter((i) => (coalition >> i) & 1).length;
  const worth = (model: Model, background: number[][], o: number) => (coalition: number) =>
    background.reduce((sum, cells) => {
      const hybrid = cells.map((cell, i) => ((coalition >> i) & 1 ? x[i]! : cell));
      return sum + [model(hybrid)].flat()[o]! / background.length;
    }, 0);
  const shapley = (coalition: number) => (size(coalition) === 2 ? 1 / 8 : 1 / 4);
  // webshap covers all fourteen coalitions but draws those of two at random and weighs each by how often it
  // came up, so its vectors are no exact Shapley values. How often follows from its seed.
  const drawn = new Map([
    [0b0011, 2],
    [0b0101, 3],
    [0b0110, 1],
    [0b1001, 3],
    [0b1010, 2],
    [0b1100, 1],
  ]);
  const webshap = (coalition: number) =>
    size(coalition) === 2 ? (drawn.get(coalition)! / 12) * 0.75 : 1 / 4;

  const cases: { name: string; model: Model; background: number[][]; vectors: number[][] }[] = [
    {
      name: "logistic regression",
      model: logistic,
      background: IRIS,
      vectors: [[0.02968265, 0.03134839, -0.0162967, 0.39248069]],
    },
    {
      name: "three classes",
      model: multiclass,
      background: IRIS,
      vectors: [
        [0.0745104, 0.02126633, 0.26081878, -0.4033925],
        [-0.06244084, -0.01309725, 0.05957105, -0.12841866],
        [-0.01206957, -0.00816908, -0.32038983, 0.53181117],
      ],
    },
    {
      name: "one background row",
      model: multiclass,
      background: [IRIS[0]!],
      vectors: [
        [0.07189579, 0.01691412, 0.41379546, -0.35669521],
        [-0.03435395, -0.02590338, 0.10440986, -0.08952941],
        [-0.03754184, 0.00898926, -0.51820532, 0.44622462],
      ],
    },
  ];

  test.each(cases)(
    "$name: the regression with webshap's weights gives them, with Shapley's it gives ours",
    async (c) => {
      const g = game(c.model, x, c.background, { outputs: c.vectors.length });
      const { attributions } = await explain(g, { seed: seed(1), method: "exact" });
      c.vectors.forEach((vector, o) => {
        close(byRegression(worth(c.model, c.background, o), 4, webshap), vector, 1e-6);
        const ours = attributions.map((row) => row[o]!);
        close(ours, byRegression(worth(c.model, c.background, o), 4, shapley), 1e-12);
        const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        expect(Math.abs(sum(ours) - sum(vector))).toBeLessThan(1e-7);
      });
    },
  );

  test("where two columns vary, its weights cannot matter and the vectors agree", async () => {
    const g = game(multiclass, x, [[4.8, 2.8, 2.1, 3.3]], { outputs: 3 });
    const { attributions } = await explain(g, { seed: seed(1) });
    const byClass = [0, 1, 2].map((o) => attributions.map((row) => row[o]!));
    close(byClass[0]!, [0, 0.12533161, 0, -0.75341627], 1e-6);
    close(byClass[1]!, [0, -0.05344868, 0, -0.11320362], 1e-6);
    close(byClass[2]!, [0, -0.07188292, 0, 0.86661989], 1e-6);
    expect([attributions[0], attributions[2]]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

test("kernelshap's polynomial of order four (tests/testthat/test-basic.R), its values from shap", async () => {
  const rows = Array.from({ length: 100 }, (_, i) => {
    const n = i + 1;
    return [n / 100, Math.log(n), Math.sqrt(n), Math.sin(n), (n / 100) ** 2, Math.cos(n)];
  });
  const model: Model = (row) => {
    const [a, b, c, d, e, f] = row as number[];
    return a! * b! * c! * d! + e! + f!;
  };
  const expected = [
    [-1.19621609, -1.24184808, -0.9567848, 3.87942037, -0.33825, 0.54562519],
    [-1.64922699, -1.20770105, -1.18388581, 4.54321217, -0.33795, -0.41082395],
  ];
  for (const i of [0, 1]) {
    const exact = await explain(game(model, rows[i]!, rows), { seed: seed(1), method: "exact" });
    close(first(exact.attributions), expected[i]!, 1e-7);
    const sampled = await explain(game(model, rows[i]!, rows), { seed: seed(1), method: "permutation" });
    close(first(sampled.attributions), expected[i]!, 0.25);
  }
});

test("shap's second-order function (tests/explainers/test_permutation.py) is exact by sampling", async () => {
  const draw = uniform(5);
  const model: Model = (row) => {
    const [a, b, c, d] = row as number[];
    return a! * c! + b! + c! + c! * d!;
  };
  for (const [a, b, c, d, e] of matrix(40, 5, () => Math.round(draw()))) {
    const g = game(model, [a!, b!, c!, d!, e!], [[0, 0, 0, 0, 0]]);
    const { attributions, standardErrors } = await explain(g, { seed: seed(2), method: "permutation" });
    close(
      first(attributions),
      [(a! * c!) / 2, b!, (a! * c!) / 2 + c! + (c! * d!) / 2, (c! * d!) / 2, 0],
      1e-12,
    );
    close(first(standardErrors), [0, 0, 0, 0, 0], 1e-12);
  }
});

test("any function of second order is exact after two rounds, without counted error", async () => {
  const draw = uniform(11);
  const columns = 9;
  const linear = Array.from({ length: columns }, draw);
  const products = matrix(columns, columns, draw);
  const row = Array.from({ length: columns }, draw);
  const background = matrix(12, columns, draw);
  const model: Model = (cells) =>
    linear.reduce((sum, a, i) => sum + a * (cells[i] as number), 0) +
    products.reduce(
      (sum, p, i) =>
        sum + p.reduce((s, c, j) => (j > i ? s + c * (cells[i] as number) * (cells[j] as number) : s), 0),
      0,
    );
  const sampled = await explain(game(model, row, background), { seed: seed(2), method: "permutation" });
  const exact = await explain(game(model, row, background), { seed: seed(2), method: "exact" });
  expect(sampled.rounds).toBe(2);
  close(first(sampled.attributions), first(exact.attributions), 1e-13);
  for (const error of first(sampled.standardErrors)) expect(error).toBeLessThan(1e-13);
});

describe("a linear model", () => {
  const effect: Record<string, number> = { own: 1.5, rent: -0.25, free: 0.75, "": -2 };
  const coefficients = [2, -3, 0.5];
  const model: Model = (row) => 10 + dot(coefficients, row) + effect[row[3] as string]!;
  const draw = uniform(6);
  const background = matrix(30, 3, draw).map((row, i) => [...row, ["own", "rent", "free", ""][i % 4]!]);
  const row = [0.2, 0.9, -4, "free"];

  const expected = (weights: number[]) => {
    const mean = (f: (cells: readonly Cell[]) => number) =>
      background.reduce((sum, cells, b) => sum + weights[b]! * f(cells), 0);
    return [
      ...coefficients.map((c, i) => c * ((row[i] as number) - mean((cells) => cells[i] as number))),
      effect.free! - mean((cells) => effect[cells[3] as string]!),
    ];
  };

  test.each(["permutation", "exact"] as const)(
    "has φᵢ = βᵢ(xᵢ − mean zᵢ), categories too, by %s",
    async (method) => {
      const result = await explain(game(model, row, background), { seed: seed(3), method });
      close(first(result.attributions), expected(new Array(30).fill(1 / 30)), 1e-12);
      expect(result.converged).toBe(true);
    },
  );

  test.each(["permutation", "exact"] as const)(
    "takes the weighted mean of a weighted background, by %s",
    async (method) => {
      const raw = background.map((_, i) => 1 + (i % 7));
      const total = raw.reduce((a, b) => a + b, 0);
      const weights = Float64Array.from(raw, (w) => w / total);
      const result = await explain(game(model, row, background, { weights }), { seed: seed(3), method });
      close(first(result.attributions), expected([...weights]), 1e-12);
      close(
        result.base,
        [background.reduce((sum, cells, b) => sum + weights[b]! * (model(cells) as number), 0)],
        1e-12,
      );
    },
  );

  test("gives a group the sum of its columns' shares", async () => {
    const players = [
      { name: "first two", columns: [0, 1] },
      { name: "third", columns: [2] },
      { name: "housing", columns: [3] },
    ];
    const result = await explain(game(model, row, background, { players }), {
      seed: seed(3),
      method: "permutation",
    });
    const [a, b, c, d] = expected(new Array(30).fill(1 / 30));
    close(first(result.attributions), [a! + b!, c!, d!], 1e-12);
  });
});
