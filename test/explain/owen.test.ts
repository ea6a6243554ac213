import { describe, expect, test } from "vitest";
import { type ExplainOptions, explain } from "../../src/explain/explain.ts";
import type { Cell, Player } from "../../src/explain/game.ts";
import { game, type Model, matrix, network, seed, trees, uniform } from "./games.ts";

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [i, first] of items.entries())
    for (const rest of orders(items.toSpliced(i, 1))) yield [first, ...rest];
}

/** Every order in which the columns of a player come one right after another. */
function* ordersOf(players: readonly Player[]): Generator<number[]> {
  for (const order of orders(players)) {
    const inside = order.map(({ columns }) => [...orders(columns)]);
    const pick = function* (at: number): Generator<number[]> {
      if (at === inside.length) yield [];
      else for (const own of inside[at]!) for (const rest of pick(at + 1)) yield [...own, ...rest];
    };
    yield* pick(0);
  }
}

interface Case {
  model: (row: readonly Cell[]) => number;
  row: number[];
  background: number[][];
  players: Player[];
  weights: Float64Array;
}

/** Owen's values by their definition: what each column moves the output by, over all those orders. */
function byOrders({ model, row, background, players, weights }: Case): number[] {
  const totals = row.map(() => 0);
  let count = 0;
  for (const order of ordersOf(players)) {
    count++;
    background.forEach((cells, b) => {
      const hybrid = [...cells];
      let before = model(hybrid);
      for (const column of order) {
        hybrid[column] = row[column]!;
        const after = model(hybrid);
        totals[column]! += weights[b]! * (after - before);
        before = after;
      }
    });
  }
  return totals.map((total) => total / count);
}

const PARTITIONS: number[][][] = [
  [[0, 1], [2], [3]],
  [
    [2, 0],
    [3, 1, 4],
  ],
  [[0], [1, 2, 3], [4]],
  [[4, 2], [0], [3, 1]],
  [[0, 1, 2, 3]],
];

const cases: Case[] = PARTITIONS.flatMap((partition, i) =>
  [network, trees].map((make, j) => {
    const draw = uniform(900 + 2 * i + j);
    const columns = partition.flat().length;
    const coarse = () => Math.round(3 * draw()) / 3;
    const background = matrix(4, columns, coarse);
    const raw = background.map(() => 0.2 + draw());
    const total = raw.reduce((a, b) => a + b, 0);
    return {
      model: make(columns, 5, draw),
      row: Array.from({ length: columns }, coarse),
      background,
      players: partition.map((own, p) => ({ name: `g${p}`, columns: own })),
      weights: Float64Array.from(raw, (w) => w / total),
    };
  }),
);

const run = (one: Case, options: Partial<ExplainOptions> = {}) =>
  explain(game(one.model as Model, one.row, one.background, { players: one.players, weights: one.weights }), {
    seed: seed(1),
    within: true,
    ...options,
  });

describe.each(cases.map((one, i) => ({ one, i })))("game $i, groups shared out", ({ one }) => {
  test("by enumeration: the average over every order that keeps groups together", async () => {
    const { within } = await run(one, { method: "exact" });
    byOrders(one).forEach((value, column) => {
      expect(Math.abs(within!.attributions[column]![0]! - value)).toBeLessThan(1e-12);
    });
  });

  test("by either method, columns sum to their group, whose values are those it has as one player", async () => {
    const whole = await run(one, { method: "exact", within: false });
    for (const method of ["exact", "permutation"] as const) {
      const shared = await run(one, { method, tolerance: 0.01 });
      one.players.forEach(({ columns }, p) => {
        const sum = columns.reduce((total, c) => total + shared.within!.attributions[c]![0]!, 0);
        expect(Math.abs(sum - shared.attributions[p]![0]!)).toBeLessThan(1e-12);
        const allowed = method === "exact" ? 1e-12 : 5 * shared.standardErrors[p]![0]! + 1e-12;
        expect(Math.abs(shared.attributions[p]![0]! - whole.attributions[p]![0]!)).toBeLessThan(allowed);
      });
      expect(shared.additivityGap).toBeLessThan(1e-12);
    }
  });
});

