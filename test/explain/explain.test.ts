import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { canonicalize } from "../../audit/canonical.ts";
import { ExplainError } from "../../src/explain/errors.ts";
import { ALGORITHM_VERSION, type ExplainOptions, explain } from "../../src/explain/explain.ts";
import type { Cell, Game } from "../../src/explain/game.ts";
import { rejection } from "./codes.ts";
import { game, matrix, network, seed, uniform } from "./games.ts";

function smooth(columns: number, rows: number, n = 1) {
  const draw = uniform(n);
  const model = network(columns, 6, draw);
  const row = Array.from({ length: columns }, draw);
  return { model, row, background: matrix(rows, columns, draw) };
}

describe("reproducibility", () => {
  test("one seed gives one string of bytes, also with many explanations interleaved", async () => {
    const { model, row, background } = smooth(9, 20);
    const run = (n: number, pause?: () => Promise<void>) =>
      explain(game(model, row, background, pause ? { pause } : {}), {
        seed: seed(n),
        tolerance: 0.01,
      }).then((e) => JSON.stringify(e));
    const alone = [];
    for (let n = 0; n < 8; n++) alone.push(await run(n));
    const order = uniform(77);
    const together = await Promise.all(
      alone.map((_, n) => run(n, () => new Promise((done) => setTimeout(done, 4 * order())))),
    );
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBe(8);
  });

  test("keys come in a fixed order and every value survives JSON", async () => {
    const { model, row, background } = smooth(7, 5);
    const result = await explain(game(model, row, background), { seed: seed(1) });
    expect(Object.keys(result)).toEqual([
      "method",
      "chosen",
      "link",
      "control",
      "base",
      "output",
      "distance",
      "attributions",
      "standardErrors",
      "intervals",
      "within",
      "seed",
      "modelRows",
      "modelRowsSaved",
      "rounds",
      "converged",
      "tolerance",
      "maxModelRows",
      "additivityGap",
      "digests",
    ]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("a recorded number of rows as the budget, or of rounds, replays the decision", async () => {
    const { model, row, background } = smooth(9, 20);
    const options = { seed: seed(3), tolerance: 0.004, maxModelRows: 4000 };
    const decided = await explain(game(model, row, background), options);
    expect(decided.converged).toBe(false);
    const { modelRows, rounds } = decided;
    const replayed = await explain(game(model, row, background), { ...options, maxModelRows: modelRows });
    expect(replayed).toEqual({ ...decided, maxModelRows: modelRows });
    // Rounds replay it although the tolerance would have stopped it earlier or the budget refused it.
    for (const other of [{ tolerance: 1 }, { maxModelRows: 10 }]) {
      const again = await explain(game(model, row, background), { ...options, ...other, rounds });
      expect(again.attributions).toEqual(decided.attributions);
      expect(again).toMatchObject({ modelRows, rounds, intervals: decided.intervals });
    }
  });

  test("members in whatever order serialise to the same bytes", async () => {
    const { model, row, background } = smooth(7, 5);
    const run = () => explain(game(model, row, background), { seed: seed(1) });
    const [one, other] = [await run(), await run()];
    const turned = Object.fromEntries(Object.entries(other).toReversed());
    expect(canonicalize(turned)).toBe(canonicalize(one));
    expect(JSON.parse(canonicalize(one))).toEqual(one);
  });

  test("digests tell models, backgrounds, weights and algorithms apart", async () => {
    const { model, row, background } = smooth(3, 4);
    const run = async (rows: Cell[][], more = {}, digests = {}) =>
      (await explain(game(model, row, rows, more), { seed: seed(1), digests })).digests;
    const plain = await run(background);
    expect(plain.algorithm).toBe(createHash("sha256").update(ALGORITHM_VERSION).digest("hex"));
    expect(plain.model).toBeNull();
    expect(await run([...background])).toEqual(plain);
    const zeros = background.map((cells) => cells.with(0, 0));
    const different = [
      plain.background,
      (await run(zeros)).background,
      (await run(zeros.map((cells) => cells.with(0, -0)))).background,
      (await run(background, { weights: Float64Array.of(0.1, 0.2, 0.3, 0.4) })).background,
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(await run(background, {}, { model: "m", background: "b" })).toMatchObject({
      model: "m",
      background: "b",
    });
  });

  test("the algorithm's version names its constants", () => {
    expect(ALGORITHM_VERSION).toMatch(/^motivo-explain\/4;.*tolerance=0\.02;.*max-model-rows=20000/);
  });
});

describe("model rows", () => {
  test("no row is evaluated twice, and the count is of those evaluated", async () => {
    const draw = uniform(2);
    const { model } = smooth(8, 1);
    const background = matrix(40, 8, () => Math.round(2 * draw()));
    const g = game(model, [0, 1, 2, 0, 1, 2, 0, 1], background);
    const result = await explain(g, { seed: seed(1), method: "permutation", tolerance: 0.002 });
    expect(new Set(g.seen).size).toBe(g.seen.length);
    expect(result.modelRows).toBe(g.seen.length);
    expect(result.modelRows + result.modelRowsSaved).toBe(result.rounds * 40 * (2 * 8 + 1));
    expect(result.modelRowsSaved).toBeGreaterThan(0.3 * result.modelRows);
  });

  test("background rows and explained row are evaluated once, first two rounds while others are named", async () => {
    const { model, row, background } = smooth(10, 15);
    const g = game(model, row, [...background, ...background, row]);
    const result = await explain(g, { seed: seed(1), tolerance: 1 });
    // The background and the first rows as soon as there are some hundreds, then the rest.
    expect(g.calls).toBe(2);
    expect(result.rounds).toBe(2);
    // 15 different rows, each on two walks of its own a round: at most 1 + 15 · (1 + 2 · 2 · 2 · 9).
    expect(result.modelRows).toBeLessThanOrEqual(1 + 15 * 73);
    expect(result.modelRows).toBeGreaterThan(15 * 37);
  });

  test("the budget is never exceeded, by the counted rows", async () => {
    const { model, row, background } = smooth(9, 12);
    for (const maxModelRows of [450, 700, 1000, 1500]) {
      const g = game(model, row, background);
      const result = await explain(g, { seed: seed(1), tolerance: 0, maxModelRows });
      expect(g.seen.length).toBeLessThanOrEqual(maxModelRows);
      expect(result.modelRows).toBe(g.seen.length);
    }
  });

  test("too small a budget is refused before the model is asked, saying what it takes", async () => {
    const { model, row, background } = smooth(9, 12);
    const g = game(model, row, background);
    const refused = await explain(g, { seed: seed(1), maxModelRows: 100 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ExplainError);
    const { code, figures } = refused as ExplainError;
    expect(code).toBe("budget_too_small");
    expect(g.calls).toBe(0);
    const fits = await explain(game(model, row, background), {
      seed: seed(1),
      maxModelRows: figures.needed!,
    });
    expect(fits.modelRows).toBe(figures.needed);
    expect(await rejection(explain(g, { seed: seed(1), maxModelRows: figures.needed! - 1 }))).toBe(
      "budget_too_small",
    );
  });

  test("a row equal to the whole background costs one model row and explains nothing", async () => {
    const g = game(
      () => 0.7,
      [1, "a"],
      [
        [1, "a"],
        [1, "a"],
      ],
    );
    const result = await explain(g, { seed: seed(1), method: "permutation" });
    expect(result).toMatchObject({ modelRows: 1, attributions: [[0], [0]], base: [0.7], converged: true });
  });

  test("a game whose coalitions are all known ends without new rows", async () => {
    const { model, row, background } = smooth(5, 1);
    const options = { seed: seed(1), method: "permutation", tolerance: 0 } as const;
    const result = await explain(game(model, row, background), options);
    expect(result.modelRows).toBe(32);
    expect(result.rounds).toBe(512);
  });
});

describe("auto", () => {
  test("enumerates up to five features that vary, and samples above", async () => {
    for (const [columns, method, chosen] of [
      [3, "exact-enumeration", "enumeration-costs-less"],
      [5, "exact-enumeration", "enumeration-costs-less"],
      [7, "permutation", "enumeration-costs-more"],
    ] as const) {
      const { model, row, background } = smooth(columns, 10);
      const result = await explain(game(model, row, background), { seed: seed(1) });
      expect(result).toMatchObject({ method, chosen });
    }
  });

  test("counts the features that vary, not those there are", async () => {
    const { model, row, background } = smooth(12, 10);
    const near = background.map((cells, b) => row.map((cell, i) => (i % 4 === b % 4 ? cells[i]! : cell)));
    const result = await explain(game(model, row, near), { seed: seed(1) });
    expect(result).toMatchObject({ method: "exact-enumeration", rounds: 0, modelRows: 1 + 10 * 7 });
  });

  test("says when a method was asked for", async () => {
    const { model, row, background } = smooth(4, 5);
    for (const method of ["permutation", "exact"] as const)
      expect((await explain(game(model, row, background), { seed: seed(1), method })).chosen).toBe("asked");
  });

  test("exact has no error and no rounds", async () => {
    const { model, row, background } = smooth(6, 5);
    const result = await explain(game(model, row, background), { seed: seed(1), method: "exact" });
    expect(result.standardErrors.flat().every((e) => e === 0)).toBe(true);
    result.intervals.forEach(([interval], p) => {
      expect(interval).toEqual([result.attributions[p]![0], result.attributions[p]![0]]);
    });
  });
});

describe("refusals carry a code", () => {
  const { model, row, background } = smooth(6, 4);
  const good = game(model, row, background);
  const refusal = (changes: Partial<Game>, options: Partial<ExplainOptions> = {}) =>
    rejection(explain({ ...good, ...changes }, { seed: seed(1), method: "permutation", ...options }));

  test("of the game", async () => {
    expect(await refusal({ background: [] })).toBe("empty_background");
    expect(await refusal({ background: [[1, 2]] })).toBe("invalid_shape");
    expect(await refusal({ outputs: 0 })).toBe("invalid_shape");
    expect(await refusal({ players: [] })).toBe("invalid_players");
    expect(await refusal({ players: good.players.slice(1) })).toBe("invalid_players");
    expect(await refusal({ players: [...good.players, { name: "none", columns: [] }] })).toBe(
      "invalid_players",
    );
    const twice = good.players.map((p, i) => (i === 1 ? { name: "again", columns: [0] } : p));
    expect(await refusal({ players: twice })).toBe("invalid_players");
    const outside = good.players.map((p, i) => (i === 1 ? { name: "far", columns: [6] } : p));
    expect(await refusal({ players: outside })).toBe("invalid_players");
  });

  test("of the weights", async () => {
    for (const weights of [
      [1],
      [0.5, 0.5, 0, 0],
      [0.5, 0.7, -0.1, -0.1],
      [0.2, 0.2, 0.2, 0.2],
      [Number.NaN, 1, 1, 1],
    ])
      expect(await refusal({ weights: Float64Array.from(weights) })).toBe("invalid_weights");
  });

  test("of the options", async () => {
    expect(await refusal({}, { seed: "1" })).toBe("invalid_seed");
    for (const tolerance of [-0.1, 1.1, Number.NaN])
      expect(await refusal({}, { tolerance })).toBe("invalid_option");
    for (const maxModelRows of [0, 1.5, Number.POSITIVE_INFINITY])
      expect(await refusal({}, { maxModelRows })).toBe("invalid_option");
    for (const output of [-1, 1, 0.5]) expect(await refusal({}, { output })).toBe("invalid_option");
  });

  test("of the predictor", async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(await refusal({ predict: async ({ count }) => new Float64Array(count).fill(value) })).toBe(
        "prediction_not_finite",
      );
    expect(await refusal({ predict: async () => new Float64Array(1) })).toBe("prediction_shape");
    const broken = new Error("the session is gone");
    await expect(explain({ ...good, predict: () => Promise.reject(broken) }, { seed: seed(1) })).rejects.toBe(
      broken,
    );
  });

  test("of enumeration that takes too many rows, before the model is asked", async () => {
    const wide = smooth(25, 2);
    const g = game(wide.model, wide.row, wide.background);
    expect(await rejection(explain(g, { seed: seed(1), method: "exact" }))).toBe("exact_too_large");
    expect(g.calls).toBe(0);
  });
});
