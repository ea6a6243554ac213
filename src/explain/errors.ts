/** Why an explanation was refused. Stable: callers map these, texts may change. */
export type ExplainErrorCode =
  /** The game has no background row, so there is nothing to compare against. */
  | "empty_background"
  /** A background row is not as wide as the explained row. */
  | "invalid_shape"
  /** Weights are not one a background row, positive, finite and summing to 1 (to 1e-9). */
  | "invalid_weights"
  /** The players do not hold every column exactly once, or there are none. */
  | "invalid_players"
  /** The seed is not 32 hexadecimal digits. */
  | "invalid_seed"
  /** Tolerance, budget or output is outside its range. */
  | "invalid_option"
  /** Two rounds of sampling, the least that has a standard error, need more model rows than allowed. */
  | "budget_too_small"
  /** Enumeration was asked for and needs more model rows than allowed. */
  | "exact_too_large"
  /** The model sees a column that several players share, so that no closed form holds for them. */
  | "mixed_columns"
  /** A margin was asked for and the model's inside is not known. */
  | "no_margin"
  /** A logit was asked for and an output is 0 or 1 (or outside), where it has none. */
  | "logit_not_finite"
  /** The predictor gave NaN or an infinity. */
  | "prediction_not_finite"
  /** The predictor gave another number of values than rows × outputs. */
  | "prediction_shape";

/** A refusal by the explanation engine. `message` and `figures` hold counts, never a cell's value. */
export class ExplainError extends Error {
  readonly code: ExplainErrorCode;
  readonly figures: Readonly<Record<string, number>>;

  constructor(code: ExplainErrorCode, message: string, figures: Record<string, number> = {}) {
    super(message);
    this.name = "ExplainError";
    this.code = code;
    this.figures = figures;
  }
}
