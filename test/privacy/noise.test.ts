import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { gridPoints, type NoisePolicy, noiseChances, noisy } from "../../src/privacy/noise.ts";

const policy: NoisePolicy = {
  kind: "noise",
  mechanism: "discrete-laplace",
  epsilon: 1.5,
  lower: 100,
  upper: 200,
  step: 10,
};
const drawOf = (person: string) => (point: number) =>
  createHmac("sha256", person).update(String(point)).digest();

describe("the chances", () => {
  const table = Array.from({ length: gridPoints(policy) }, (_, at) => noiseChances(policy, at));

  it("are one number a grid point and sum to one", () => {
    expect(table.map((row) => row.length)).toEqual(Array(11).fill(11));
    for (const row of table) expect(row.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
  });

  it("of any two values for one result differ by at most e^epsilon, which is what the budget promises", () => {
    const bound = Math.exp(policy.epsilon) * (1 + 1e-12);
    for (const one of table)
      for (const other of table)
        for (const [point, chance] of one.entries())
          expect(chance / other[point]!).toBeLessThanOrEqual(bound);
  });

  it("reach that bound between the two ends, so that nothing is wasted", () => {
    expect(table[0]![0]! / table[10]![0]!).toBeCloseTo(Math.exp(policy.epsilon), 9);
  });
});

describe("a number with noise", () => {
  it("is on the grid and within the limits, whatever goes in", () => {
    for (const value of [-1e9, 100, 149.9, 151, 200, 1e9])
      for (const person of ["a", "b", "c", "d"]) {
        const said = noisy(value, policy, drawOf(person));
        expect(said).toBeGreaterThanOrEqual(100);
        expect(said).toBeLessThanOrEqual(200);
        expect(said % 10).toBe(0);
      }
  });

  it("is the same each time for one person and value, so that asking often averages nothing away", () => {
    const said = Array.from({ length: 20 }, () => noisy(150, policy, drawOf("a")));
    expect(new Set(said).size).toBe(1);
  });

  it("follows the chances over many people", () => {
    const people = 20_000;
    const counts = new Map<number, number>();
    for (let person = 0; person < people; person++) {
      const said = noisy(150, policy, drawOf(`person ${person}`));
      counts.set(said, (counts.get(said) ?? 0) + 1);
    }
    // Pearson's statistic with 10 degrees of freedom stays below 29.59 in 999 of 1,000 draws; these draws are fixed.
    const statistic = noiseChances(policy, 5).reduce((sum, chance, point) => {
      const expected = chance * people;
      return sum + ((counts.get(100 + point * 10) ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(statistic).toBeLessThan(29.59);
  });
});
