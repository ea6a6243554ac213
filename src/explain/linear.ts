import { ExplainError } from "./errors.ts";
import type { Cell, Game } from "./game.ts";
import type { LinearScores } from "./structure.ts";

/**
 * The raw column's player.
 * @throws ExplainError `mixed_columns` when what a model sees as one value comes from several players
 */
export function playerOf(players: Game["players"], sources: readonly number[]): number {
  const owner = players.findIndex(({ columns }) => columns.includes(sources[0]!));
  const whole = owner !== -1 && sources.every((source) => players[owner]!.columns.includes(source));
  if (!whole)
    throw new ExplainError("mixed_columns", "The model mixes columns of several players before its scores");
  return owner;
}

/**
 * Closed form for scores that are weighted sums of columns: φ of a player is Σ w · (value − mean over the
 * background), over the columns computed from it (Lundberg & Lee 2017, corollary 1; for interventional values it
 * needs no independence).
 */
export class ExactLinear {
  /** Weighted mean scores over the background. */
  readonly base: Float64Array;
  readonly #scores: LinearScores;
  readonly #players: number;
  /** One a column; −1 for a constant. */
  readonly #owners: readonly number[];
  readonly #means: Float64Array;

  /** @throws ExplainError `mixed_columns` */
  constructor(
    scores: LinearScores,
    players: Game["players"],
    background: readonly (readonly Cell[])[],
    weights: Float64Array,
  ) {
    this.#scores = scores;
    this.#players = players.length;
    this.#owners = scores.columns.map(({ sources }) =>
      sources.length === 0 ? -1 : playerOf(players, sources),
    );
    this.#means = Float64Array.from(scores.columns, (column) =>
      background.reduce((sum, row, b) => sum + weights[b]! * column.value(row), 0),
    );
    this.base = Float64Array.from(scores.bias, (start, k) =>
      this.#means.reduce((sum, mean, c) => sum + scores.weights[k]![c]! * mean, start),
    );
  }

  /** → players × scores, row-major. @param into where to */
  attribute(row: readonly Cell[], into?: Float64Array): Float64Array {
    const { columns, weights, bias } = this.#scores;
    const scores = bias.length;
    const attributions = into?.fill(0) ?? new Float64Array(this.#players * scores);
    columns.forEach((column, c) => {
      const owner = this.#owners[c]!;
      if (owner === -1) return;
      const difference = column.value(row) - this.#means[c]!;
      for (let k = 0; k < scores; k++) attributions[owner * scores + k]! += weights[k]![c]! * difference;
    });
    return attributions;
  }

  /** → rows × players × scores */
  attributeRows(rows: readonly (readonly Cell[])[]): Float64Array {
    const width = this.#players * this.#scores.bias.length;
    const attributions = new Float64Array(rows.length * width);
    rows.forEach((row, r) => {
      attributions.set(this.attribute(row), r * width);
    });
    return attributions;
  }
}
