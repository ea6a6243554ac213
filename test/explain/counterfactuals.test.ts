import { describe, expect, test } from "vitest";
import { outputRange, toldApart } from "../../src/explain/bounds.ts";
import {
  type CounterfactualSearch,
  type Counterfactuals,
  findCounterfactuals,
} from "../../src/explain/counterfactuals.ts";
import type { Cell } from "../../src/explain/game.ts";
import { below, type Random32, seededRandom, seedFromInteger } from "../../src/explain/random.ts";
import { type Changeable, type Reachable, reachableFrom } from "../../src/explain/reachable.ts";
import { type ModelStructure, outputsOf, type Tree } from "../../src/explain/structure.ts";
import { rejection } from "./codes.ts";

const unit = (random: Random32) => random() / 2 ** 32;

interface Case {
  row: Cell[];
  background: Cell[][];
  changeable: Changeable[];
  model: (row: readonly Cell[]) => number;
  threshold: number;
}

const COLOURS = ["red", "green", "blue", "black"];
const numberAt = (row: readonly Cell[], column: number) => row[column] as number;
const asNumber = (cell: Cell) => (typeof cell === "number" ? cell / 10 : COLOURS.indexOf(cell) - 1.5);

/** Six columns, the last two categories; only four may be changed, each in its own way. */
function caseOf(
  seed: number,
  model: (random: Random32) => (row: readonly Cell[]) => number,
  hardness: number,
): Case {
  const random = seededRandom(seedFromInteger(seed));
  const draw = (): Cell[] => [
    below(40, random),
    Math.round(1000 * unit(random)) / 100,
    below(40, random),
    Math.round(1000 * unit(random)) / 100,
    COLOURS[below(4, random)]!,
    COLOURS[below(4, random)]!,
  ];
  const background = Array.from({ length: 30 }, draw);
  const score = model(random);
  const row = draw();
  const scores = background.map(score).sort((a, b) => a - b);
  const now = score(row);
  // Some way above the row's own score, up to what hardly any row of the background has.
  const above = scores.filter((value) => value > now);
  const threshold = above[Math.floor(hardness * (above.length - 1))] ?? now + 0.01;
  const changeable: Changeable[] = [
    { column: 0, kind: "number", whole: true, direction: "any", min: 0, max: 39, step: 3 },
    { column: 1, kind: "number", whole: false, direction: "up", min: 2, max: 8, edges: [3, 7] },
    { column: 2, kind: "number", whole: true, direction: "down", min: 5, max: 39, effort: 2 },
    { column: 5, kind: "category", direction: "any", values: COLOURS, allowed: ["green", "black"] },
  ];
  return { row, background, changeable, model: score, threshold };
}

/** Smooth and with interactions, as a small network. */
const network = (random: Random32) => {
  const weights = Array.from({ length: 8 }, () => Array.from({ length: 6 }, () => unit(random) - 0.5));
  const out = weights.map(() => unit(random) - 0.5);
  return (row: readonly Cell[]) =>
    weights.reduce(
      (sum, own, h) =>
        sum + out[h]! * Math.tanh(own.reduce((total, w, c) => total + w * asNumber(row[c]!), 0)),
      0,
    );
};

/** A sum of trees of depth 3, with thresholds between values. */
const forest = (random: Random32) => {
  const trees = Array.from({ length: 12 }, () =>
    Array.from({ length: 7 }, () => ({ column: below(6, random), at: 4 * unit(random) - 0.1 })),
  );
  const leaves = trees.map(() => Array.from({ length: 8 }, () => unit(random) - 0.5));
  return (row: readonly Cell[]) =>
    trees.reduce((sum, nodes, t) => {
      let node = 0;
      while (node < 7) node = 2 * node + (asNumber(row[nodes[node]!.column]!) <= nodes[node]!.at ? 1 : 2);
      return sum + leaves[t]![node - 7]!;
    }, 0);
};

const searchOf = (given: Case, reachable: Reachable[]): CounterfactualSearch & { rows: Cell[][] } => {
  const rows: Cell[][] = [];
  return {
    rows,
    row: given.row,
    reachable,
    outputs: 1,
    async predict(asked) {
      rows.push(...asked.map((row) => [...row]));
      return Float64Array.from(asked, given.model);
    },
    judge: ([score]) => ({ wanted: score! >= given.threshold, nearness: score! }),
  };
};

