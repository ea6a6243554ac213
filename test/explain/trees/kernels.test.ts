import { describe, expect, test } from "vitest";
import type { Cell, Player } from "../../../src/explain/game.ts";
import { scoresOf, type Tree, type TreeScores } from "../../../src/explain/structure.ts";
import { ExactTrees } from "../../../src/explain/trees/exact-trees.ts";
import { matrix, uniform } from "../games.ts";
import { axes, randomForest } from "./forests.ts";

const singles = (columns: number): Player[] =>
  Array.from({ length: columns }, (_, c) => ({ name: `x${c}`, columns: [c] }));
const equal = (rows: number) => new Float64Array(rows).fill(1 / rows);

/** Axes that are numbers with cuts instead of codes: cell c lies above the cuts below it, NaN is missing. */
function cutAt(scores: TreeScores): TreeScores {
  return {
    ...scores,
    axes: scores.axes.map((axis, a) => {
      const cuts = Float64Array.from({ length: axis.codes - 2 }, (_, c) => c + 0.5);
      const value = (row: readonly Cell[]) => row[a] as number;
      const code = (row: readonly Cell[]) =>
        Number.isNaN(value(row)) ? 0 : 1 + cuts.filter((cut) => cut < value(row)).length;
      // Raw columns, rounded raw columns and computed ones take different ways into the kernel.
      const raw = [{ column: a, single: false }, { column: a, single: true }, undefined][a % 3];
      return { sources: [a], codes: axis.codes, code, scale: { cuts, value, ...(raw && { raw }) } };
    }),
  };
}

/** One leaf after each condition, every axis once: the last leaf has as many conditions as there are axes. */
function chain(draw: () => number, { axes: count, codes }: Shape): TreeScores {
  const nodes = 2 * count + 1;
  const ints = (of: (node: number) => number) => Int32Array.from({ length: nodes }, (_, node) => of(node));
  const inner = (node: number) => node % 2 === 0 && node < nodes - 1;
  const low = ints((node) => (inner(node) ? Math.floor(draw() * codes) : -1));
  const tree: Tree = {
    axis: ints((node) => (inner(node) ? node / 2 : -1)),
    low,
    high: low.map((code) => code + 1),
    yes: ints((node) => (inner(node) ? node + 1 : -1)),
    no: ints((node) => (inner(node) ? node + 2 : -1)),
    leaf: ints((node) => (inner(node) ? -1 : Math.floor(node / 2))),
    sets: new Map(),
    targets: [0],
    values: Float64Array.from({ length: count + 1 }, () => draw() - 0.5),
  };
  return { kind: "trees", axes: axes(count, codes), trees: [tree], bias: [0.5] };
}

type Shape = Parameters<typeof randomForest>[1];

function game(seed: number, shape: Shape, rows: number, weighted: boolean, make = randomForest) {
  const draw = uniform(seed);
  const scores = cutAt(make(draw, shape));
  const cell = () => (draw() < 0.1 ? Number.NaN : Math.floor(draw() * shape.codes));
  const background = matrix(rows, shape.axes, cell);
  const raw = background.map(() => 0.1 + draw());
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = weighted ? Float64Array.from(raw, (w) => w / sum) : equal(rows);
  return { scores, background, weights, rows: matrix(37, shape.axes, cell) };
}

const shape = { axes: 12, codes: 9, depth: 7, trees: 12, scores: 1 };
const games = [
  { name: "100 rows", ...game(1, shape, 100, false) },
  { name: "weights", ...game(2, shape, 60, true) },
  { name: "300 rows, more than a vector", ...game(3, shape, 300, false) },
  { name: "several scores", ...game(4, { ...shape, scores: 3 }, 128, false) },
  {
    name: "more axes than a lane has bits",
    ...game(5, { ...shape, axes: 40 }, 50, false, chain),
  },
  { name: "one background row", ...game(6, shape, 1, false) },
  { name: "one cut an axis, which are looked up together", ...game(7, { ...shape, codes: 3 }, 60, true) },
  { name: "a few cuts an axis", ...game(8, { ...shape, codes: 5, scores: 2 }, 60, false) },
];
const grouped: Player[] = [
  { name: "three", columns: [0, 5, 11] },
  { name: "two", columns: [1, 2] },
  ...singles(12).filter(({ columns: [c] }) => ![0, 1, 2, 5, 11].includes(c!)),
];

