import { describe, expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import type { Cell } from "../../src/explain/game.ts";
import { byEveryOrder, game, type Model, matrix, network, seed, trees, uniform } from "./games.ts";

/** Random games: smooth and stepped, one output and three, equal weights and not, cells that repeat. */
const games = Array.from({ length: 24 }, (_, i) => {
  const draw = uniform(1000 + i);
  const columns = 2 + (i % 5);
  const outputs = i % 3 === 0 ? 3 : 1;
  const make = i % 2 === 0 ? network : trees;
  const models = Array.from({ length: outputs }, () => make(columns, 6, draw));
  const coarse = () => Math.round(4 * draw()) / 4;
  const background = matrix(1 + (i % 6), columns, coarse);
  const raw = background.map(() => 0.2 + draw());
  const total = raw.reduce((a, b) => a + b, 0);
  return {
    model: ((cells: readonly Cell[]) => models.map((m) => m(cells))) as Model,
    row: Array.from({ length: columns }, coarse),
    background,
    more: { outputs, ...(i % 4 === 1 ? { weights: Float64Array.from(raw, (w) => w / total) } : {}) },
    i,
  };
});
const methods = ["permutation", "exact"] as const;

test.each(games)(
  "game $i: enumeration is the average over every order",
  async ({ model, row, background, more }) => {
    const g = game(model, row, background, more);
    const { attributions } = await explain(g, { seed: seed(1), method: "exact" });
    byEveryOrder(g, model).forEach((expected, p) => {
      expected.forEach((value, o) => {
        expect(Math.abs(attributions[p]![o]! - value)).toBeLessThan(1e-12);
      });
    });
  },
);

test.each(games)("game $i: sampling lies within its own errors of enumeration", async (g) => {
  const exact = await explain(game(g.model, g.row, g.background, g.more), { seed: seed(1), method: "exact" });
  const sampled = await explain(game(g.model, g.row, g.background, g.more), {
    seed: seed(g.i),
    method: "permutation",
    tolerance: 0.005,
  });
  sampled.attributions.forEach((outputs, p) => {
    outputs.forEach((value, o) => {
      // Six standard errors: a false alarm in a million, and these seeds are fixed.
      expect(Math.abs(value - exact.attributions[p]![o]!)).toBeLessThanOrEqual(
        6 * sampled.standardErrors[p]![o]! + 1e-12,
      );
    });
  });
});

describe.each(methods)("by %s", (method) => {
  test.each(games)("game $i: efficiency to 1e-9", async ({ model, row, background, more }) => {
    const result = await explain(game(model, row, background, more), { seed: seed(2), method });
    result.output.forEach((output, o) => {
      const sum = result.attributions.reduce((total, outputs) => total + outputs[o]!, result.base[o]!);
      const gap = Math.abs(sum - output);
      expect(gap).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(output)));
      expect(result.additivityGap).toBeGreaterThanOrEqual(gap);
    });
  });

  test("efficiency holds for large outputs and for multi-output games of twenty features", async () => {
    const draw = uniform(7);
    const models = [network(12, 6, draw), trees(12, 20, draw)];
    const model: Model = (cells) => [2.5e5 * models[0]!(cells), 1e-6 * models[1]!(cells)];
    const g = game(model, Array.from({ length: 12 }, draw), matrix(6, 12, draw), { outputs: 2 });
    const result = await explain(g, { seed: seed(3), method, maxModelRows: 40_000 });
    expect(result.additivityGap).toBeLessThanOrEqual(1e-9 * Math.max(1, ...result.output.map(Math.abs)));
  });

  test("a feature that the model ignores gets 0", async () => {
    const draw = uniform(8);
    const inner = network(5, 6, draw);
    const model: Model = (cells) => inner(cells.slice(0, 5));
    const g = game(model, Array.from({ length: 6 }, draw), matrix(8, 6, draw));
    const { attributions } = await explain(g, { seed: seed(4), method });
    expect(attributions[5]).toEqual([0]);
  });

  test("a feature of tiny scale is a feature: values are compared bit by bit", async () => {
    const model: Model = ([a, b]) => (a as number) * 1e9 + (b as number);
    const { attributions } = await explain(game(model, [5e-9, 1], [[0, 0]]), { seed: seed(4), method });
    expect(attributions.map((a) => a[0]!.toFixed(6))).toEqual(["5.000000", "1.000000"]);
  });
});

test("features that the model treats alike, with equal cells, get equal shares", async () => {
  const draw = uniform(9);
  const inner = network(4, 6, draw);
  const model: Model = ([a, b, c, d, e]) =>
    inner([(a as number) + (b as number), c!, d!, e!]) * (1 + (a as number) * (b as number));
  const background = matrix(6, 4, draw).map(([a, ...rest]) => [a!, a!, ...rest]);
  const row = [0.3, 0.3, 0.1, 0.9, 0.5];
  const exact = await explain(game(model, row, background), { seed: seed(5), method: "exact" });
  expect(Math.abs(exact.attributions[0]![0]! - exact.attributions[1]![0]!)).toBeLessThan(1e-13);
  const sampled = await explain(game(model, row, background), {
    seed: seed(5),
    method: "permutation",
    tolerance: 0.002,
  });
  const apart = Math.abs(sampled.attributions[0]![0]! - sampled.attributions[1]![0]!);
  expect(apart).toBeLessThanOrEqual(8 * sampled.standardErrors[0]![0]!);
});

test("attributions of a sum of models are the sums of their attributions, under one seed by sampling too", async () => {
  const draw = uniform(10);
  const one = network(7, 6, draw);
  const two = trees(7, 12, draw);
  const model: Model = (cells) => [one(cells), two(cells), 2 * one(cells) - 3 * two(cells)];
  const row = Array.from({ length: 7 }, draw);
  const background = matrix(9, 7, draw);
  for (const method of methods) {
    const { attributions } = await explain(game(model, row, background, { outputs: 3 }), {
      seed: seed(6),
      method,
    });
    for (const [a, b, both] of attributions) expect(Math.abs(both! - (2 * a! - 3 * b!))).toBeLessThan(1e-12);
  }
});
