import { describe, expect, test } from "vitest";
import type { Player } from "../../../src/explain/game.ts";
import { scoresOf, type TreeScores } from "../../../src/explain/structure.ts";
import { ExactTrees } from "../../../src/explain/trees/exact-trees.ts";
import { code } from "../codes.ts";
import { byEveryOrder, game, matrix, uniform } from "../games.ts";
import { randomForest } from "./forests.ts";

const singles = (columns: number): Player[] =>
  Array.from({ length: columns }, (_, c) => ({ name: `x${c}`, columns: [c] }));
const equal = (rows: number) => new Float64Array(rows).fill(1 / rows);

const forests = Array.from({ length: 24 }, (_, i) => {
  const draw = uniform(400 + i);
  const columns = 3 + (i % 4);
  const codes = 2 + (i % 5);
  const scores = randomForest(draw, {
    axes: columns,
    codes,
    depth: 2 + (i % 5),
    trees: 6,
    scores: 1 + (i % 3),
  });
  const cell = () => Math.floor(draw() * codes);
  // From one background row to more than a word of bits.
  const background = matrix([1, 5, 33, 70][i % 4]!, columns, cell);
  const raw = background.map(() => 0.1 + draw());
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = i % 3 === 0 ? Float64Array.from(raw, (w) => w / total) : equal(background.length);
  const players: Player[] =
    i % 2 === 0
      ? singles(columns)
      : [{ name: "pair", columns: [0, columns - 1] }, ...singles(columns).slice(1, columns - 1)];
  return { i, scores, background, weights, players, row: Array.from({ length: columns }, cell) };
});

describe.each([
  ["tables", undefined],
  ["a few tables and walks", 2_000],
  ["walks alone", 0],
])("by %s", (_, maxTableBytes) => {
  test.each(forests)("forest $i: attributions are the average over every order", (forest) => {
    const { scores, players, background, weights, row } = forest;
    const exact = ExactTrees.build(
      { scores: scores, players: players, background: background, weights: weights },
      { maxTableBytes: maxTableBytes },
    );
    const model = (cells: readonly (string | number)[]) => [...scoresOf(scores, cells)];
    const g = game(model, row, background, { players, weights, outputs: scores.bias.length });
    const attributions = exact.attribute(row);
    byEveryOrder(g, model)
      .flat()
      .forEach((value, at) => {
        expect(Math.abs(attributions[at]! - value)).toBeLessThan(1e-12);
      });
  });
});

describe("axioms on an ensemble too large to enumerate", () => {
  const draw = uniform(77);
  const shape = { axes: 24, codes: 9, depth: 7, trees: 30, scores: 2 };
  const one = randomForest(draw, shape);
  const two = randomForest(draw, shape);
  const cell = () => Math.floor(draw() * shape.codes);
  const background = matrix(40, 24, cell);
  const row = Array.from({ length: 24 }, cell);
  const attribute = (scores: TreeScores, at = row, bytes?: number) =>
    ExactTrees.build(
      { scores: scores, players: singles(24), background: background, weights: equal(40) },
      { maxTableBytes: bytes },
    ).attribute(at);

  test("efficiency to 1e-12, whatever has a table", () => {
    const value = scoresOf(one, row);
    for (const bytes of [0, 20_000, 500_000, undefined]) {
      const exact = ExactTrees.build(
        { scores: one, players: singles(24), background: background, weights: equal(40) },
        { maxTableBytes: bytes },
      );
      const attributions = exact.attribute(row);
      value.forEach((score, k) => {
        let sum = exact.base[k]!;
        for (let i = k; i < attributions.length; i += 2) sum += attributions[i]!;
        expect(Math.abs(sum - score)).toBeLessThan(1e-12);
      });
    }
  });

  test("a budget is kept, and nothing but time depends on it", () => {
    const free = ExactTrees.build({
      scores: one,
      players: singles(24),
      background: background,
      weights: equal(40),
    });
    expect(free.countedLeaves).toBe(0);
    const tight = ExactTrees.build(
      { scores: one, players: singles(24), background: background, weights: equal(40) },
      { maxTableBytes: free.bytes / 4 },
    );
    expect(tight.countedLeaves).toBeGreaterThan(0);
    expect(tight.bytes).toBeLessThan(free.bytes / 2);
    const expected = free.attribute(row);
    tight.attribute(row).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-13);
    });
  });

  test("linearity: a sum of ensembles is attributed the sum", () => {
    const both = { ...one, trees: [...one.trees, ...two.trees] };
    const [a, b] = [attribute(one), attribute(two)];
    attribute(both).forEach((value, i) => {
      expect(Math.abs(value - a[i]! - b[i]!)).toBeLessThan(1e-12);
    });
  });

  test("dummy: a column that no tree tests, and one that the row shares with the background, get nothing", () => {
    const untested = one.trees.map((tree) => ({ ...tree, axis: tree.axis.map((a) => (a === 5 ? 6 : a)) }));
    const attributions = attribute({ ...one, trees: untested });
    expect([attributions[10], attributions[11]]).toEqual([0, 0]);
    const alike = background.map((cells) => cells.with(3, row[3]!));
    const shared = ExactTrees.build({
      scores: one,
      players: singles(24),
      background: alike,
      weights: equal(40),
    }).attribute(row);
    expect([shared[6], shared[7]]).toEqual([0, 0]);
  });

  test("symmetry: columns that trees treat alike, with equal cells, share equally", () => {
    const mirrored = one.trees.map((tree) => ({
      ...tree,
      axis: tree.axis.map((a) => (a === 0 ? 1 : a === 1 ? 0 : a)),
    }));
    const pairwise = background.map((cells) => cells.with(1, cells[0]!));
    const scores = { ...one, trees: [...one.trees, ...mirrored] };
    const exact = ExactTrees.build({
      scores: scores,
      players: singles(24),
      background: pairwise,
      weights: equal(40),
    });
    const attributions = exact.attribute(row.with(1, row[0]!));
    for (const k of [0, 1]) expect(Math.abs(attributions[k]! - attributions[2 + k]!)).toBeLessThan(1e-12);
  });

  test("the same row twice gives the same bits, other rows in between", () => {
    const exact = ExactTrees.build(
      { scores: one, players: singles(24), background: background, weights: equal(40) },
      { maxTableBytes: 100_000 },
    );
    const first = exact.attribute(row);
    exact.attribute(background[0]!);
    expect(exact.attribute(row)).toEqual(first);
  });
});

test("a value computed from two players' columns has no closed form", () => {
  const draw = uniform(3);
  const scores = randomForest(draw, { axes: 2, codes: 3, depth: 2, trees: 2, scores: 1 });
  const mixed = { ...scores, axes: scores.axes.map((axis) => ({ ...axis, sources: [0, 1] })) };
  const build = (players: Player[]) =>
    ExactTrees.build({ scores: mixed, players: players, background: [[0, 1]], weights: equal(1) });
  expect(code(() => build(singles(2)))).toBe("mixed_columns");
  expect(code(() => build([{ name: "both", columns: [0, 1] }]))).toBeUndefined();
});
