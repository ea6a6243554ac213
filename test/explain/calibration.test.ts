import { expect, test } from "vitest";
import { rowsWithin } from "../../src/explain/calibration.ts";
import type { Hybrids } from "../../src/explain/game.ts";

const players = ["a", "b", "c"].map((name, c) => ({ name, columns: [c] }));
const background = [
  [1, 2, 3],
  [4, 5, 6],
];

/** A model that takes so many milliseconds a row, the first call ten times as many. */
function timed(millisecondsARow: number) {
  let time = 0;
  const asked: Hybrids[] = [];
  const game = {
    players,
    background,
    async predict(hybrids: Hybrids) {
      time += hybrids.count * millisecondsARow * (asked.length === 0 ? 10 : 1);
      asked.push(hybrids);
      return new Float64Array(hybrids.count);
    },
  };
  return { game, asked, now: () => time };
}

test("a budget in milliseconds is so many rows of the model, its slow first call left out", async () => {
  const { game, now } = timed(0.25);
  expect(await rowsWithin(game, 100, now)).toBe(400);
});

test("it is one row at least, and bounded where the clock does not tell", async () => {
  expect(await rowsWithin(timed(5).game, 1, timed(5).now)).toBe(2 ** 24);
  const slow = timed(5);
  expect(await rowsWithin(slow.game, 1, slow.now)).toBe(1);
});

test("the rows asked for mix every player and every background row", async () => {
  const { game, asked, now } = timed(1);
  await rowsWithin(game, 1, now);
  const [{ count, background: rows, present }] = asked as [Hybrids];
  expect(new Set(rows)).toEqual(new Set([0, 1]));
  for (let p = 0; p < 3; p++)
    expect(new Set(present.filter((_, at) => at % 3 === p))).toEqual(new Set([0, 1]));
  expect(present).toHaveLength(3 * count);
});
