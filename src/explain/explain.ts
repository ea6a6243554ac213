import { ENUMERATED_PLAYERS, enumerate, enumerationRows, samplingRows } from "./enumeration.ts";
import { ExplainError } from "./errors.ts";
import type { Game } from "./game.ts";
import { HybridRows } from "./hybrids.ts";
import { type Estimate, FIRST_ROUNDS, MAX_ROUNDS, samplePermutations } from "./permutation.ts";
import { seededRandom } from "./random.ts";

/**
 * 2 % of the distance between the strongest feature for and the strongest against, so that an interval is about
 * 4 % of it to either side: enough to tell the leading reasons apart, and the two rounds that always run often
 * reach it. Half of it costs about twice the rows.
 */
export const DEFAULT_TOLERANCE = 0.02;
/**
 * Five rounds of twenty features against a hundred background rows: what keeps one stubborn decision within
 * tens of milliseconds at 2 to 4 µs a row. It then says `converged: false` and has wider intervals.
 */
export const DEFAULT_MAX_MODEL_ROWS = 20_000;
/** When enumeration is asked for by name, a second or a few of model time is what was asked for. */
export const DEFAULT_MAX_EXACT_ROWS = 2 ** 20;
/**
 * `auto` enumerates when that takes no more rows than so many rounds of sampling, about what a tolerance of 1 to
 * 2 % needs on small games: up to five features that vary.
 */
export const AUTO_ROUNDS = 4;

/**
 * What a change of must never go unnoticed: hashed into the explainer digest of every record. The number goes
 * up with any change that moves one bit of a result.
 */
export const ALGORITHM_VERSION = [
  "motivo-explain/1",
  "shapley=interventional",
  "permutation=antithetic,own-order-per-background-row,strata=background",
  "random=xoshiro128**,seed=fmix32,skip=20,shuffle=fisher-yates-rejection",
  "interval=0.95,degrees=n*ratio-1,t-hill-1970,pool<5",
  "stop=wilson-hilferty-0.95",
  `tolerance=${DEFAULT_TOLERANCE}`,
  `max-model-rows=${DEFAULT_MAX_MODEL_ROWS}`,
  `max-exact-rows=${DEFAULT_MAX_EXACT_ROWS}`,
  `first-rounds=${FIRST_ROUNDS}`,
  `max-rounds=${MAX_ROUNDS}`,
  `enumerated-players=${ENUMERATED_PLAYERS}`,
  `auto=enumerate<=${AUTO_ROUNDS}-rounds`,
].join(";");

export interface ExplainOptions {
  /** 32 hexadecimal digits. */
  seed: string;
  /** Default `auto`. */
  method?: "auto" | "permutation" | "exact";
  /** Largest standard error / (largest − smallest attribution), in [0, 1]; default 0.02. */
  tolerance?: number;
  /**
   * Different model rows, background and explained row included; default 20,000, and 2^20 when `exact` is
   * asked for.
   */
  maxModelRows?: number;
  /**
   * The output that has to meet the tolerance; all of them when absent. A class of almost no probability can
   * keep sampling busy for nobody.
   */
  output?: number;
  /** After each round of sampling: an explanation that can be used as it is. Not called by enumeration. */
  onRound?: (explanation: Explanation) => void;
}

/** Plain values in a fixed key order, so that `JSON.stringify` gives the same bytes for the same seed. */
export interface Explanation {
  method: "permutation" | "exact-enumeration";
  /** Why this method: by name, or `auto` compared the model rows. */
  chosen: "asked" | "enumeration-costs-less" | "enumeration-costs-more";
  /** The weighted mean output over the background, one an output. */
  base: number[];
  /** The explained row's output. */
  output: number[];
  /** players × outputs; over the players they sum to output − base. */
  attributions: number[][];
  /** players × outputs; 0 where exact. */
  standardErrors: number[][];
  /** players × outputs, 95 % each. */
  intervals: [lower: number, upper: number][][];
  seed: string;
  /** Different rows the model evaluated. */
  modelRows: number;
  /**
   * What the same work takes without deduplication, less `modelRows`: for each background row 2K + 1 rows a
   * round, or 2^K by enumeration, K being the players that vary anywhere in the background.
   */
  modelRowsSaved: number;
  rounds: number;
  /** Whether the tolerance was met before the budget ended. */
  converged: boolean;
  /** Largest |Σ attributions + base − output| over the outputs. */
  additivityGap: number;
}

