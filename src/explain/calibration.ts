import type { Game } from "./game.ts";

/** Enough rows that a call's own cost does not count, few enough to take a moment. */
const ROWS = 512;
const TRIES = 3;

/**
 * How many model rows a budget in milliseconds is worth on this machine, measured before the work starts: the work is then
 * bounded by rows, and whoever does it again from the recorded rows gets the same. The first call of a model is often slow and
 * the quickest of a few is least disturbed by others, so that is what counts.
 * @param milliseconds above 0
 * @param now a clock in milliseconds
 * @returns 1 or more
 */
export async function rowsWithin(
  game: Pick<Game, "players" | "background" | "predict">,
  milliseconds: number,
  now: () => number = () => performance.now(),
): Promise<number> {
  const players = game.players.length;
  const hybrids = {
    count: ROWS,
    background: Uint32Array.from({ length: ROWS }, (_, r) => r % game.background.length),
    // Every other player, shifted from row to row.
    present: Uint8Array.from(
      { length: ROWS * players },
      (_, at) => ((at % players) + Math.floor(at / players)) & 1,
    ),
  };
  let quickest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const started = now();
    await game.predict(hybrids);
    quickest = Math.min(quickest, now() - started);
  }
  if (quickest <= 0) return 2 ** 24;
  return Math.min(2 ** 24, Math.max(1, Math.floor((milliseconds * ROWS) / quickest)));
}