/** By trying everything of one and two changes, with no heap and no order. */
function byForce({ row, model, threshold }: Case, reachable: readonly Reachable[]) {
  const best = new Map<string, number>();
  const changes = reachable.map(({ column, options }) => [
    { column, cell: row[column]!, cost: 0 },
    ...options.map((option) => ({ column, ...option })),
  ]);
  for (let i = 0; i < changes.length; i++)
    for (let j = i + 1; j < changes.length; j++)
      for (const a of changes[i]!)
        for (const b of changes[j]!) {
          const moved = [a, b].filter(({ cost }) => cost > 0);
          const changed = row.with(a.column, a.cell).with(b.column, b.cell);
          if (moved.length === 0 || model(changed) < threshold) continue;
          const key = moved.map(({ column }) => column).join();
          best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, a.cost + b.cost));
        }
  return best;
}

const changedColumns = ({ found }: Counterfactuals) =>
  found.map(({ changes }) => changes.map(({ column }) => column).join());

describe.each([
  ["a network", network],
  ["trees", forest],
])("counterfactuals of %s", (_, model) => {
  const cases = Array.from({ length: 24 }, (_, i) => caseOf(i + 1, model, (i % 4) / 4));

  test("flip the outcome, and change only what may be changed, as far as it may", async () => {
    let found = 0;
    for (const given of cases) {
      const reachable = reachableFrom(given.changeable, given.row, given.background);
      const result = await findCounterfactuals(searchOf(given, reachable));
      for (const { changes, outputs } of result.found) {
        found += 1;
        const changed = changes.reduce<Cell[]>((row, { column, to }) => row.with(column, to), given.row);
        expect(given.model(changed)).toBe(outputs[0]);
        expect(outputs[0]).toBeGreaterThanOrEqual(given.threshold);
        for (const { column, from, to } of changes) {
          expect(from).toBe(given.row[column]);
          expect([0, 1, 2, 5]).toContain(column);
          if (column === 0) expect([numberAt([to], 0) % 3, to === from]).toEqual([0, false]);
          if (column === 1) expect(to > from && Number(to) >= 2 && Number(to) <= 8).toBe(true);
          if (column === 2) expect(to < from && Number.isInteger(to) && Number(to) >= 5).toBe(true);
          if (column === 5) expect(["green", "black"]).toContain(to);
        }
      }
    }
    expect(found).toBeGreaterThan(20);
  });

  test("are as small as brute force finds them", async () => {
    for (const given of cases) {
      const reachable = reachableFrom(given.changeable, given.row, given.background);
      const best = byForce(given, reachable);
      const { found } = await findCounterfactuals(searchOf(given, reachable));
      const fewest = Math.min(...[...best.keys()].map((key) => key.split(",").length));
      if (best.size === 0) {
        expect(found.every(({ changes }) => changes.length > 2)).toBe(true);
        continue;
      }
      expect(found[0]!.changes).toHaveLength(fewest);
      const least = [...best]
        .filter(([key]) => key.split(",").length === fewest)
        .map(([, cost]) => cost)
        .sort((a, b) => a - b);
      expect(found[0]!.cost).toBeCloseTo(least[0]!, 12);
      for (const { changes, cost } of found)
        if (changes.length <= 2)
          expect(cost).toBeCloseTo(best.get(changes.map(({ column }) => column).join())!, 12);
    }
  });

  test("are at most three, of different features, more of them only where that costs less", async () => {
    for (const given of cases) {
      const reachable = reachableFrom(given.changeable, given.row, given.background);
      const result = await findCounterfactuals(searchOf(given, reachable));
      const sets = changedColumns(result);
      expect(sets.length).toBeLessThanOrEqual(3);
      expect(new Set(sets).size).toBe(sets.length);
      result.found.forEach((one, i) => {
        for (const other of result.found.slice(0, i)) {
          const columns = one.changes.map(({ column }) => column);
          if (other.changes.every(({ column }) => columns.includes(column)))
            expect(one.cost).toBeLessThan(other.cost);
        }
      });
    }
  });

  test("say that there is none exactly where no combination of all of them flips it", async () => {
    let none = 0;
    for (const given of cases.map((one) => ({ ...one, threshold: one.threshold + 0.2 }))) {
      // Few enough values that everything can be tried here, too.
      const reachable = reachableFrom(given.changeable, given.row, given.background).map(
        ({ column, options }) => ({ column, options: options.slice(-4) }),
      );
      const { found, exhaustive } = await findCounterfactuals(searchOf(given, reachable));
      const rows = reachable.reduce<Cell[][]>(
        (all, { column, options }) =>
          all.flatMap((row) => [row, ...options.map(({ cell }) => row.with(column, cell))]),
        [given.row],
      );
      expect(exhaustive).toBe(true);
      expect(found.length > 0).toBe(rows.some((row) => given.model(row) >= given.threshold));
      none += Number(found.length === 0);
    }
    expect(none).toBeGreaterThan(0);
  });

  test("are the same each time, and no row is evaluated twice until more than two things change", async () => {
    for (const given of cases.slice(0, 8)) {
      const reachable = reachableFrom(given.changeable, given.row, given.background);
      const [one, two] = [searchOf(given, reachable), searchOf(given, reachable)];
      const results = [await findCounterfactuals(one), await findCounterfactuals(two)];
      expect(results[0]).toEqual(results[1]);
      expect(one.rows).toEqual(two.rows);
      expect(results[0]!.modelRows).toBe(one.rows.length);
      const simple = one.rows.filter((row) => row.filter((cell, c) => cell !== given.row[c]).length <= 2);
      expect(new Set(simple.map(String)).size).toBe(simple.length);
    }
  });
});

