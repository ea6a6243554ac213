import { describe, expect, test } from "vitest";
import { ClosedForm } from "../../src/explain/closed-form.ts";
import { explain } from "../../src/explain/explain.ts";
import type { Cell, Hybrids, Player } from "../../src/explain/game.ts";
import type { ModelStructure } from "../../src/explain/structure.ts";
import { outputsOf } from "../../src/explain/structure.ts";
import { code } from "./codes.ts";
import { game, matrix, seed, uniform } from "./games.ts";
import { randomForest } from "./trees/forests.ts";

/** Columns in a random order, cut into groups of random sizes. */
function randomGroups(columns: number, draw: () => number): Player[] {
  const left = Array.from({ length: columns }, (_, c) => c);
  const players: Player[] = [];
  while (left.length > 0) {
    const own = Array.from({ length: Math.min(left.length, 1 + Math.floor(4 * draw())) }, () =>
      left.splice(Math.floor(draw() * left.length), 1),
    );
    players.push({ name: `g${players.length}`, columns: own.flat() });
  }
  return players;
}

const identity = (count: number) =>
  Array.from({ length: count }, (_, j) => Array.from({ length: count }, (_, k) => (j === k ? 1 : 0)));

function played(
  structure: ModelStructure,
  columns: number,
  draw: () => number,
  cell: () => number,
  rows: number,
) {
  const background = matrix(rows, columns, cell);
  const raw = background.map(() => 0.2 + draw());
  const total = raw.reduce((a, b) => a + b, 0);
  const row = Array.from({ length: columns }, cell);
  const players = randomGroups(columns, draw);
  const model = (cells: readonly Cell[]) => [...outputsOf(structure, cells)];
  const weights = Float64Array.from(raw, (w) => w / total);
  return game(model, row, background, { players, weights, outputs: structure.shift.length });
}

const forests = Array.from({ length: 16 }, (_, i) => {
  const draw = uniform(2600 + i);
  const codes = 2 + (i % 4);
  const columns = 3 + (i % 5);
  const scores = randomForest(draw, {
    axes: columns,
    codes,
    depth: 2 + (i % 5),
    trees: 5,
    scores: 1 + (i % 2),
  });
  const count = scores.bias.length;
  const structure = { scores, mix: identity(count), shift: new Array<number>(count).fill(0), post: [] };
  const g = played(structure, columns, draw, () => Math.floor(draw() * codes), [1, 5, 17][i % 3]!);
  return { i, structure, g };
});

const linear: ModelStructure = {
  scores: {
    kind: "linear",
    columns: Array.from({ length: 6 }, (_, c) => ({
      sources: [c],
      value: (cells) => (cells[c] as number) ** 2,
    })),
    weights: [[0.4, -1, 0.3, 2, 0, -0.2]],
    bias: [0.3],
  },
  mix: [[1], [-1]],
  shift: [0, 1],
  post: [],
};

/** The same game as often as it is asked: a game of `games.ts` refuses to be asked for a row twice. */
const again = (structure: ModelStructure, g: ReturnType<typeof game>) => ({
  ...g,
  predict: (hybrids: Hybrids) =>
    game((cells) => [...outputsOf(structure, cells)], g.row, g.background, g).predict(hybrids),
});

async function agreement(
  structure: ModelStructure,
  g: ReturnType<typeof game>,
  options: ConstructorParameters<typeof ClosedForm>[2],
): Promise<void> {
  const closedForm = new ClosedForm(structure, g, { ...options, within: true });
  const asked = { seed: seed(1), method: "exact", within: true } as const;
  const exact = await explain(again(structure, g), { ...asked, closedForm });
  const enumerated = await explain(again(structure, g), asked);
  expect(exact.method).toMatch(/^exact-(tree|linear)$/);
  expect(enumerated.method).toBe("exact-enumeration");
  for (const [one, other] of [
    [exact, enumerated],
    [exact.within!, enumerated.within!],
  ] as const) {
    expect(one.attributions.length).toBe(other.attributions.length);
    one.attributions.flat().forEach((value, at) => {
      expect(Math.abs(value - other.attributions.flat()[at]!)).toBeLessThan(1e-12);
    });
  }
  expect(exact.additivityGap).toBeLessThan(1e-12);
}

