import { describe, expect, test } from "vitest";
import { LANES } from "../../../src/explain/kernel/memory.ts";
import { bundleAxes, bundleEntries } from "../../../src/explain/trees/bundles.ts";
import type { AxisEntry } from "../../../src/explain/trees/lanes.ts";
import { uniform } from "../games.ts";

describe("bundles", () => {
  test("hold every axis once, in order, and no more combinations than 4 kB of vectors have room for", () => {
    const codes = [3, 3, 300, 3, 3, 3, 3, 5, 1, 40, 17, 4, 3, 3];
    const bundles = bundleAxes(codes);
    expect(bundles.flatMap(({ axes }) => axes).toSorted((a, b) => a - b)).toEqual([...codes.keys()]);
    for (const { axes, codes: count } of bundles) {
      expect(axes).toEqual(axes.toSorted((a, b) => a - b));
      expect(count).toBe(axes.reduce((product, axis) => product * codes[axis]!, 1));
      if (axes.length > 1)
        expect(
          axes.reduce((product, axis) => product * Math.max(1, codes[axis]! - 1), 1),
        ).toBeLessThanOrEqual(32);
    }
    // Five columns of one cut are looked up together, whatever lies between them.
    expect(bundles.map(({ axes }) => axes.length)).toContain(5);
  });

  test("add to lanes, for every combination of codes, what the axes add one by one", () => {
    const draw = uniform(31);
    const codes = [3, 3, 4, 3, 9, 3, 2];
    const bundles = bundleAxes(codes);
    // Axis 3 has no part in this block.
    const entries = codes.flatMap((count, axis): AxisEntry[] => {
      if (axis === 3) return [];
      const byCode = Uint16Array.from({ length: count }, (_, code) => code);
      const increments = Uint16Array.from({ length: count * LANES }, () => Math.floor(3 * draw()));
      // What a missing number adds is what one above all cuts does, as in trees.
      increments.copyWithin(0, (count - 1) * LANES, count * LANES);
      return [{ axis, byCode, increments }];
    });
    const bundled = bundleEntries(entries, bundles);
    for (let round = 0; round < 200; round++) {
      const row = codes.map((count) => Math.floor(count * draw()));
      for (let lane = 0; lane < LANES; lane += 7) {
        const alone = entries.reduce(
          (sum, { axis, byCode, increments }) => sum + increments[byCode[row[axis]!]! * LANES + lane]!,
          0,
        );
        const together = bundled.reduce((sum, { bundle, byCode, increments }) => {
          const { axes, steps } = bundles[bundle]!;
          const code = axes.reduce((total, axis, i) => total + steps[i]! * row[axis]!, 0);
          return sum + increments[byCode[code]! * LANES + lane]!;
        }, 0);
        expect(together).toBe(alone);
      }
    }
  });
});
