import { expect, test } from "vitest";
import { enumerate, enumerationRows, samplingRows } from "../../src/explain/enumeration.ts";
import { HybridRows } from "../../src/explain/hybrids.ts";
import { game, matrix, network, uniform } from "./games.ts";

test("a product game of thirteen players splits into equal shares", async () => {
  const row = new Array<number>(13).fill(1);
  const model = (cells: readonly unknown[]) => (cells as number[]).reduce((a, b) => a * b, 13);
  const attributions = await enumerate(new HybridRows(game(model, row, [new Array<number>(13).fill(0)])));
  for (const value of attributions) expect(Math.abs(value - 1)).toBeLessThan(1e-12);
});

test("a background in several calls gives what one row at a time gives", async () => {
  const draw = uniform(1);
  const model = network(11, 5, draw);
  const row = Array.from({ length: 11 }, draw);
  const background = matrix(9, 11, draw);
  const g = game(model, row, background);
  const together = await enumerate(new HybridRows(g));
  expect(g.calls).toBeGreaterThan(1);
  const sums = new Float64Array(11);
  for (const cells of background) {
    const alone = await enumerate(new HybridRows(game(model, row, [cells])));
    alone.forEach((value, p) => {
      sums[p]! += value / 9;
    });
  }
  together.forEach((value, p) => {
    expect(Math.abs(value - sums[p]!)).toBeLessThan(1e-13);
  });
});

test("the bounds count rows that differ, by the players that vary on them", () => {
  const background = [
    [1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1],
    [2, 2, 2, 0, 0, 0],
    [3, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ];
  const rows = new HybridRows(game(() => 0, [0, 0, 0, 0, 0, 0], background));
  expect(enumerationRows(rows)).toBe(1 + 63 + 7 + 1);
  expect(samplingRows(rows, 1)).toBe(1 + (1 + 10) + 7 + 1);
  expect(samplingRows(rows, 9)).toBe(enumerationRows(rows));
});
