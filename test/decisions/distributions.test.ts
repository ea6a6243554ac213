import { describe, expect, it } from "vitest";
import { type DistributionCell, mergeSmall, shadeOf } from "../../src/decisions/distributions.ts";
import { german } from "../pages/bank.ts";

const cell = (attribution: number, count: number, shade: number | null = 0): DistributionCell => ({
  attribution,
  shade,
  count,
});
const total = (cells: readonly DistributionCell[]) => cells.reduce((sum, { count }) => sum + count, 0);

describe("a distribution of attributions", () => {
  it("shows no cell of fewer decisions than asked, and loses none of a shade that has enough", () => {
    const cells = Array.from({ length: 40 }, (_, i) => cell(i / 100, (i * 7) % 13, i % 3));
    const merged = mergeSmall(cells, 10);
    expect(Math.min(...merged.map(({ count }) => count))).toBeGreaterThanOrEqual(10);
    expect(total(merged)).toBe(total(cells));
  });

  it("leaves a shade out that has too few altogether", () => {
    expect(mergeSmall([cell(0.1, 4), cell(0.2, 5), cell(0, 30, 1)], 10)).toEqual([cell(0, 30, 1)]);
  });

  it("joins along the attribution and never across shades", () => {
    expect(mergeSmall([cell(0.1, 6, 0), cell(0.11, 6, 1), cell(0.12, 6, 0), cell(0.13, 6, 1)], 10)).toEqual([
      cell(0.12, 12, 0),
      cell(0.13, 12, 1),
    ]);
  });

  it("shades a recorded range by where it lies, and categories not at all", () => {
    const duration = german.features.find(({ name }) => name === "duration_months")!;
    const purpose = german.features.find(({ name }) => name === "purpose")!;
    expect(shadeOf(duration, { kind: "range", from: null, to: 12 })).toBe(0);
    expect(shadeOf(duration, { kind: "range", from: 60, to: null })).toBe(3);
    expect(shadeOf(duration, undefined)).toBeNull();
    expect(shadeOf(purpose, { kind: "category", value: "retraining" })).toBeNull();
  });
});
