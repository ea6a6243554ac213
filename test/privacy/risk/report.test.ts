import { base, en, Faker } from "@faker-js/faker";
import { describe, expect, it } from "vitest";
import { type RiskReport, RiskTable, type SensitiveColumn } from "../../../src/privacy/risk/report.ts";

type Row = [quasi: string[], sensitive: string[]];

function measured(columns: readonly SensitiveColumn[], rows: readonly Row[]): RiskReport {
  const table = new RiskTable(rows[0]![0].length, columns);
  for (const [quasi, sensitive] of rows) table.add(quasi, sensitive);
  return table.report()!;
}

describe("a table of six, reckoned by hand", () => {
  // Classes m/30 (2), f/30 (3) and one with the sex absent (1).
  const report = measured(
    [
      { name: "loan", ordered: false },
      { name: "amount", ordered: true },
    ],
    [
      [
        ["m", "30"],
        ["a", "1"],
      ],
      [
        ["f", "30"],
        ["a", "3"],
      ],
      [
        ["m", "30"],
        ["b", "2"],
      ],
      [
        ["f", "30"],
        ["a", "4"],
      ],
      [
        ["", "40"],
        ["b", "2"],
      ],
      [
        ["f", "30"],
        ["b", "1"],
      ],
    ],
  );

  it("has its classes, its smallest and its unique row", () => {
    expect(report).toMatchObject({
      rows: 6,
      classes: 3,
      k: 1,
      uniques: 1,
      below: { "2": 1, "3": 3, "5": 6, "10": 6 },
      prosecutor_highest: 1,
      prosecutor_average: 0.5,
      largest_class: 3,
    });
    expect(report.uniqueness).toBeCloseTo(1 / 6, 12);
    expect(report.rows_at_highest).toBeCloseTo(1 / 6, 12);
  });

  it("has the diversity and the closeness of its classes", () => {
    const { loan, amount } = report.sensitive;
    expect(loan).toEqual({ distinct: 2, distinct_l: 1, entropy_l: 1, t_equal: 0.5 });
    expect(amount).toMatchObject({ distinct: 4, distinct_l: 1, entropy_l: 1 });
    expect(amount!.t_equal).toBeCloseTo(2 / 3, 12);
    expect(amount!.t_ordered).toBeCloseTo(5 / 18, 12);
  });
});

it("entropy l is e to the smallest entropy, not rounded down", () => {
  const rows: Row[] = ["a", "a", "b"].map((value) => [["1"], [value]]);
  rows.push(...["a", "b", "c"].map((value): Row => [["2"], [value]]));
  const { s } = measured([{ name: "s", ordered: false }], rows).sensitive;
  expect(s!.distinct_l).toBe(2);
  expect(s!.entropy_l).toBeCloseTo(1.889_881_574_842, 9);
});

it("t by order is the 0.375 of Li, Li and Venkatasubramanian's example of salaries", () => {
  const classes = { one: [3, 4, 5], two: [6, 11, 8], three: [7, 9, 10] };
  const rows = Object.entries(classes).flatMap(([name, salaries]) =>
    salaries.map((salary): Row => [[name], [`${salary}000`]]),
  );
  const salary = { name: "salary", ordered: true };
  expect(measured([salary], rows).sensitive.salary!.t_ordered).toBeCloseTo(0.375, 12);
  // Without the first class's rows apart from the others, the second has the paper's 0.167.
  const others = rows.map(([[name], value]): Row => [[name === "two" ? "two" : "rest"], value]);
  expect(measured([salary], others).sensitive.salary!.t_ordered).toBeCloseTo(1 / 6, 12);
});

it("an absent value is a value of its own, equal to itself, and not the text that looks like a separator", () => {
  const rows: Row[] = [
    [["", "1"], []],
    [["", "1"], []],
    [["1", ""], []],
    [[",", "1"], []],
    [[",1", ""], []],
  ];
  expect(measured([], rows)).toMatchObject({ classes: 4, uniques: 3, k: 1, largest_class: 2, sensitive: {} });
});

