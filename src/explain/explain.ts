import type { ClosedForm, Link } from "./closed-form.ts";
import { Control } from "./control.ts";
import { backgroundDigest, digestOf } from "./digests.ts";
import { ENUMERATED_PLAYERS, enumerate, enumerationRows, samplingRows } from "./enumeration.ts";
import { ExplainError } from "./errors.ts";
import type { Game } from "./game.ts";
import { checkPrediction, checkShape, HybridRows } from "./hybrids.ts";
import { linked } from "./links.ts";
import { type Estimate, SLOPE_FROM } from "./moments.ts";
import { type Blocks, splitGame } from "./owen.ts";
import { FIRST_ROUNDS, MAX_ROUNDS, samplePermutations } from "./permutation.ts";
import { seededRandom } from "./random.ts";
import { DEFAULT_TABLE_BYTES } from "./trees/exact-trees.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";

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
const DEFAULT_MAX_EXACT_ROWS = 2 ** 20;
/**
 * `auto` enumerates when that takes no more rows than so many rounds of sampling, about what a tolerance of 1 to
 * 2 % needs on small games: up to five features that vary.
 */
const AUTO_ROUNDS = 4;

/**
 * What a change of must never go unnoticed: hashed into the explainer digest of every record. The number goes
 * up with any change that moves one bit of a result.
 */
export const ALGORITHM_VERSION = [
  "motivo-explain/4",
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
  `control=margin,one-slope-an-output,degrees>=${SLOPE_FROM}`,
  `closed-form=float64,table-bytes=${DEFAULT_TABLE_BYTES}`,
  `auto=closed-form,enumerate<=${AUTO_ROUNDS}-rounds`,
].join(";");

const algorithmDigest = digestOf(ALGORITHM_VERSION);

