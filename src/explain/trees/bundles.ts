import { LANES } from "../kernel/memory.ts";
import type { AxisEntry } from "./lanes.ts";

/** Axes whose codes count as one: Σ steps · code, in [0, codes). */
export interface Bundle {
  axes: readonly number[];
  steps: readonly number[];
  codes: number;
}

/** One bundle of a block: which vector of increments each code stands for, and the vectors of 64 lanes each. */
export interface BlockEntry {
  bundle: number;
  byCode: Uint16Array;
  /** n × 64 */
  increments: Uint16Array;
}

/** Vectors that a bundle has at most in a block, missing numbers aside: 4 kB. */
const MOST_VECTORS = 32;
const MOST_CODES = 243;

/**
 * One-hot columns, which have one cut, and others with few cuts are looked up together, neighbours first: of a few that are one
 * feature's, few combinations occur. Axes with many codes stay alone.
 * @param codes of each axis
 */
export function bundleAxes(codes: readonly number[]): Bundle[] {
  const bundles: Bundle[] = [];
  let open: { axes: number[]; steps: number[]; codes: number; vectors: number } | undefined;
  for (const [axis, count] of codes.entries()) {
    // A number has one code more than it has sides of its cuts: the missing one's.
    const vectors = Math.max(1, count - 1);
    if (
      open === undefined ||
      open.vectors * vectors > MOST_VECTORS ||
      open.codes * count > MOST_CODES ||
      vectors * 2 > MOST_VECTORS
    ) {
      const fresh = { axes: [axis], steps: [1], codes: count, vectors };
      bundles.push(fresh);
      if (vectors * 2 <= MOST_VECTORS) open = fresh;
      continue;
    }
    open.axes.push(axis);
    open.steps.push(open.codes);
    open.codes *= count;
    open.vectors *= vectors;
  }
  return bundles;
}

/** A block's entries by axis, as entries by bundle. */
export function bundleEntries(entries: readonly AxisEntry[], bundles: readonly Bundle[]): BlockEntry[] {
  const byAxis = new Map(entries.map((entry) => [entry.axis, entry]));
  return bundles.flatMap(({ axes, steps, codes }, bundle): BlockEntry[] => {
    const [only] = axes;
    const alone = axes.length === 1 ? byAxis.get(only!) : undefined;
    if (alone !== undefined) return [{ bundle, byCode: alone.byCode, increments: alone.increments }];
    if (axes.every((axis) => !byAxis.has(axis))) return [];
    const byCode = new Uint16Array(codes);
    let vectors: Uint16Array[] = [new Uint16Array(LANES)];
    for (const [i, axis] of axes.entries()) {
      const entry = byAxis.get(axis);
      if (entry === undefined) continue;
      const own = differentVectors(entry);
      const end = steps[i + 1] ?? codes;
      for (let code = 0; code < codes; code++) {
        const number = own.numbers[entry.byCode[Math.floor((code % end) / steps[i]!)]!]!;
        byCode[code]! += number * vectors.length;
      }
      vectors = own.vectors.flatMap((added) =>
        vectors.map((held) => held.map((lane, l) => lane + added[l]!)),
      );
    }
    const increments = new Uint16Array(vectors.length * LANES);
    vectors.forEach((vector, v) => {
      increments.set(vector, v * LANES);
    });
    return [{ bundle, byCode, increments }];
  });
}

/** The vectors of an axis, equal ones once, and for each the number of its first equal. */
function differentVectors({ increments }: AxisEntry): { vectors: Uint16Array[]; numbers: number[] } {
  const vectors: Uint16Array[] = [];
  const numbers: number[] = [];
  for (let from = 0; from < increments.length; from += LANES) {
    const vector = increments.subarray(from, from + LANES);
    const known = vectors.findIndex((other) => other.every((lane, l) => lane === vector[l]));
    if (known === -1) vectors.push(vector);
    numbers.push(known === -1 ? vectors.length - 1 : known);
  }
  return { vectors, numbers };
}