/** Too large to enumerate by the way; its truth comes from many rounds. */
function large() {
  const draw = uniform(990);
  const columns = 12;
  const partition = [[0, 1, 2, 3], [4, 5], [6], [7, 8, 9], [10], [11]];
  const one: Case = {
    model: network(columns, 6, draw),
    row: Array.from({ length: columns }, draw),
    background: matrix(20, columns, draw),
    players: partition.map((own, p) => ({ name: `g${p}`, columns: own })),
    weights: new Float64Array(20).fill(1 / 20),
  };
  return one;
}

test("sampled shares lie in their 95 % intervals 93 to 97 times in a hundred", async () => {
  const one = large();
  const exact = await run(one, { method: "exact" });
  expect(exact.method).toBe("exact-enumeration");
  let covered = 0;
  let of = 0;
  for (let s = 0; s < 60; s++) {
    const sampled = await run(one, {
      method: "permutation",
      seed: seed(s),
      tolerance: s % 2 === 0 ? 1 : 0.02,
    });
    const pairs = [
      [sampled.within!.intervals, exact.within!.attributions],
      [sampled.intervals, exact.attributions],
    ] as const;
    for (const [intervals, truths] of pairs)
      intervals.forEach(([interval], i) => {
        of++;
        if (truths[i]![0]! >= interval![0] - 1e-12 && truths[i]![0]! <= interval![1] + 1e-12) covered++;
      });
  }
  expect(of).toBeGreaterThanOrEqual(1000);
  expect(covered / of).toBeGreaterThanOrEqual(0.93);
  expect(covered / of).toBeLessThanOrEqual(0.97);
});

describe("axioms", () => {
  const base = { background: matrix(3, 5, uniform(7)), row: [0.1, 0.9, 0.4, 0.6, 0.3] };
  const players = [
    { name: "pair", columns: [0, 1] },
    { name: "three", columns: [2, 3, 4] },
  ];
  const weights = new Float64Array(3).fill(1 / 3);
  const owen = async (model: Case["model"]) =>
    (await run({ ...base, model, players, weights }, { method: "exact" })).within!.attributions.map(
      ([v]) => v!,
    );

  test("a column that the model does not look at gets nothing", async () => {
    const values = await owen((cells) => Math.tanh((cells[0] as number) * (cells[3] as number)));
    expect([values[1], values[2], values[4]]).toEqual([0, 0, 0]);
  });

  test("columns of one group that the model cannot tell apart get the same", async () => {
    const background = base.background.map((cells) => cells.with(3, cells[2]!));
    const model: Case["model"] = (cells) =>
      (cells[2] as number) * (cells[3] as number) * (1 + (cells[0] as number));
    const same = { model, row: [0.1, 0.9, 0.5, 0.5, 0.3], background, players, weights };
    const { within } = await run(same, { method: "exact" });
    const [, , [c], [d]] = within!.attributions as [number[], number[], number[], number[]];
    expect(Math.abs(c! - d!)).toBeLessThan(1e-15);
    expect(c).not.toBe(0);
  });

  test("values of a sum of models are the sums of their values", async () => {
    const [one, two] = [network(5, 4, uniform(1)), trees(5, 6, uniform(2))];
    const [a, b] = [await owen(one), await owen(two)];
    (await owen((cells) => 2 * one(cells) - 3 * two(cells))).forEach((value, i) => {
      expect(Math.abs(value - (2 * a[i]! - 3 * b[i]!))).toBeLessThan(1e-12);
    });
  });
});

test("where every group is one column, shares are the attributions, and nobody is asked for them twice", async () => {
  const one = {
    ...large(),
    players: Array.from({ length: 12 }, (_, c) => ({ name: `x${c}`, columns: [c] })),
  };
  const shared = await run(one, { method: "permutation", tolerance: 1 });
  const plain = await run(one, { method: "permutation", tolerance: 1, within: false });
  expect(shared.within!.attributions).toEqual(shared.attributions);
  expect(plain.within).toBeNull();
  expect(shared.modelRows).toBeGreaterThan(0.9 * plain.modelRows);
});