it("one class is the table itself: nothing is nearer or further", () => {
  const rows = ["1", "2", "10", ""].map((value): Row => [["x"], [value]]);
  const report = measured([{ name: "v", ordered: true }], rows);
  expect(report).toMatchObject({ k: 4, prosecutor_highest: 0.25, rows_at_highest: 1, uniqueness: 0 });
  expect(report.sensitive.v).toMatchObject({ t_equal: 0, t_ordered: 0, distinct_l: 4 });
  const constant = measured(
    [{ name: "v", ordered: true }],
    [
      [["x"], ["1"]],
      [["y"], ["1"]],
    ],
  );
  expect(constant.sensitive.v).toEqual({
    distinct: 1,
    distinct_l: 1,
    entropy_l: 1,
    t_equal: 0,
    t_ordered: 0,
  });
});

it("numbers are in order by size, however they are written; other values by code point", () => {
  const numbers = ["2", "10", "1.0", "1"].map((value, i): Row => [[i < 2 ? "a" : "b"], [value]]);
  // Places 1, 2, 10 with shares 1/2, 1/4, 1/4: the class b stands at 1, so (1/2 + 1/4) / 2.
  expect(measured([{ name: "v", ordered: true }], numbers).sensitive.v!.t_ordered).toBeCloseTo(0.375, 12);
  const words = ["c", "b", "a", "a"].map((value, i): Row => [[i < 2 ? "a" : "b"], [value]]);
  expect(measured([{ name: "v", ordered: true }], words).sensitive.v!.t_ordered).toBeCloseTo(0.375, 12);
});

it("a table without rows has no report", () => {
  expect(new RiskTable(1, []).report()).toBeNull();
});

describe("over 40 random tables", () => {
  const draw = new Faker({ locale: [en, base] });
  draw.seed(7);
  const tables = Array.from({ length: 40 }, () => {
    const rows = draw.number.int({ min: 1, max: 400 });
    const ages = draw.number.int({ min: 1, max: 60 });
    const most = draw.helpers.arrayElement([1, 6, 900]);
    return Array.from(
      { length: rows },
      (): Row => [
        [draw.helpers.arrayElement(["m", "f", ""]), String(draw.number.int({ max: ages }))],
        [String(draw.number.int({ max: most }))],
      ],
    );
  });

  /** The definitions, word by word, over every value of the table for every class. */
  function byDefinition(rows: readonly Row[]) {
    const classes = Map.groupBy(rows, ([quasi]) => JSON.stringify(quasi));
    const values = [...new Set(rows.map(([, [value]]) => Number(value)))].sort((a, b) => a - b);
    const share = (some: readonly Row[], value: number) =>
      some.filter(([, [own]]) => Number(own) === value).length / some.length;
    let [entropy, equal, ordered] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const some of classes.values()) {
      let [own, apart, cumulative, sum] = [0, 0, 0, 0];
      for (const value of values) {
        const [here, there] = [share(some, value), share(rows, value)];
        if (here > 0) own -= here * Math.log(here);
        apart += Math.abs(here - there);
        cumulative += here - there;
        sum += Math.abs(cumulative);
      }
      entropy = Math.min(entropy, own);
      equal = Math.max(equal, apart / 2);
      ordered = Math.max(ordered, values.length < 2 ? 0 : sum / (values.length - 1));
    }
    return {
      entropy: Math.exp(entropy),
      equal,
      ordered,
      k: Math.min(...[...classes.values()].map((some) => some.length)),
    };
  }

  it("the short ways give what the definitions give", () => {
    for (const rows of tables) {
      const report = measured([{ name: "v", ordered: true }], rows);
      const expected = byDefinition(rows);
      const { entropy_l, t_equal, t_ordered } = report.sensitive.v!;
      expect(report.k).toBe(expected.k);
      expect(entropy_l).toBeCloseTo(expected.entropy, 9);
      expect(t_equal).toBeCloseTo(expected.equal, 9);
      expect(t_ordered).toBeCloseTo(expected.ordered, 9);
    }
  });
});
