import { describe, expect, test } from "vitest";
import { type Explanation, explain } from "../../src/explain/explain.ts";
import { game, type Model, matrix, network, seed, trees, uniform } from "./games.ts";

interface Case {
  model: Model;
  row: number[];
  background: number[][];
}

function randomCase(n: number, make: typeof network, columns: number, rows: number): Case {
  const draw = uniform(n);
  return {
    model: make(columns, make === network ? 6 : 25, draw),
    row: Array.from({ length: columns }, draw),
    background: matrix(rows, columns, draw),
  };
}

const exactly = ({ model, row, background }: Case) =>
  explain(game(model, row, background), { seed: seed(0), method: "exact" });

/** How often, and out of how many, the true attribution lies in its interval. */
function coverage(exact: Explanation, sampled: Explanation): [covered: number, of: number] {
  let covered = 0;
  sampled.intervals.forEach(([interval], p) => {
    const truth = exact.attributions[p]![0]!;
    if (truth >= interval![0] - 1e-12 && truth <= interval![1] + 1e-12) covered++;
  });
  return [covered, sampled.intervals.length];
}

describe("95 % intervals cover 93 to 97 % of more than 1,000 attributions", () => {
  test.each([
    ["a network, two rounds", network, 1],
    ["trees, two rounds", trees, 1],
    ["a network, stopped at 2 %", network, 0.02],
    ["trees, stopped at 2 %", trees, 0.02],
  ] as const)("%s", async (_, make, tolerance) => {
    let covered = 0;
    let of = 0;
    for (let c = 0; c < 10; c++) {
      const one = randomCase(2000 + c, make, 8, 25);
      const exact = await exactly(one);
      for (let s = 0; s < 16; s++) {
        const g = game(one.model, one.row, one.background);
        const sampled = await explain(g, { seed: seed(100 * c + s), method: "permutation", tolerance });
        const [hits, values] = coverage(exact, sampled);
        covered += hits;
        of += values;
      }
    }
    expect(of).toBeGreaterThanOrEqual(1000);
    expect(covered / of).toBeGreaterThanOrEqual(0.93);
    expect(covered / of).toBeLessThanOrEqual(0.97);
  });

  test("where a feature differs from one or two background rows only, intervals err on the wide side", async () => {
    let covered = 0;
    let of = 0;
    for (let c = 0; c < 12; c++) {
      const one = randomCase(2500 + c, c % 2 === 0 ? network : trees, 7, 12);
      one.background.forEach((row, b) => {
        if (b > 0) row[0] = one.row[0]!;
        if (b > 1) row[1] = one.row[1]!;
      });
      const exact = await exactly(one);
      for (let s = 0; s < 12; s++) {
        const g = game(one.model, one.row, one.background);
        const sampled = await explain(g, { seed: seed(100 * c + s), method: "permutation", tolerance: 1 });
        for (const p of [0, 1]) {
          const truth = exact.attributions[p]![0]!;
          const [lower, upper] = sampled.intervals[p]![0]!;
          if (truth >= lower - 1e-12 && truth <= upper + 1e-12) covered++;
          of++;
        }
      }
    }
    expect(covered / of).toBeGreaterThanOrEqual(0.95);
  });
});

