import type { Control } from "./control.ts";
import { ENUMERATED_PLAYERS, nameCoalitions, samplingRows } from "./enumeration.ts";
import type { HybridRows } from "./hybrids.ts";
import { type Estimate, type Known, Moments } from "./moments.ts";
import { type Blocks, nameOwen, type OwenCoalitions, shuffleBlocks } from "./owen.ts";
import { type Random32, shuffle } from "./random.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";
import type { Walk } from "./walk.ts";

/**
 * Antithetic permutation sampling of Shapley values (Castro et al. 2009; Mitchell et al. 2022), each background
 * row walking permutations of its own.
 *
 * A round draws one order for each background row and walks it forward and backward: players join one by
 * one, and what the output moves by is the newcomer's. Forward and backward together are exact where players
 * interact in pairs at most. With one order for all rows, as elsewhere, a lucky or unlucky order hits every row
 * alike and averaging over the background does not help; with own orders it does (about three times smaller
 * errors for the same model rows). Only players that differ from the background row walk, so a row with k of them
 * costs at most 2(k−1) model rows a round, less those already evaluated.
 */
export interface Sampling {
  random: Random32;
  /** Stop once the largest standard error is this share of (largest − smallest attribution). */
  tolerance: number;
  /** Different model rows, background and explained row included. */
  maxModelRows: number;
  /** The output that decides on stopping; every output when absent. */
  output?: number | undefined;
  /**
   * So many rounds, whatever tolerance and budget say: to compute a recorded explanation again. A single one has no
   * standard error (it is infinite).
   */
  rounds?: number | undefined;
  control?: Control | undefined;
  /** The players of `rows` are columns, and these the groups that they join in. */
  blocks?: Blocks | undefined;
}

/** The least that has a variance within each background row. */
export const FIRST_ROUNDS = 2;
/**
 * Games so small that every coalition is known cost no rows any more, so that the budget does not end
 * them; this does.
 */
export const MAX_ROUNDS = 512;
/** Rows that are sent while the next ones are named: a few at first, so that the predictor has work, then as many again. */
const FIRST_SENT = 512;
const MOST_SENT = 8192;

/**
 * One estimate after the first two rounds and one after each further one, the last being the answer. Nothing at all when
 * two rounds do not fit into `maxModelRows`: nothing was evaluated then, and `rows.count` says how many they take.
 * @param rows hold nothing but the background and the explained row
 */
export async function* samplePermutations(rows: HybridRows, sampling: Sampling): AsyncGenerator<Estimate> {
  const { maxModelRows, control, blocks } = sampling;
  const last = sampling.rounds ?? MAX_ROUNDS;
  const fits = (more: number) => sampling.rounds !== undefined || rows.count + more <= maxModelRows;
  // Where the most that two rounds can take is within the budget, rows are evaluated while others are still named.
  const certain = fits(samplingRows(rows, FIRST_ROUNDS) - rows.count);
  if (rows.varying.length >= ROWS_A_TURN) await turn();
  if (certain) rows.reserve(samplingRows(rows, FIRST_ROUNDS));
  const known = await enumerateSmall(rows, certain, blocks);
  const first: { round: Walk[]; rows: number }[] = [];
  while (first.length < Math.min(FIRST_ROUNDS, last))
    first.push({ round: await drawRound(rows, sampling, certain), rows: rows.count });
  if (!fits(0)) return;
  rows.send();

  const moments = new Moments(rows, known, { ...(control && { control }), ...(blocks && { blocks }) });
  for (const { round, rows: named } of first) {
    // The first round is taken in while the second is on its way.
    await rows.evaluate(named);
    await moments.add(round);
  }
  let estimate = await moments.summarise(sampling);
  yield estimate;
  const most = rows.varying.reduce((sum, { length }) => sum + Math.max(2 * (length - 1), 0), 0);
  while (estimate.rounds < last && (sampling.rounds !== undefined || !estimate.converged)) {
    const round = await drawRound(rows, sampling, fits(most));
    if (!fits(0)) return;
    await rows.evaluate();
    await moments.add(round);
    estimate = await moments.summarise(sampling);
    yield estimate;
  }
}

/** → background row to its coalitions' ids, where few players vary. */
async function enumerateSmall(rows: HybridRows, send: boolean, blocks: Blocks | undefined): Promise<Known> {
  const known = new Map<number, Uint32Array | OwenCoalitions[]>();
  for (const [b, players] of rows.varying.entries()) {
    if (players.length > ENUMERATED_PLAYERS) continue;
    known.set(b, blocks ? nameOwen(rows, b, blocks) : nameCoalitions(rows, b));
    if (send) await sendAhead(rows);
  }
  return known;
}

async function drawRound(rows: HybridRows, { random, blocks }: Sampling, send: boolean): Promise<Walk[]> {
  const round: Walk[] = [];
  // One piece of memory for all: thousands of small ones would keep the garbage collector busy.
  const room = new Uint32Array(3 * rows.varying.reduce((sum, { length }) => sum + length, 0));
  let taken = 0;
  const take = (length: number) => {
    taken += length;
    return room.subarray(taken - length, taken);
  };
  for (const [background, players] of rows.varying.entries()) {
    const k = players.length;
    if (k <= ENUMERATED_PLAYERS) continue;
    const order = take(k);
    if (blocks) order.set(shuffleBlocks(players, blocks, random));
    else {
      order.set(players);
      shuffle(order, random);
    }
    const [forward, backward] = [take(k - 1), take(k - 1)];
    rows.start(background);
    for (let step = 0; step < k - 1; step++) {
      rows.toggle(order[step]!);
      forward[step] = rows.intern();
    }
    rows.start(background);
    for (let step = 0; step < k - 1; step++) {
      rows.toggle(order[k - 1 - step]!);
      backward[step] = rows.intern();
    }
    round.push({ background, order, forward, backward });
    if (send) await sendAhead(rows);
  }
  return round;
}

/** Also what leaves the event loop to others in between, however many background rows there are. */
async function sendAhead(rows: HybridRows): Promise<void> {
  if (rows.pending < Math.min(MOST_SENT, Math.max(FIRST_SENT, rows.sent))) return;
  rows.send();
  await turn();
}
