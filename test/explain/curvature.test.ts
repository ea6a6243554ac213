import { describe, expect, test } from "vitest";
import { Curvature, type LastFunction } from "../../src/explain/curvature.ts";
import { uniform } from "./games.ts";

const logistic: LastFunction = (margins, into) => {
  for (let o = 0; o < into.length; o++) into[o] = 1 / (1 + Math.exp(-margins[o]!));
};

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [i, first] of items.entries())
    for (const rest of orders(items.toSpliced(i, 1))) yield [first, ...rest];
}

const walkOf = (order: readonly number[]) => ({
  background: 0,
  order: Uint32Array.from(order),
  forward: new Uint32Array(0),
  backward: new Uint32Array(0),
});

describe.each([2, 3, 5, 6])("the curvature of a walk of %i players", (players) => {
  const draw = uniform(41 + players);
  const outputs = 2;
  const start = Float64Array.from({ length: outputs }, () => draw() - 0.5);
  const moves = Float64Array.from({ length: players * outputs }, () => 4 * draw() - 2);
  const curvature = new Curvature(logistic, outputs);
  const measured = (order: readonly number[]) => {
    const into = new Float64Array(players * outputs);
    curvature.measure(walkOf(order), start, moves, into);
    return into;
  };

  test("is 0 for every player over all orders, and 0 over the players in each", () => {
    const sums = new Float64Array(players * outputs);
    let largest = 0;
    for (const order of orders(Array.from({ length: players }, (_, p) => p))) {
      const one = measured(order);
      for (let o = 0; o < outputs; o++) {
        let over = 0;
        for (let p = 0; p < players; p++) over += one[p * outputs + o]!;
        expect(Math.abs(over)).toBeLessThan(1e-14);
      }
      one.forEach((value, i) => {
        sums[i]! += value;
        largest = Math.max(largest, Math.abs(value));
      });
    }
    // A walk there and back tells everything about two players, and leaves something open about more.
    if (players === 2) expect(largest).toBeLessThan(1e-14);
    else expect(largest).toBeGreaterThan(1e-3);
    for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(1e-11);
  });

  test("leaves a player that moves nothing at 0", () => {
    moves.fill(0, 0, outputs);
    const one = measured(Array.from({ length: players }, (_, p) => players - 1 - p));
    expect([...one.subarray(0, outputs)].map((value) => value + 0)).toEqual([0, 0]);
  });
});
