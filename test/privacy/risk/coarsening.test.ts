import { expect, test } from "vitest";
import { levelsToReach } from "../../../src/privacy/risk/coarsening.ts";
import { Seeded } from "../../audit/honest-log.ts";

/** A class of whole numbers that loses a binary digit a level. */
const numbers = (value: number, rows: number, coarsest = 3) => ({
  rows,
  coarsest,
  at: (level: number) => `${value >> level}/${level === coarsest && coarsest === 3 ? "-" : level}`,
});
/** The same whose text tells no level: what does not change at a level is the same class there. */
const ranges = (from: number, width: number, rows: number, coarsest = 4) => ({
  rows,
  coarsest,
  at(level: number) {
    const size = Math.max(width, 2 ** level);
    return `${Math.floor(from / size) * size}+${size}`;
  },
});

test("classes that are large enough stay, and small ones go up only as far as they must", () => {
  expect(levelsToReach([numbers(0, 5), numbers(1, 2), numbers(2, 2), numbers(3, 1)], 3)).toEqual([
    0, 3, 1, 1,
  ]);
  expect(levelsToReach([ranges(0, 1, 9), ranges(4, 1, 1), ranges(5, 1, 1)], 2)).toEqual([0, 1, 1]);
});

test("what is coarser already stays where enough of the finer ones join it", () => {
  const [wide, narrow] = [ranges(0, 2, 2), [ranges(0, 1, 1), ranges(1, 1, 1)]];
  expect(levelsToReach([wide, ...narrow], 3)).toEqual([0, 1, 1]);
});

test("a level at which a class says the same is passed over, and a class at its coarsest is left as it is", () => {
  expect(levelsToReach([ranges(0, 4, 1), ranges(4, 4, 1)], 2)).toEqual([3, 3]);
  expect(levelsToReach([ranges(0, 16, 1), ranges(16, 16, 1)], 5)).toEqual([0, 0]);
  expect(levelsToReach([], 5)).toEqual([]);
});

test("whatever the classes, none is below k afterwards but at its coarsest, and no order changes that", () => {
  const random = new Seeded("levels to reach");
  for (let i = 0; i < 200; i++) {
    const classes = Array.from({ length: 1 + random.below(12) }, () =>
      ranges(random.below(16), 2 ** random.below(3), 1 + random.below(4)),
    );
    const k = 2 + random.below(5);
    const levels = levelsToReach(classes, k);
    const rows = new Map<string, number>();
    classes.forEach((one, c) => {
      const said = one.at(levels[c]!);
      rows.set(said, (rows.get(said) ?? 0) + one.rows);
    });
    classes.forEach((one, c) => {
      const said = one.at(levels[c]!);
      expect(rows.get(said)! >= k || said === one.at(one.coarsest)).toBe(true);
    });
    const reversed = levelsToReach(classes.toReversed(), k).reverse();
    expect(reversed.map((level, c) => classes[c]!.at(level))).toEqual(
      levels.map((level, c) => classes[c]!.at(level)),
    );
  }
});
