import { ExplainError } from "./errors.ts";

/**
 * The game that Shapley values are taken of: players are raw features (or groups of them that move
 * together), a coalition holds the explained row's values for its members and a background row's values for
 * the rest, and its worth is the model's output averaged over the background (interventional values:
 * Janzing, Minorics & Blöbaum 2020).
 */

/** One raw input value. `NaN` is a missing number, `""` a missing string. */
export type Cell = string | number;

/** A raw feature, or a group of columns (one-hot, declared as correlated) that moves as one. */
export interface Player {
  name: string;
  columns: readonly number[];
}

/**
 * Rows to evaluate, named instead of built: the evaluator holds row and background, so a few bytes a row
 * travel to the worker thread instead of twenty cells.
 */
export interface Hybrids {
  count: number;
  /** `count` background row indexes. */
  background: Uint32Array;
  /** `count × players` flags, row-major: 1 takes the explained row's value, 0 the background row's. */
  present: Uint8Array;
  /** Whose flags these are: the game's players where absent, single columns where shares within groups are asked for. */
  players?: readonly Player[];
}

export interface Game {
  players: readonly Player[];
  row: readonly Cell[];
  background: readonly (readonly Cell[])[];
  /** One weight a background row, positive, summing to 1; absent means equal weights. */
  weights?: Float64Array;
  /** The predictor's own values of the background rows, rows × outputs, where they are known already. */
  backgroundValues?: Float64Array;
  /** Outputs a row (classes, or 1 for a regression or a single score). */
  outputs: number;
  /** → `count × outputs` values, row-major. */
  predict(hybrids: Hybrids): Promise<Float64Array>;
}

/** The rows that `hybrids` names, for a predictor that takes rows. */
export function materialise(game: Pick<Game, "players" | "row" | "background">, hybrids: Hybrids): Cell[][] {
  const rows: Cell[][] = new Array(hybrids.count);
  const players = hybrids.players ?? game.players;
  for (let r = 0; r < hybrids.count; r++) {
    const row = [...(game.background[hybrids.background[r]!] as readonly Cell[])];
    for (let p = 0; p < players.length; p++) {
      if (hybrids.present[r * players.length + p] === 0) continue;
      for (const column of players[p]!.columns) row[column] = game.row[column]!;
    }
    rows[r] = row;
  }
  return rows;
}

/**
 * One a background row, summing to 1 in float64.
 * @throws ExplainError `invalid_weights`
 */
export function normalisedWeights(game: Pick<Game, "background" | "weights">): Float64Array {
  const rows = game.background.length;
  if (game.weights === undefined) return new Float64Array(rows).fill(1 / rows);
  const { weights } = game;
  const sum = weights.reduce((total, w) => total + w, 0);
  if (weights.length !== rows || !weights.every((w) => w > 0) || !(Math.abs(sum - 1) <= 1e-9))
    throw new ExplainError("invalid_weights", "Weights must be positive, one a background row, and sum to 1");
  return weights.map((w) => w / sum);
}
