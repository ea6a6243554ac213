import { expect, test } from "vitest";
import { standardErrorBound, student975 } from "../../src/explain/quantiles.ts";

test("Student's t is the tables' value", () => {
  const table = [
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [5, 2.5706],
    [7, 2.3646],
    [10, 2.2281],
    [20, 2.086],
    [30, 2.0423],
    [60, 2.0003],
    [120, 1.9799],
    [1e6, 1.96],
  ] as const;
  for (const [degrees, quantile] of table)
    expect(Math.abs(student975(degrees) - quantile)).toBeLessThan(3e-4);
});

test("between whole degrees it falls steadily", () => {
  for (let degrees = 3; degrees < 200; degrees += 0.25)
    expect(student975(degrees + 0.25)).toBeLessThan(student975(degrees));
  expect(student975(1.9)).toBe(student975(1));
});

test("the bound of a standard error is √(ν/χ²₀.₀₅)", () => {
  // χ² 5 % quantiles: 1.145 (5), 3.940 (10), 77.93 (100), 927.6 (1000).
  for (const [degrees, quantile] of [
    [5, 1.145],
    [10, 3.94],
    [100, 77.93],
    [1000, 927.6],
  ] as const)
    expect(standardErrorBound(degrees) / Math.sqrt(degrees / quantile)).toBeCloseTo(1, 1);
  expect(standardErrorBound(1)).toBeGreaterThan(10);
});
