import { expect, test } from "vitest";
import { type Hybrids, materialise } from "../../src/explain/game.ts";
import { HybridRows } from "../../src/explain/hybrids.ts";
import { game } from "./games.ts";

test('equality of cells is bit by bit: NaN is NaN, -0 is not 0, 1 is not "1"', () => {
  const row = [Number.NaN, 0, 1, "", 1];
  const rows = new HybridRows(
    game(() => 0, row, [
      [Number.NaN, -0, "1", "", 1 + Number.EPSILON],
      [Number.NaN, 0, 1, "", 1],
    ]),
  );
  expect([...rows.varying[0]!]).toEqual([1, 2, 4]);
  expect([...rows.varying[1]!]).toEqual([]);
  expect(rows.empty[1]).toBe(rows.full);
  expect(rows.count).toBe(2);
});

test("a group is the same only if all of its columns are", () => {
  const players = [
    { name: "group", columns: [0, 2] },
    { name: "single", columns: [1] },
  ];
  const background = [
    ["a", 1, "y"],
    ["b", 1, "x"],
    ["a", 1, "x"],
    ["a", 1, "y"],
  ];
  const rows = new HybridRows(game(() => 0, ["a", 1, "x"], background, { players }));
  expect(rows.varying.map((v) => [...v])).toEqual([[0], [0], [], [0]]);
  expect(rows.empty[0]).toBe(rows.empty[3]);
  expect(rows.empty[0]).not.toBe(rows.empty[1]);
});

test("hybrids of different background rows that come out equal are one row", () => {
  const rows = new HybridRows(
    game(
      () => 0,
      [0, 0, 0],
      [
        [1, 2, 3],
        [1, 2, 4],
      ],
    ),
  );
  const ids = [0, 1].map((b) => {
    rows.start(b);
    rows.toggle(2);
    return rows.intern();
  });
  expect(ids[0]).toBe(ids[1]);
  rows.start(0);
  rows.toggle(2);
  rows.toggle(2);
  expect(rows.intern()).toBe(rows.empty[0]);
});

test("past its first capacity every row is still found, and named as it was", async () => {
  const columns = 12;
  const sent: Hybrids[] = [];
  const row = new Array<number>(columns).fill(1);
  const background = [new Array<number>(columns).fill(0), Array.from({ length: columns }, (_, i) => i % 2)];
  const g = {
    ...game(() => 0, row, background),
    predict: async (hybrids: Hybrids) => {
      sent.push(hybrids);
      return Float64Array.from(materialise(g, hybrids), (cells) =>
        cells.reduce<number>((n, c) => 2 * n + Number(c), 0),
      );
    },
  };
  const rows = new HybridRows(g);
  const nameAll = () =>
    Array.from({ length: 2 ** columns }, (_, bits) => {
      rows.start(0);
      for (let p = 0; p < columns; p++) if ((bits >> (columns - 1 - p)) & 1) rows.toggle(p);
      return rows.intern();
    });
  const ids = nameAll();
  expect(rows.count).toBe(2 ** columns);
  expect(nameAll()).toEqual(ids);
  await rows.evaluate();
  expect(sent.map((h) => h.count)).toEqual([2 ** columns]);
  expect(ids.map((id) => rows.value(id, 0))).toEqual(ids.map((_, bits) => bits));
  await rows.evaluate();
  expect(sent.length).toBe(1);
});