describe.each(games)("$name", ({ scores, background, weights, rows }) => {
  const columns = scores.axes.length;
  test.each([
    ["tables", undefined, singles(columns)],
    ["some tables", 20_000, singles(columns)],
    ["no table", 0, singles(columns)],
    ["no table, columns that move together", 0, columns === 12 ? grouped : singles(columns).reverse()],
  ])(
    "%s: both kernels give the same bits, alone and together, and they add up",
    (_, maxTableBytes, players) => {
      const input = { scores, players, background, weights };
      const options = maxTableBytes === undefined ? {} : { maxTableBytes };
      const compiled = ExactTrees.build(input, options);
      const plain = ExactTrees.build(input, { ...options, compiled: null });
      expect([compiled.kernel, plain.kernel]).toEqual(["webassembly", "javascript"]);
      const alone = rows.map((row) => compiled.attribute(row));
      expect(rows.map((row) => plain.attribute(row))).toEqual(alone);
      const together = Float64Array.from(alone.flatMap((each) => [...each]));
      expect(compiled.attributeRows(rows)).toEqual(together);
      expect(plain.attributeRows(rows)).toEqual(together);
      const width = scores.bias.length;
      rows.forEach((row, r) => {
        scoresOf(scores, row).forEach((score, k) => {
          let sum = compiled.base[k]!;
          for (let i = k; i < alone[r]!.length; i += width) sum += alone[r]![i]!;
          expect(Math.abs(sum - score)).toBeLessThan(1e-12);
        });
      });
    },
  );
});

describe("building in steps", () => {
  const { scores, background, weights, rows } = games[0]!;
  const input = { scores, players: singles(12), background, weights };

  test("lets others go on in between, and gives the same bits", async () => {
    let pauses = 0;
    const stepwise = await ExactTrees.buildInSteps(input, {}, async () => {
      pauses++;
    });
    expect(pauses).toBeGreaterThan(scores.trees.length);
    expect(stepwise.attributeRows(rows)).toEqual(ExactTrees.build(input).attributeRows(rows));
  });

  test("two that are built at the same time do not disturb each other", async () => {
    const other = { ...games[3]!, players: singles(12) };
    const [first, second] = await Promise.all([
      ExactTrees.buildInSteps(input, {}, async () => {}),
      ExactTrees.buildInSteps(other, {}, async () => {}),
    ]);
    expect(first!.attributeRows(rows)).toEqual(ExactTrees.build(input).attributeRows(rows));
    expect(second!.attributeRows(other.rows)).toEqual(ExactTrees.build(other).attributeRows(other.rows));
  });

  test("a fault in a pause reaches whoever asked", async () => {
    const failing = ExactTrees.buildInSteps(input, {}, async () => {
      throw new Error("stopped");
    });
    await expect(failing).rejects.toThrow("stopped");
  });
});

test("rows that are numbers alone are told apart as those of which some are computed", () => {
  const { scores, background, weights, rows } = games[6]!;
  const computed = scores.axes.map(({ scale, ...axis }) => ({
    ...axis,
    scale: { ...scale!, raw: undefined },
  }));
  const raw = scores.axes.map((axis, column) => ({
    ...axis,
    scale: { ...axis.scale!, raw: { column, single: column % 2 === 0 } },
  }));
  const [one, other] = [computed, raw].map((axes) =>
    ExactTrees.build({
      scores: { ...scores, axes } as TreeScores,
      players: singles(12),
      background,
      weights,
    }),
  );
  expect(one!.attributeRows(rows)).toEqual(other!.attributeRows(rows));
});