describe("early stop", () => {
  test("the true standard error is within the tolerance in 95 % of cases", async () => {
    const tolerance = 0.02;
    let met = 0;
    let of = 0;
    for (let c = 0; c < 10; c++) {
      const one = randomCase(3000 + c, c % 2 === 0 ? network : trees, 8, 25);
      const exact = (await exactly(one)).attributions.map((row) => row[0]!);
      const spread = Math.max(...exact) - Math.min(...exact);
      const runs: Explanation[] = [];
      for (let s = 0; s < 20; s++) {
        const g = game(one.model, one.row, one.background);
        runs.push(await explain(g, { seed: seed(100 * c + s), method: "permutation", tolerance }));
      }
      // Errors over the seeds, brought to one round by √rounds: the true error of a round.
      const perRound = exact.map((truth, p) =>
        Math.sqrt(
          runs.reduce((sum, r) => sum + (r.attributions[p]![0]! - truth) ** 2 * r.rounds, 0) / runs.length,
        ),
      );
      for (const run of runs) {
        expect(run.converged).toBe(true);
        const own = run.attributions.map((row) => row[0]!);
        const claimed = Math.max(...run.standardErrors.map((row) => row[0]!));
        expect(claimed).toBeLessThanOrEqual(tolerance * (Math.max(...own) - Math.min(...own)));
        of++;
        // 20 runs know a standard error to about 16 %; the largest of eight is biased upward.
        if (Math.max(...perRound) / Math.sqrt(run.rounds) <= 1.16 * tolerance * spread) met++;
      }
    }
    expect(met / of).toBeGreaterThanOrEqual(0.95);
  });

  test("one output can decide alone", async () => {
    const one = randomCase(3100, network, 8, 20);
    const other = randomCase(3101, network, 8, 20).model;
    const model: Model = (cells) => [
      0.5 * (cells[0] as number) - (cells[1] as number),
      other(cells) as number,
    ];
    const run = (output?: number) =>
      explain(game(model, one.row, one.background, { outputs: 2 }), {
        seed: seed(1),
        method: "permutation",
        tolerance: 0.005,
        ...(output === undefined ? {} : { output }),
      });
    const [linear, hard, all] = [await run(0), await run(1), await run()];
    expect(linear.rounds).toBe(2);
    expect(hard.rounds).toBeGreaterThan(2);
    expect(all.rounds).toBe(hard.rounds);
  });
});

test("errors fall as rounds are added, and each round hands over a usable explanation", async () => {
  const one = randomCase(3200, network, 10, 30);
  const rounds: Explanation[] = [];
  const last = await explain(game(one.model, one.row, one.background), {
    seed: seed(4),
    tolerance: 0,
    maxModelRows: 12_000,
    onRound: (explanation) => rounds.push(explanation),
  });
  expect(rounds.map((r) => r.rounds)).toEqual(Array.from({ length: last.rounds - 1 }, (_, i) => i + 2));
  expect(rounds.at(-1)).toEqual(last);
  for (const r of rounds) expect(r.additivityGap).toBeLessThan(1e-12);
  const largest = (r: Explanation) => Math.max(...r.standardErrors.map((row) => row[0]!));
  expect(largest(last)).toBeLessThan(0.6 * largest(rounds[0]!));
  expect(last.converged).toBe(false);
  expect(last.modelRows).toBeLessThanOrEqual(12_000);
});

test("own orders a background row beat one order for all, at equal rounds", async () => {
  let own = 0;
  let shared = 0;
  for (let c = 0; c < 4; c++) {
    const one = randomCase(3300 + c, trees, 8, 100);
    const exact = (await exactly(one)).attributions.map((row) => row[0]!);
    for (let s = 0; s < 6; s++) {
      const sampled = await explain(game(one.model, one.row, one.background), {
        seed: seed(50 * c + s),
        method: "permutation",
        tolerance: 1,
      });
      const order = uniform(50 * c + s);
      const totals = new Array<number>(8).fill(0);
      for (let round = 0; round < 2; round++) {
        const players = totals.map((_, p) => ({ p, at: order() })).sort((a, b) => a.at - b.at);
        for (const walk of [players, players.toReversed()])
          for (const cells of one.background) {
            const hybrid = [...cells];
            for (const { p } of walk) {
              const before = one.model(hybrid) as number;
              hybrid[p] = one.row[p]!;
              totals[p]! += ((one.model(hybrid) as number) - before) / (4 * one.background.length);
            }
          }
      }
      exact.forEach((truth, p) => {
        own += (sampled.attributions[p]![0]! - truth) ** 2;
        shared += (totals[p]! - truth) ** 2;
      });
    }
  }
  expect(Math.sqrt(own)).toBeLessThan(0.6 * Math.sqrt(shared));
});