export interface ExplainOptions {
  /** 32 hexadecimal digits. */
  seed: string;
  /** Default `auto`. */
  method?: "auto" | "permutation" | "exact";
  /** What is explained; default `identity`, the model's output. */
  link?: Link;
  /** Where the model's inside is known: made for the game's players, background and weights. */
  closedForm?: ClosedForm;
  /** Why it is not, for whoever asks for exact values all the same. */
  noClosedForm?: string;
  /**
   * Whether exact values of the margin make sampled ones of the output more precise, where both are at hand. Default: under
   * `auto`, and not when permutations are asked for by name.
   */
  control?: boolean;
  /**
   * Also how a player of several columns shares out what it is credited with among them: Owen values. In closed form where that
   * was made for it; else enumerated or sampled over columns, which takes more rows, and `predict` is then asked for single
   * columns (`Hybrids.players`).
   */
  within?: boolean;
  /** So many rounds, at least two, whatever tolerance and budget say: to compute a recorded explanation again. */
  rounds?: number;
  /** SHA-256 in hex of the model and of the background, where the caller keeps them; the background's own otherwise. */
  digests?: { model?: string; background?: string };
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

/** As the members of the same names of an explanation, one row a column. */
export type Shares = Pick<Explanation, "attributions" | "standardErrors" | "intervals">;

/** Plain values in a fixed key order, so that `JSON.stringify` gives the same bytes for the same seed. */
export interface Explanation {
  method: "permutation" | "exact-enumeration" | "exact-tree" | "exact-linear";
  /** Why this method: by name, because a closed form costs next to nothing, or `auto` compared the model rows. */
  chosen: "asked" | "closed-form" | "enumeration-costs-less" | "enumeration-costs-more";
  /** The scale that base, output and attributions are on. */
  link: Link;
  /**
   * What made sampled values more precise: one slope an output, 0 where the control was not worth its own noise. Null where
   * nothing did.
   */
  control: { link: "margin"; slopes: number[] } | null;
  /** The weighted mean over the background, one an output. */
  base: number[];
  /** The explained row's. */
  output: number[];
  /**
   * Largest distance between the explained row's outputs as the model gave them and as they follow from its scores in
   * float64, one that the runtime's own rounding explains; null where nothing was computed from scores.
   */
  distance: number | null;
  /** players × outputs; over the players they sum to output − base. */
  attributions: number[][];
  /** players × outputs; 0 where exact. */
  standardErrors: number[][];
  /** players × outputs, 95 % each. */
  intervals: [lower: number, upper: number][][];
  /** Owen values, columns × outputs, which over the columns of a player sum to its attributions; null if not asked for. */
  within: Shares | null;
  seed: string;
  /** Different model rows behind it, background included, whether or not that was evaluated before. */
  modelRows: number;
  /**
   * What the same work takes without deduplication, less `modelRows`: for each background row 2K + 1 rows a
   * round, or 2^K by enumeration, K being the players that vary anywhere in the background. 0 in closed form.
   */
  modelRowsSaved: number;
  rounds: number;
  /** Whether the tolerance was met before the budget ended. */
  converged: boolean;
  /** What the work was allowed: with the seed, all that it takes to do it again. */
  tolerance: number;
  maxModelRows: number;
  /** Largest |Σ attributions + base − output| over the outputs. */
  additivityGap: number;
  /** SHA-256 in hex. */
  digests: { model: string | null; background: string; algorithm: string };
}

/** Whether an explanation is drawn from the closed form, and takes one row of the model: the explained one. */
export function isClosed<Options extends Pick<ExplainOptions, "method" | "link" | "closedForm" | "within">>(
  options: Options,
): options is Options & { closedForm: ClosedForm } {
  const { method, link = "identity", closedForm, within } = options;
  if (method === "permutation" || closedForm === undefined) return false;
  return closedForm.covers(link) && (!within || closedForm.within);
}

/** Whether values of the background, where they are known, have a part in an explanation (`Game.backgroundValues`). */
export function takesBackgroundValues(options: ExplainOptions): boolean {
  return (options.link ?? "identity") === "identity" && !isClosed(options);
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
  let latest: Explanation | undefined;
  for await (const explanation of explainInRounds(game, options)) {
    latest = explanation;
    options.onRound?.(explanation);
  }
  return latest!;
}

/**
 * The same, usable from the first moment on: one explanation after each round of sampling, each more precise than the one
 * before, or a single one where nothing is sampled. Whoever has seen enough stops asking, and what was said holds;
 * its `rounds` compute it again.
 */
export async function* explainInRounds(game: Game, options: ExplainOptions): AsyncGenerator<Explanation> {
  const settings = checkOptions(game, options);
  const random = seededRandom(options.seed);
  const { method, maxModelRows, link } = settings;
  const { closedForm } = options;
  const told = {
    link,
    seed: options.seed,
    tolerance: settings.tolerance,
    maxModelRows,
    digests: {
      model: options.digests?.model ?? null,
      background: options.digests?.background ?? (await backgroundDigest(game)),
      algorithm: await algorithmDigest,
    },
  };
  if (isClosed(options)) {
    const chosen = method === "exact" ? "asked" : "closed-form";
    yield await inClosedForm(game, options, { ...told, chosen });
    return;
  }
  if (game.background.length >= ROWS_A_TURN) await turn();
  const { game: played, blocks } = options.within ? splitGame(game) : { game, blocks: undefined };
  if (blocks) checkShape(game);
  const rows = await HybridRows.open(linked(played, link, options));
  const needed = enumerationRows(rows, blocks);
  const cheaper = needed <= Math.min(samplingRows(rows, AUTO_ROUNDS), maxModelRows);

  if (method === "exact" || (method === "auto" && cheaper && settings.rounds === undefined)) {
    if (needed > maxModelRows)
      throw new ExplainError(
        "exact_too_large",
        `Enumeration needs more model rows than allowed, and ${whyNoClosedForm(options, link)}`,
        { needed, maxModelRows },
      );
    const attributions = await enumerate(rows, blocks);
    const zeros = new Float64Array(attributions.length);
    const chosen = method === "exact" ? "asked" : "enumeration-costs-less";
    const exact = {
      attributions,
      standardErrors: zeros,
      halfWidths: zeros,
      rounds: 0,
      converged: true,
      slopes: null,
    };
    yield assemble(rows, { ...told, method: "exact-enumeration", chosen }, exact, blocks);
    return;
  }

  const chosen = method === "permutation" ? "asked" : "enumeration-costs-more";
  const controlled = (options.control ?? method === "auto") && link === "identity" && !blocks;
  const control = controlled ? Control.of(closedForm, game.row) : undefined;
  let rounds = 0;
  for await (const estimate of samplePermutations(rows, { ...settings, random, control, blocks })) {
    rounds = estimate.rounds;
    yield assemble(rows, { ...told, method: "permutation", chosen }, estimate, blocks);
  }
  if (rounds === 0)
    throw new ExplainError("budget_too_small", "Two rounds of sampling need more model rows than allowed", {
      needed: rows.count,
      maxModelRows,
    });
}

/** Everything about an explanation that is known before it is computed. */
type Told = Pick<
  Explanation,
  "method" | "chosen" | "link" | "seed" | "tolerance" | "maxModelRows" | "digests"
>;

function checkOptions(game: Game, options: ExplainOptions) {
  const method = options.method ?? "auto";
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  const maxModelRows =
    options.maxModelRows ?? (method === "exact" ? DEFAULT_MAX_EXACT_ROWS : DEFAULT_MAX_MODEL_ROWS);
  const { output, link = "identity" } = options;
  if (!(tolerance >= 0 && tolerance <= 1))
    throw new ExplainError("invalid_option", "The tolerance must lie in [0, 1]");
  if (!Number.isSafeInteger(maxModelRows) || maxModelRows < 1 || maxModelRows > 2 ** 24)
    throw new ExplainError("invalid_option", "The budget must be an integer in [1, 2^24]");
  if (output !== undefined && !(Number.isSafeInteger(output) && output >= 0 && output < game.outputs))
    throw new ExplainError("invalid_option", "There is no such output");
  const { rounds } = options;
  if (
    rounds !== undefined &&
    !(Number.isSafeInteger(rounds) && rounds >= FIRST_ROUNDS && rounds <= MAX_ROUNDS)
  )
    throw new ExplainError("invalid_option", `Rounds must be an integer in [${FIRST_ROUNDS}, ${MAX_ROUNDS}]`);
  return { method, tolerance, maxModelRows, output, link, rounds };
}

function whyNoClosedForm({ closedForm, noClosedForm }: ExplainOptions, link: Link): string {
  if (closedForm?.covers(link) === false) return `the ${link} is not linear in the model's scores`;
  if (noClosedForm !== undefined) return noClosedForm;
  return closedForm === undefined
    ? "the model's inside is not known"
    : "the closed form knows no shares within groups";
}

/** One model row, to say how far the model's own rounding is from the float64 value. */
async function inClosedForm(
  game: Game,
  { closedForm, within: shared }: { closedForm: ClosedForm; within?: boolean },
  told: Omit<Told, "method">,
): Promise<Explanation> {
  const { link } = told;
  checkShape(game);
  const players = game.players.length;
  // The explained row itself: every player takes its value, whichever background row stands behind.
  const present = new Uint8Array(players).fill(1);
  const given = checkPrediction(
    await game.predict({ count: 1, background: Uint32Array.of(0), present, players: game.players }),
    game.outputs,
  );
  const { base, output, outputs, attributions, within } = closedForm.explain(game.row, link);
  if (outputs.length !== game.outputs)
    throw new ExplainError("prediction_shape", "The model's structure gives another number of outputs", {
      expected: game.outputs,
      given: outputs.length,
    });
  const distance = Math.max(...outputs.map((output, o) => Math.abs(output - given[o]!)));
  const shares = (values: Float64Array): Shares => {
    const table = <T>(cell: (value: number) => T): T[][] =>
      rowsOf(values.length / game.outputs, game.outputs, (i) => cell(values[i]! + 0));
    return {
      attributions: table((value) => value),
      standardErrors: table(() => 0),
      intervals: table((value) => [value, value]),
    };
  };
  return {
    method: closedForm.method,
    chosen: told.chosen,
    link,
    control: null,
    base: Array.from(base, (value) => value + 0),
    output: Array.from(output, (value) => value + 0),
    distance,
    ...shares(attributions),
    within: shared && within ? shares(within) : null,
    seed: told.seed,
    modelRows: 1,
    modelRowsSaved: 0,
    rounds: 0,
    converged: true,
    tolerance: told.tolerance,
    maxModelRows: told.maxModelRows,
    additivityGap: additivityGap(base, output, attributions),
    digests: told.digests,
  };
}

function rowsOf<T>(players: number, outputs: number, cell: (i: number) => T): T[][] {
  return Array.from({ length: players }, (_, p) =>
    Array.from({ length: outputs }, (_, o) => cell(p * outputs + o)),
  );
}

/** Largest |Σ attributions + base − output|. */
function additivityGap(
  base: ArrayLike<number>,
  output: ArrayLike<number>,
  attributions: Float64Array,
): number {
  let largest = 0;
  for (let o = 0; o < base.length; o++) {
    let sum = base[o]!;
    for (let i = o; i < attributions.length; i += base.length) sum += attributions[i]!;
    largest = Math.max(largest, Math.abs(sum - output[o]!));
  }
  return largest;
}

function assemble(
  rows: HybridRows,
  { method, chosen, link, seed, tolerance, maxModelRows, digests }: Told,
  { attributions, standardErrors, halfWidths, rounds, converged, slopes }: Estimate,
  blocks?: Blocks,
): Explanation {
  const outputs = Array.from({ length: rows.outputs }, (_, o) => o);
  const base = outputs.map((o) =>
    rows.empty.reduce((sum, id, b) => sum + rows.weights[b]! * rows.value(id, o), 0),
  );
  const output = outputs.map((o) => rows.value(rows.full, o));
  // Adding 0 turns -0 into 0, which JSON would not tell apart and `Object.is` would.
  const shares = (first: number, count: number): Shares => {
    const table = <T>(cell: (i: number) => T) =>
      rowsOf(count, rows.outputs, (i) => cell(first * rows.outputs + i));
    return {
      attributions: table((i) => attributions[i]! + 0),
      standardErrors: table((i) => standardErrors[i]!),
      intervals: table((i) => [attributions[i]! - halfWidths[i]! + 0, attributions[i]! + halfWidths[i]! + 0]),
    };
  };
  const own = blocks ? attributions.subarray(rows.players * rows.outputs) : attributions;
  const anywhere = rows.varyingAnywhere;
  const perRow = method === "permutation" ? rounds * (2 * anywhere + 1) : 2 ** anywhere;
  return {
    method,
    chosen,
    link,
    control: slopes && { link: "margin", slopes: Array.from(slopes, (slope) => slope + 0) },
    base,
    output,
    distance: null,
    ...(blocks ? shares(rows.players, blocks.count) : shares(0, rows.players)),
    within: blocks ? shares(0, rows.players) : null,
    seed,
    modelRows: rows.evaluated,
    modelRowsSaved: Math.max(perRow * rows.varying.length - rows.evaluated, 0),
    rounds,
    converged,
    tolerance,
    maxModelRows,
    additivityGap: additivityGap(base, output, own),
    digests,
  };
}
