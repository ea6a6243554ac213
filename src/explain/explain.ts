import type { ClosedForm, Link } from "./closed-form.ts";
import { Control } from "./control.ts";
import { ROTATIONS } from "./curvature.ts";
import { backgroundDigest, digestOf } from "./digests.ts";
import { ENUMERATED_PLAYERS, enumerate, enumerationRows, samplingRows } from "./enumeration.ts";
import { ExplainError } from "./errors.ts";
import { assemble, type Explanation, inClosedForm } from "./explanation.ts";
import type { Game } from "./game.ts";
import { checkShape, HybridRows } from "./hybrids.ts";
import { linked } from "./links.ts";
import { SLOPE_FROM } from "./moments.ts";
import { splitGame } from "./owen.ts";
import { FIRST_ROUNDS, MAX_ROUNDS, samplePermutations } from "./permutation.ts";
import { seededRandom } from "./random.ts";
import { DEFAULT_TABLE_BYTES } from "./trees/exact-trees.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";

export type { Explanation, Shares } from "./explanation.ts";

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
  `control=margin+curvature,rotations<=${ROTATIONS},two-slopes-an-output,degrees>=${SLOPE_FROM}`,
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
