import { describe, expect, test } from "vitest";
import { ClosedForm } from "../../src/explain/closed-form.ts";
import { type ExplainOptions, explain } from "../../src/explain/explain.ts";
import type { Cell, Player } from "../../src/explain/game.ts";
import { type ModelStructure, outputsOf } from "../../src/explain/structure.ts";
import { game, matrix, seed, uniform } from "./games.ts";
import { randomForest } from "./trees/forests.ts";

const COLUMNS = 9;

/** Trees behind a last function, as float32 gives their outputs, on a scale of margins. */
function boosted(n: number, post: "logistic" | "softmax" | "exponential", outputs: number, scale = 1) {
  const draw = uniform(n);
  const shape = { axes: COLUMNS, codes: 6, depth: 4, trees: 25, scores: outputs };
  const scores = randomForest(draw, shape);
  for (const tree of scores.trees) tree.values = tree.values.map((value) => value * scale);
  const structure: ModelStructure = {
    scores,
    mix: Array.from({ length: outputs }, (_, j) =>
      Array.from({ length: outputs }, (_, k) => (j === k ? 1 : 0)),
    ),
    shift: new Array<number>(outputs).fill(0),
    post: [post],
  };
  const cell = () => Math.floor(6 * draw());
  const players: Player[] = Array.from({ length: COLUMNS }, (_, c) => ({ name: `x${c}`, columns: [c] }));
  const background = matrix(30, COLUMNS, cell);
  const row = Array.from({ length: COLUMNS }, cell);
  const closedForm = new ClosedForm(structure, { players, background });
  const model = (cells: readonly Cell[]) => [...outputsOf(structure, cells)].map(Math.fround);
  const run = (options: Partial<ExplainOptions>) =>
    explain(game(model, row, background, { outputs }), { seed: seed(0), closedForm, ...options });
  return { run };
}

/** Root of the mean squared error over seeds, players and outputs. */
async function errors(
  run: (options: Partial<ExplainOptions>) => ReturnType<typeof explain>,
  control: boolean,
  seeds = 24,
): Promise<number> {
  const { attributions } = await run({ method: "exact" });
  let sum = 0;
  for (let s = 1; s <= seeds; s++) {
    const sampled = await run({ seed: seed(s), method: "permutation", control, tolerance: 1 });
    sampled.attributions.forEach((row, p) => {
      row.forEach((value, o) => {
        sum += (value - attributions[p]![o]!) ** 2;
      });
    });
  }
  return Math.sqrt(sum);
}

describe("the exact margin as control variate", () => {
  test.each([
    ["a logistic", "logistic", 1, 0.7],
    ["a softmax of three", "softmax", 3, 0.7],
    ["an exponential", "exponential", 1, 0.3],
  ] as const)("of %s leaves less error at equal rows, and the sum exact", async (_, post, outputs, scale) => {
    const { run } = boosted(outputs, post, outputs, scale);
    expect(await errors(run, true)).toBeLessThan(0.66 * (await errors(run, false)));
    const sampled = await run({ method: "permutation", control: true, tolerance: 1 });
    expect(sampled.additivityGap).toBeLessThan(1e-12);
    expect(sampled.control).toMatchObject({ link: "margin" });
    expect(sampled.control!.slopes).toHaveLength(outputs);
    expect(sampled.control!.curvatures.some((slope) => slope !== 0)).toBe(true);
    const plain = await run({ method: "permutation", tolerance: 1 });
    expect(plain).toMatchObject({ control: null, modelRows: sampled.modelRows });
    const widest = (e: typeof plain) => Math.max(...e.standardErrors.flat());
    expect(widest(sampled)).toBeLessThan(widest(plain));
  });

  test("outputs that float32 rounds to 0 or 1 do not spoil it", async () => {
    const { run } = boosted(7, "logistic", 1, 14);
    const { output, base } = await run({ method: "exact" });
    expect([output[0], base[0]].every(Number.isFinite)).toBe(true);
    const sampled = await run({ method: "permutation", control: true, tolerance: 1 });
    expect(sampled.control!.slopes.every(Number.isFinite)).toBe(true);
    expect(sampled.additivityGap).toBeLessThan(1e-12);
    expect(await errors(run, true)).toBeLessThan(1.02 * (await errors(run, false)));
  });

  test("auto uses it, the margin itself is exact, and permutations asked for by name are plain", async () => {
    const { run } = boosted(3, "logistic", 1);
    expect(await run({ method: "auto" })).toMatchObject({
      method: "permutation",
      chosen: "enumeration-costs-more",
      control: { link: "margin" },
    });
    expect(await run({ method: "auto", link: "margin" })).toMatchObject({
      method: "exact-tree",
      control: null,
    });
    expect(await run({ method: "permutation" })).toMatchObject({ chosen: "asked", control: null });
    expect(await run({ method: "auto", control: false })).toMatchObject({ control: null });
  });

  test("its 95 % intervals cover 93 to 97 % of more than 1,000 attributions", async () => {
    let covered = 0;
    let of = 0;
    for (let c = 0; c < 8; c++) {
      const { run } = boosted(40 + c, "logistic", 1, 0.7);
      const { attributions } = await run({ method: "exact" });
      for (let s = 1; s <= 16; s++) {
        const tolerance = s % 2 === 0 ? 1 : 0.02;
        const sampled = await run({ seed: seed(100 * c + s), tolerance });
        sampled.intervals.forEach(([interval], p) => {
          of++;
          const truth = attributions[p]![0]!;
          if (truth >= interval![0] - 1e-9 && truth <= interval![1] + 1e-9) covered++;
        });
      }
    }
    expect(of).toBeGreaterThanOrEqual(1000);
    expect(covered / of).toBeGreaterThanOrEqual(0.93);
    expect(covered / of).toBeLessThanOrEqual(0.97);
  });

  test("sampling that stops at a tolerance has met it in 95 % of cases", async () => {
    const tolerance = 0.02;
    let met = 0;
    let of = 0;
    for (let c = 0; c < 6; c++) {
      const { run } = boosted(60 + c, "logistic", 1, 0.7);
      const exact = (await run({ method: "exact" })).attributions.map(([value]) => value!);
      const spread = Math.max(...exact) - Math.min(...exact);
      const runs = await Promise.all(
        Array.from({ length: 20 }, (_, s) => run({ seed: seed(300 * c + s), method: "auto", tolerance })),
      );
      // Errors over the seeds, brought to one round by √rounds: the true error of a round.
      const perRound = exact.map((truth, p) =>
        Math.sqrt(
          runs.reduce((sum, r) => sum + (r.attributions[p]![0]! - truth) ** 2 * r.rounds, 0) / runs.length,
        ),
      );
      for (const one of runs) {
        expect(one.converged).toBe(true);
        of++;
        // 20 runs know a standard error to about 16 %; the largest of nine is biased upward.
        if (Math.max(...perRound) / Math.sqrt(one.rounds) <= 1.16 * tolerance * spread) met++;
      }
    }
    expect(met / of).toBeGreaterThanOrEqual(0.95);
  });
});
