import { expect, test } from "vitest";
import { type ExplainOptions, explain } from "../../src/explain/explain.ts";
import { explainRows, type SharedGame, type SharedHybrids } from "../../src/explain/explain-rows.ts";
import { type Cell, materialise } from "../../src/explain/game.ts";
import { rejection } from "./codes.ts";
import { game, type Model, matrix, network, rowKey, seed, trees, uniform } from "./games.ts";

const COLUMNS = 8;

/** A game for each row, and what was asked of the model: rows and calls. */
function shared(model: Model, rows: readonly (readonly Cell[])[], background: readonly (readonly Cell[])[]) {
  const players = background[0]!.map((_, c) => ({ name: `x${c}`, columns: [c] }));
  const asked = { calls: 0, keys: [] as string[] };
  const all: SharedGame = {
    players,
    background,
    outputs: 1,
    rows,
    async predict(explained, hybrids: SharedHybrids) {
      asked.calls++;
      const values = Array.from({ length: hybrids.count }, (_, r) => {
        const one = {
          count: 1,
          background: hybrids.background.slice(r, r + 1),
          present: hybrids.present.slice(r * players.length, (r + 1) * players.length),
        };
        const [cells] = materialise({ players, row: explained[hybrids.explained[r]!]!, background }, one);
        asked.keys.push(rowKey(cells!));
        return model(cells!) as number;
      });
      await new Promise((done) => setTimeout(done, 2));
      return Float64Array.from(values);
    },
  };
  return { all, asked };
}

const draw = uniform(500);
const background = matrix(30, COLUMNS, draw);
const rows = matrix(20, COLUMNS, draw);

test.each([
  ["sampled", "permutation"],
  ["enumerated", "exact"],
] as const)("many rows %s are, byte for byte, each row alone, in fewer calls", async (_, method) => {
  const model = method === "exact" ? trees(COLUMNS, 12, uniform(7)) : network(COLUMNS, 5, uniform(8));
  const few = rows.slice(0, method === "exact" ? 3 : 20);
  const options = (r: number): ExplainOptions => ({ seed: seed(r), method, tolerance: 0.03 });
  const { all, asked } = shared(model, few, background);
  const together: string[] = [];
  for await (const explanation of explainRows(all, options)) together.push(JSON.stringify(explanation));
  const alone: string[] = [];
  let calls = 0;
  for (const [r, row] of few.entries()) {
    const g = game(model, row, background);
    alone.push(JSON.stringify(await explain(g, options(r))));
    calls += g.calls;
  }
  expect(together).toEqual(alone);
  expect(asked.calls).toBeLessThan(method === "exact" ? calls + 2 : calls / 2);
});

test("the background is evaluated once for all of them", async () => {
  const { all, asked } = shared(network(COLUMNS, 5, uniform(9)), rows.slice(0, 6), background);
  const options = (r: number): ExplainOptions => ({ seed: seed(r), method: "permutation", tolerance: 1 });
  let modelRows = 0;
  for await (const explanation of explainRows(all, options)) modelRows += explanation.modelRows;
  for (const cells of background) expect(asked.keys.filter((key) => key === rowKey(cells))).toHaveLength(1);
  expect(asked.keys).toHaveLength(modelRows - 5 * background.length);
});

test("a row that cannot be explained fails by itself, after those before it", async () => {
  const model: Model = (cells) => ((cells[0] as number) > 5 ? Number.NaN : (cells[0] as number));
  const bad = rows.slice(0, 12).map((row, r) => (r === 9 ? row.with(0, 9) : row));
  const { all } = shared(model, bad, background);
  const seen: number[] = [];
  const run = async () => {
    for await (const explanation of explainRows(all, (r) => ({ seed: seed(r) })))
      seen.push(explanation.modelRows);
  };
  expect(await rejection(run())).toBe("prediction_not_finite");
  expect(seen.length).toBeLessThanOrEqual(9);
});

test("no rows have no explanations", async () => {
  const { all } = shared(() => 1, [], background);
  for await (const explanation of explainRows(all, () => ({ seed: seed(1) })))
    expect(explanation).toBeUndefined();
});