describe("a search", () => {
  const far: Case = {
    row: new Array<Cell>(8).fill(0),
    background: Array.from({ length: 20 }, (_, i) => new Array<Cell>(8).fill(i)),
    changeable: Array.from({ length: 8 }, (_, column) => ({
      column,
      kind: "number",
      whole: true,
      direction: "up",
      min: 0,
      max: 20,
      step: 1,
    })),
    model: (row) => row.reduce<number>((sum, cell) => sum + Number(cell), 0),
    threshold: 45,
  };
  const reachable = reachableFrom(far.changeable, far.row, far.background);

  test("goes on from what came nearest where two changes are not enough, and gives back what it need not take", async () => {
    const { found, modelRows } = await findCounterfactuals(searchOf(far, reachable));
    expect(found[0]!.changes).toHaveLength(3);
    expect(
      far.model(found[0]!.changes.reduce<Cell[]>((row, { column, to }) => row.with(column, to), far.row)),
    ).toBe(45);
    expect(modelRows).toBeLessThanOrEqual(5_000);
  });

  test("keeps to its budget, and then does not say that there is none", async () => {
    for (const maxModelRows of [1, 7, 300, 4_000]) {
      const search = { ...searchOf({ ...far, threshold: 1_000 }, reachable), maxModelRows };
      expect(await findCounterfactuals(search)).toMatchObject({ found: [], exhaustive: false });
      expect(search.rows.length).toBeLessThanOrEqual(maxModelRows);
    }
  });

  test("over nothing that may be changed finds nothing, without asking the model", async () => {
    expect(reachableFrom([], far.row, far.background)).toEqual([]);
    expect(await findCounterfactuals(searchOf(far, []))).toEqual({
      found: [],
      exhaustive: true,
      modelRows: 0,
    });
  });

  test("refuses a model that gives no number, or another count of them", async () => {
    const search = searchOf(far, reachable);
    const broken = {
      ...search,
      predict: async (rows: readonly unknown[]) => new Float64Array(rows.length).fill(NaN),
    };
    expect(await rejection(findCounterfactuals(broken))).toBe("prediction_not_finite");
    expect(await rejection(findCounterfactuals({ ...search, outputs: 2 }))).toBe("prediction_shape");
    expect(await rejection(findCounterfactuals({ ...search, most: 0 }))).toBe("invalid_option");
  });
});

describe("what is within reach", () => {
  const column = (values: Cell[]) => values.map((value) => [value]);
  const options = (change: object, from: Cell, background: Cell[][] = column([0, 10, 20])) =>
    reachableFrom([{ column: 0, ...change } as Changeable], [from], background)[0]?.options ?? [];

  test("of a number lies on its steps, between its ends, nearest first", () => {
    const change = { kind: "number", whole: false, direction: "any", min: 0.15, max: 0.75, step: 0.1 };
    expect(options(change, 0.41).map(({ cell }) => cell)).toEqual([0.4, 0.5, 0.3, 0.6, 0.2, 0.7]);
    expect(options({ ...change, direction: "up" }, 0.41).map(({ cell }) => cell)).toEqual([0.5, 0.6, 0.7]);
    expect(options({ ...change, direction: "down" }, 0.1)).toEqual([]);
  });

  test("of a number costs its distance in median absolute deviations, times the effort", () => {
    const change = { kind: "number", whole: true, direction: "up", min: 0, max: 40, step: 20 };
    expect(options(change, 0)).toEqual([
      { cell: 20, cost: 2 },
      { cell: 40, cost: 4 },
    ]);
    expect(options({ ...change, effort: 3 }, 0)[0]).toEqual({ cell: 20, cost: 6 });
    // Most rows alike: the mean deviation; all alike: the range.
    expect(options(change, 0, column([5, 5, 5, 5, 9]))[0]!.cost).toBeCloseTo(20 / 0.8, 12);
    expect(options(change, 0, column([5, 5]))[0]!.cost).toBe(0.5);
  });

  test("of a missing number is nothing: nobody knows which way is up", () => {
    const change = { kind: "number", whole: false, direction: "any", min: 0, max: 1, step: 0.5 };
    expect(options(change, Number.NaN)).toEqual([]);
  });

  test("of a category goes up and down in the order of its values, to those that are allowed", () => {
    const values = ["none", "little", "some", "much"];
    const change = { kind: "category", values, direction: "up" };
    expect(options(change, "little")).toEqual([
      { cell: "some", cost: 1 },
      { cell: "much", cost: 2 },
    ]);
    expect(options({ ...change, direction: "down", effort: 2 }, "some")).toEqual([
      { cell: "little", cost: 2 },
      { cell: "none", cost: 4 },
    ]);
    expect(options({ ...change, direction: "any", allowed: ["much", "little"] }, "little")).toEqual([
      { cell: "much", cost: 1 },
    ]);
  });

  test("leaves out values that the model cannot tell from one that is nearer", () => {
    const change: Changeable = {
      column: 0,
      kind: "number",
      whole: true,
      direction: "up",
      min: 0,
      max: 30,
      step: 1,
    };
    const [only] = reachableFrom([change], [3], column([0, 10, 20]), (_, cell) =>
      String(Math.floor(Number(cell) / 10)),
    );
    expect(only!.options.map(({ cell }) => cell)).toEqual([10, 20, 30]);
  });
});

