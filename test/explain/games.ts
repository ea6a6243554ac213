/** Games to test with, and an oracle that shares no line with the code under test. */
import { type Cell, type Game, type Hybrids, materialise } from "../../src/explain/game.ts";
import { type Random32, seededRandom, seedFromInteger } from "../../src/explain/random.ts";

export type Model = (row: readonly Cell[]) => number | readonly number[];

export interface RecordedGame extends Game {
  /** Every row evaluated, in order. */
  seen: string[];
  calls: number;
}

/** Tells -0 from 0 and 1 from "1". */
export const rowKey = (row: readonly Cell[]) =>
  row
    .map((cell) => (typeof cell === "string" ? `s${cell}` : Object.is(cell, -0) ? "-0" : `n${cell}`))
    .join("|");

/** A game over a plain function; its predictor throws when it is asked for one row twice. */
export function game(
  model: Model,
  row: readonly Cell[],
  background: readonly (readonly Cell[])[],
  more: Partial<Pick<Game, "players" | "weights" | "outputs">> & { pause?: () => Promise<void> } = {},
): RecordedGame {
  const players = more.players ?? row.map((_, i) => ({ name: `x${i}`, columns: [i] }));
  const outputs = more.outputs ?? 1;
  const seen = new Set<string>();
  const recorded: RecordedGame = {
    players,
    row,
    background,
    outputs,
    ...(more.weights ? { weights: more.weights } : {}),
    seen: [],
    calls: 0,
    async predict(hybrids: Hybrids) {
      recorded.calls++;
      const rows = materialise(recorded, hybrids);
      for (const hybrid of rows) {
        const key = rowKey(hybrid);
        if (seen.has(key)) throw new Error("a row was sent twice");
        seen.add(key);
        recorded.seen.push(key);
      }
      await more.pause?.();
      return Float64Array.from(rows.flatMap((hybrid) => model(hybrid)));
    },
  };
  return recorded;
}

/** Shapley values as the average over every order of the players: slow and plain. */
export function byEveryOrder(g: Game, model: Model): number[][] {
  const n = g.players.length;
  const weight = (b: number) => g.weights?.[b] ?? 1 / g.background.length;
  const worth = (coalition: ReadonlySet<number>): number[] => {
    const sums = new Array<number>(g.outputs).fill(0);
    g.background.forEach((background, b) => {
      const cells = [...background];
      for (const p of coalition) for (const c of g.players[p]!.columns) cells[c] = g.row[c]!;
      [model(cells)].flat().forEach((value, o) => {
        sums[o]! += weight(b) * value;
      });
    });
    return sums;
  };
  const cache = new Map<string, number[]>();
  const cached = (coalition: ReadonlySet<number>) => {
    const key = [...coalition].sort((a, b) => a - b).join();
    const known = cache.get(key);
    if (known !== undefined) return known;
    const value = worth(coalition);
    cache.set(key, value);
    return value;
  };
  const totals = Array.from({ length: n }, () => new Array<number>(g.outputs).fill(0));
  let orders = 0;
  const visit = (joined: ReadonlySet<number>, order: number[]) => {
    if (order.length === n) {
      orders++;
      const present = new Set<number>();
      for (const p of order) {
        const before = cached(present);
        present.add(p);
        cached(present).forEach((value, o) => {
          totals[p]![o]! += value - before[o]!;
        });
      }
      return;
    }
    for (let p = 0; p < n; p++) if (!joined.has(p)) visit(new Set([...joined, p]), [...order, p]);
  };
  visit(new Set(), []);
  return totals.map((row) => row.map((total) => total / orders));
}

export const seed = (n: number) => seedFromInteger(n);

/** Numbers in [0, 1), for data rather than for the code under test. */
export function uniform(n: number): () => number {
  const random: Random32 = seededRandom(seedFromInteger(n));
  return () => random() / 2 ** 32;
}

export const matrix = (rows: number, columns: number, draw: () => number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, draw));

/** A smooth model with interactions of every order: a small random network behind a sigmoid. */
export function network(
  columns: number,
  hidden: number,
  draw: () => number,
): (row: readonly Cell[]) => number {
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const first = matrix(hidden, columns, normal);
  const second = Array.from({ length: hidden }, normal);
  return (row) => {
    let sum = 0;
    for (let h = 0; h < hidden; h++) {
      let z = 0;
      for (let c = 0; c < columns; c++) z += first[h]![c]! * (row[c] as number);
      sum += second[h]! * Math.tanh(z);
    }
    return 1 / (1 + Math.exp(-sum));
  };
}

/** A sum of random trees of depth 3 with cuts in (0, 1): constant almost everywhere, as boosted models are. */
export function trees(columns: number, count: number, draw: () => number): (row: readonly Cell[]) => number {
  const nodes = Array.from({ length: count }, () => ({
    columns: Array.from({ length: 7 }, () => Math.floor(draw() * columns)),
    cuts: Array.from({ length: 7 }, () => 0.15 + 0.7 * draw()),
    leaves: Array.from({ length: 8 }, () => draw() - 0.5),
  }));
  return (row) => {
    let sum = 0;
    for (const tree of nodes) {
      let node = 0;
      while (node < 7) node = 2 * node + ((row[tree.columns[node]!] as number) <= tree.cuts[node]! ? 1 : 2);
      sum += tree.leaves[node - 7]!;
    }
    return sum;
  };
}
