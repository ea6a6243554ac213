import { dice } from "./population.ts";

/** Columns of equal length. */
export type Columns = readonly Float64Array[];

const BINS = 32;
const DEPTH = 3;
const ROUNDS = 60;
const RATE = 0.15;
const SMALLEST = 20;

/** Edges between bins of equal counts, at most 31. */
function edgesOf(column: Float64Array): Float64Array {
  const sorted = column.toSorted();
  const edges = new Set<number>();
  for (let b = 1; b < BINS; b++) edges.add(sorted[Math.floor((b * sorted.length) / BINS)]!);
  edges.delete(sorted[0]!);
  return Float64Array.from(edges).sort();
}

/** How many edges are at or below each value. */
function binned(column: Float64Array, edges: Float64Array): Uint8Array {
  return Uint8Array.from(column, (value) => {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

interface Split {
  column: number;
  bin: number;
}

/** The split that takes the most squared error away, or none. */
function bestSplit(
  bins: readonly Uint8Array[],
  rest: Float64Array,
  rows: Uint32Array,
  sums: Float64Array,
  counts: Uint32Array,
): Split | undefined {
  let total = 0;
  for (const r of rows) total += rest[r]!;
  let best: Split | undefined;
  let gain = (total * total) / rows.length + 1e-9;
  bins.forEach((of, column) => {
    sums.fill(0);
    counts.fill(0);
    for (const r of rows) {
      const bin = of[r]!;
      sums[bin]! += rest[r]!;
      counts[bin]! += 1;
    }
    let left = 0;
    let count = 0;
    for (let bin = 0; bin < BINS - 1; bin++) {
      left += sums[bin]!;
      count += counts[bin]!;
      if (count < SMALLEST || rows.length - count < SMALLEST) continue;
      const score = left ** 2 / count + (total - left) ** 2 / (rows.length - count);
      if (score <= gain) continue;
      gain = score;
      best = { column, bin };
    }
  });
  return best;
}

/**
 * Boosted regression trees on squared error (Friedman 2001), on columns in 32 bins: what an attacker learns from people whose
 * values are known, and what it makes of others.
 * @returns one guess for each of the others
 */
export function boostedGuess(known: Columns, target: Float64Array, others: Columns): Float64Array {
  const edges = known.map(edgesOf);
  const bins = known.map((column, c) => binned(column, edges[c]!));
  const asked = others.map((column, c) => binned(column, edges[c]!));
  const mean = target.reduce((sum, value) => sum + value, 0) / target.length;
  const rest = target.map((value) => value - mean);
  const guess = new Float64Array(others[0]!.length).fill(mean);
  const sums = new Float64Array(BINS);
  const counts = new Uint32Array(BINS);
  const { chance } = dice(3);

  const grow = (rows: Uint32Array, all: Uint32Array, elsewhere: Uint32Array, depth: number): void => {
    const split = depth === 0 ? undefined : bestSplit(bins, rest, rows, sums, counts);
    if (split === undefined) {
      let sum = 0;
      for (const r of rows) sum += rest[r]!;
      const step = (RATE * sum) / Math.max(1, rows.length);
      for (const r of all) rest[r]! -= step;
      for (const r of elsewhere) guess[r]! += step;
      return;
    }
    const left = (of: readonly Uint8Array[]) => (r: number) => of[split.column]![r]! <= split.bin;
    const inKnown = left(bins);
    const inAsked = left(asked);
    grow(rows.filter(inKnown), all.filter(inKnown), elsewhere.filter(inAsked), depth - 1);
    grow(
      rows.filter((r) => !inKnown(r)),
      all.filter((r) => !inKnown(r)),
      elsewhere.filter((r) => !inAsked(r)),
      depth - 1,
    );
  };
  const everyone = Uint32Array.from(target.keys());
  const everyoneElse = Uint32Array.from(guess.keys());
  for (let round = 0; round < ROUNDS; round++)
    grow(
      everyone.filter(() => chance(0.5)),
      everyone,
      everyoneElse,
      DEPTH,
    );
  return guess;
}