/**
 * Shapley values of a game's players.
 *
 * Σ attributions + base = output to 1e-9 · max(1, |output|). The same game, options and seed give the same
 * explanation, however many run at once, as long as the predictor gives the same bits. Every different row is
 * evaluated once.
 * @throws ExplainError (see `ExplainErrorCode`); whatever `game.predict` rejects with
 */
export async function explain(game: Game, options: ExplainOptions): Promise<Explanation> {
  const settings = checkOptions(game, options);
  const random = seededRandom(options.seed);
  const rows = new HybridRows(game);
  const { method, maxModelRows } = settings;
  const needed = enumerationRows(rows);
  const cheaper = needed <= Math.min(samplingRows(rows, AUTO_ROUNDS), maxModelRows);

  if (method === "exact" || (method === "auto" && cheaper)) {
    if (needed > maxModelRows)
      throw new ExplainError("exact_too_large", "Enumeration needs more model rows than allowed", {
        needed,
        maxModelRows,
      });
    const attributions = await enumerate(rows);
    const zeros = new Float64Array(attributions.length);
    const chosen = method === "exact" ? "asked" : "enumeration-costs-less";
    const exact = { attributions, standardErrors: zeros, halfWidths: zeros, rounds: 0, converged: true };
    return assemble(rows, options.seed, "exact-enumeration", chosen, exact);
  }

  const chosen = method === "permutation" ? "asked" : "enumeration-costs-more";
  const present = (estimate: Estimate) => assemble(rows, options.seed, "permutation", chosen, estimate);
  const { onRound } = options;
  const estimate = await samplePermutations(rows, {
    ...settings,
    random,
    onRound: onRound && ((soFar) => onRound(present(soFar))),
  });
  if (estimate === null)
    throw new ExplainError("budget_too_small", "Two rounds of sampling need more model rows than allowed", {
      needed: rows.count,
      maxModelRows,
    });
  return present(estimate);
}

function checkOptions(game: Game, options: ExplainOptions) {
  const method = options.method ?? "auto";
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  const maxModelRows =
    options.maxModelRows ?? (method === "exact" ? DEFAULT_MAX_EXACT_ROWS : DEFAULT_MAX_MODEL_ROWS);
  const { output } = options;
  if (!(tolerance >= 0 && tolerance <= 1))
    throw new ExplainError("invalid_option", "The tolerance must lie in [0, 1]");
  if (!Number.isSafeInteger(maxModelRows) || maxModelRows < 1 || maxModelRows > 2 ** 24)
    throw new ExplainError("invalid_option", "The budget must be an integer in [1, 2^24]");
  if (output !== undefined && !(Number.isSafeInteger(output) && output >= 0 && output < game.outputs))
    throw new ExplainError("invalid_option", "There is no such output");
  return { method, tolerance, maxModelRows, output };
}

function assemble(
  rows: HybridRows,
  seed: string,
  method: Explanation["method"],
  chosen: Explanation["chosen"],
  { attributions, standardErrors, halfWidths, rounds, converged }: Estimate,
): Explanation {
  const outputs = Array.from({ length: rows.outputs }, (_, o) => o);
  const base = outputs.map((o) =>
    rows.empty.reduce((sum, id, b) => sum + rows.weights[b]! * rows.value(id, o), 0),
  );
  const output = outputs.map((o) => rows.value(rows.full, o));
  // Adding 0 turns -0 into 0, which JSON would not tell apart and `Object.is` would.
  const table = <T>(cell: (i: number) => T): T[][] =>
    Array.from({ length: rows.players }, (_, p) => outputs.map((o) => cell(p * rows.outputs + o)));
  const gaps = outputs.map((o) => {
    let sum = base[o]!;
    for (let p = 0; p < rows.players; p++) sum += attributions[p * rows.outputs + o]!;
    return Math.abs(sum - output[o]!);
  });
  const anywhere = new Set(rows.varying.flatMap((players) => [...players])).size;
  const perRow = method === "permutation" ? rounds * (2 * anywhere + 1) : 2 ** anywhere;
  return {
    method,
    chosen,
    base,
    output,
    attributions: table((i) => attributions[i]! + 0),
    standardErrors: table((i) => standardErrors[i]!),
    intervals: table((i) => [attributions[i]! - halfWidths[i]! + 0, attributions[i]! + halfWidths[i]! + 0]),
    seed,
    modelRows: rows.evaluated,
    modelRowsSaved: Math.max(perRow * rows.varying.length - rows.evaluated, 0),
    rounds,
    converged,
    additivityGap: Math.max(...gaps),
  };
}