describe("the range of a model's outputs", () => {
  const tree = (column: number, cut: number, values: [number, number]): Tree => ({
    axis: Int32Array.of(column, -1, -1),
    low: Int32Array.of(0, 0, 0),
    high: Int32Array.of(cut, 0, 0),
    sets: new Map(),
    yes: Int32Array.of(1, 0, 0),
    no: Int32Array.of(2, 0, 0),
    leaf: Int32Array.of(0, 0, 1),
    targets: [0],
    values: Float64Array.from(values),
  });
  const axis = (column: number) => ({
    sources: [column],
    codes: 10,
    code: (row: readonly Cell[]) => Number(row[column]),
  });
  const structure: ModelStructure = {
    scores: {
      kind: "trees",
      axes: [axis(0), axis(1)],
      trees: [tree(0, 5, [-1, 2]), tree(0, 7, [0.5, -0.25]), tree(1, 3, [4, 1])],
      bias: [0.1],
    },
    mix: [[-1], [1]],
    shift: [0, 0],
    post: ["softmax"],
  };
  const move = (column: number, cells: number[]): Reachable => ({
    column,
    options: cells.map((cell) => ({ cell, cost: 1 })),
  });

  test("holds every output that the changes can give, and is the output where nothing moves", () => {
    const row = [2, 2];
    const still = outputRange(structure, row, [])!;
    expect([...still.low]).toEqual([...outputsOf(structure, row)]);
    expect([...still.high]).toEqual([...still.low]);
    const reachable = [move(0, [4, 6, 8]), move(1, [1, 5])];
    const range = outputRange(structure, row, reachable)!;
    for (const a of [2, 4, 6, 8])
      for (const b of [2, 1, 5])
        outputsOf(structure, [a, b]).forEach((value, j) => {
          expect(value).toBeGreaterThanOrEqual(range.low[j]! - 1e-12);
          expect(value).toBeLessThanOrEqual(range.high[j]! + 1e-12);
        });
  });

  test("is exact for weighted columns, however many a feature has", () => {
    const indicator = (value: number) => ({
      sources: [0],
      value: (row: readonly Cell[]) => Number(row[0] === value),
    });
    const linear: ModelStructure = {
      scores: {
        kind: "linear",
        columns: [indicator(1), indicator(2), { sources: [1], value: (row) => Number(row[1]) }],
        weights: [[3, 5, -2]],
        bias: [1],
      },
      mix: [[1]],
      shift: [0],
      post: [],
    };
    const range = outputRange(linear, [0, 4], [move(0, [1, 2]), move(1, [1, 6])])!;
    expect([range.low[0], range.high[0]]).toEqual([1 - 12, 1 + 5 - 2]);
  });

  test("is not given where two moving features make one column", () => {
    const product = { sources: [0, 1], value: (row: readonly Cell[]) => Number(row[0]) * Number(row[1]) };
    const mixed: ModelStructure = {
      ...structure,
      scores: { kind: "linear", columns: [product], weights: [[1]], bias: [0] },
    };
    expect(outputRange(mixed, [1, 1], [move(0, [2]), move(1, [2])])).toBeNull();
    expect(outputRange(mixed, [1, 1], [move(0, [2])])).not.toBeNull();
  });

  test("tells values apart as the trees do", () => {
    const tell = toldApart(structure, [2, 2]);
    expect(tell(0, 3)).not.toBe(tell(0, 4));
    expect(
      toldApart({ ...structure, scores: { kind: "linear", columns: [], weights: [], bias: [] } }, [])(0, 1),
    ).toBe(undefined);
  });
});