describe.each([
  ["tables", {}],
  ["a few tables and leaves that are counted", { maxTableBytes: 2000 }],
  ["counted leaves alone", { maxTableBytes: 0 }],
  ["the kernel in JavaScript", { compiled: null, maxTableBytes: 1000 }],
])("trees, by %s", (_, options) => {
  test.each(forests)(
    "forest $i: groups, and columns within them, are the enumerated ones",
    async ({ structure, g }) => {
      await agreement(structure, g, options);
    },
  );
});

test("weighted columns: groups, and columns within them, are the enumerated ones", async () => {
  for (let i = 0; i < 4; i++) {
    const draw = uniform(2700 + i);
    await agreement(linear, played(linear, 6, draw, draw, 7), {});
  }
});

describe("an ensemble too large to enumerate", () => {
  const draw = uniform(2800);
  const columns = 30;
  const scores = randomForest(draw, { axes: columns, codes: 6, depth: 7, trees: 8, scores: 1 });
  const structure = { scores, mix: [[1]], shift: [0], post: [] };
  const g = played(structure, columns, draw, () => Math.floor(6 * draw()), 40);

  test("columns sum to their group, and groups have what they have as players, whatever has a table", () => {
    const whole = new ClosedForm(structure, g).explain(g.row, "identity");
    for (const maxTableBytes of [undefined, 20_000, 0]) {
      const { attributions, within } = new ClosedForm(structure, g, { maxTableBytes, within: true }).explain(
        g.row,
        "identity",
      );
      g.players.forEach(({ columns: own }, p) => {
        const sum = own.reduce((total, column) => total + within![column]!, 0);
        expect(Math.abs(sum - attributions[p]!)).toBeLessThan(1e-13);
        expect(Math.abs(whole.attributions[p]! - attributions[p]!)).toBeLessThan(1e-12);
      });
    }
  });

  test("many rows together are, to the bit, what each is alone, and built in steps what is built at once", async () => {
    const rows = [g.row, ...g.background.slice(0, 6)];
    for (const maxTableBytes of [undefined, 20_000]) {
      const closedForm = new ClosedForm(structure, g, { maxTableBytes, within: true });
      const stepped = await ClosedForm.open(structure, g, async () => {}, { maxTableBytes, within: true });
      const { attributions } = closedForm.explainRows(rows, "identity");
      rows.forEach((row, r) => {
        const { within } = closedForm.explain(row, "identity");
        expect(attributions.slice(r * columns, (r + 1) * columns)).toEqual(within);
        expect(stepped.explain(row, "identity").within).toEqual(within);
      });
    }
  });
});

test("columns of one group that the model mixes: the group has a closed form, its columns have none", async () => {
  const scores = {
    kind: "linear" as const,
    columns: [
      { sources: [0, 1], value: (cells: readonly Cell[]) => (cells[0] as number) * (cells[1] as number) },
    ],
    weights: [[1]],
    bias: [0],
  };
  const structure: ModelStructure = { scores, mix: [[1]], shift: [0], post: [] };
  const players = [{ name: "pair", columns: [0, 1] }];
  const g = again(
    structure,
    game(([a, b]) => (a as number) * (b as number), [0.5, 2], matrix(3, 2, uniform(5)), { players }),
  );
  expect(code(() => new ClosedForm(structure, g, { within: true }))).toBe("mixed_columns");
  const closedForm = new ClosedForm(structure, g);
  expect(await explain(g, { seed: seed(1), closedForm })).toMatchObject({ method: "exact-linear" });
  const shared = await explain(g, { seed: seed(1), method: "exact", closedForm, within: true });
  expect(shared).toMatchObject({ method: "exact-enumeration" });
});
