import { coalitionWeights, popcount } from "./coalitions.ts";
import type { HybridRows } from "./hybrids.ts";
import { addOwen, type Blocks, nameOwen, type OwenCoalitions, owenRows } from "./owen.ts";

/**
 * Background rows on which no more players vary are enumerated even while sampling: 14 coalitions instead of the
 * 12 of the two rounds that a standard error needs, and no luck with the few different orders there are.
 */
export const ENUMERATED_PLAYERS = 4;

/** Rows named before they are evaluated: enough for the model, short enough for the event loop. */
const CHUNK = 8192;

/** A background row as often as it occurs: equal rows have equal attributions. */
interface Stratum {
  background: number;
  weight: number;
}

/**
 * Shapley's formula itself, φᵢ = Σ_S |S|!(k−|S|−1)!/k! · (v(S∪i) − v(S)), for each different background row
 * over the k players that vary on it, averaged by weight. Exact up to float64 sums; the cost doubles with
 * each player that varies.
 * @param blocks where the players of `rows` are columns: Owen values, which are exact alike
 * @returns players × outputs, row-major; with blocks, columns and then blocks × outputs
 */
export async function enumerate(rows: HybridRows, blocks?: Blocks): Promise<Float64Array> {
  const attributions = new Float64Array((rows.players + (blocks?.count ?? 0)) * rows.outputs);
  let waiting: { stratum: Stratum; ids: Uint32Array | OwenCoalitions[] }[] = [];
  const settle = async () => {
    await rows.evaluate();
    for (const { stratum, ids } of waiting) {
      if (!(ids instanceof Uint32Array)) addOwen(rows, ids, stratum.weight, attributions);
      else addShapley(rows, rows.varying[stratum.background]!, ids, stratum.weight, attributions);
    }
    waiting = [];
  };
  for (const stratum of strata(rows)) {
    const { background } = stratum;
    const ids = blocks ? nameOwen(rows, background, blocks) : nameCoalitions(rows, background);
    waiting.push({ stratum, ids });
    if (rows.pending >= CHUNK) await settle();
  }
  await settle();
  return attributions;
}

/** An upper bound, without knowing which rows coincide, of the model rows that `enumerate` takes. */
export function enumerationRows(rows: HybridRows, blocks?: Blocks): number {
  let count = 1;
  for (const { background } of strata(rows)) {
    const players = rows.varying[background]!;
    count += blocks ? owenRows(players, blocks) : 2 ** players.length - 1;
  }
  return count;
}

/** The same bound for so many rounds of permutation sampling. */
export function samplingRows(rows: HybridRows, rounds: number): number {
  let count = 1;
  for (const { background } of strata(rows)) {
    const k = rows.varying[background]!.length;
    const all = 2 ** k - 1;
    count += k <= ENUMERATED_PLAYERS ? all : Math.min(all, 1 + rounds * 2 * (k - 1));
  }
  return count;
}

function strata(rows: HybridRows): Stratum[] {
  const byRow = new Map<number, Stratum>();
  rows.empty.forEach((id, background) => {
    const stratum = byRow.get(id);
    if (stratum === undefined) byRow.set(id, { background, weight: rows.weights[background]! });
    else stratum.weight += rows.weights[background]!;
  });
  return [...byRow.values()];
}

/** → the id of each coalition, bit j of the index standing for the j-th varying player. */
export function nameCoalitions(rows: HybridRows, background: number): Uint32Array {
  const players = rows.varying[background]!;
  const ids = new Uint32Array(2 ** players.length);
  rows.start(background);
  ids[0] = rows.intern();
  // Gray's order: the next coalition differs in one player.
  for (let i = 1, gray = 0; i < ids.length; i++) {
    const bit = 31 - Math.clz32(i & -i);
    gray ^= 1 << bit;
    rows.toggle(players[bit]!);
    ids[gray] = rows.intern();
  }
  return ids;
}

/**
 * Adds one background row's Shapley values, times its weight.
 * @param ids evaluated, as `nameCoalitions` gave them for these players
 * @param into players × outputs
 * @param worth what is shared out; the model's output if nothing else
 */
export function addShapley(
  rows: HybridRows,
  players: Uint32Array,
  ids: Uint32Array,
  weight: number,
  into: Float64Array,
  worth: { value(id: number, output: number): number } = rows,
): void {
  const k = players.length;
  const { outputs } = rows;
  const shares = coalitionWeights(k);
  const values = new Float64Array(ids.length);
  for (let o = 0; o < outputs; o++) {
    ids.forEach((id, coalition) => {
      values[coalition] = worth.value(id, o);
    });
    for (let j = 0; j < k; j++) {
      const bit = 1 << j;
      let sum = 0;
      for (let coalition = 0; coalition < ids.length; coalition++) {
        if (coalition & bit) continue;
        sum += shares[popcount(coalition)]! * (values[coalition | bit]! - values[coalition]!);
      }
      into[players[j]! * outputs + o]! += weight * sum;
    }
  }
}
