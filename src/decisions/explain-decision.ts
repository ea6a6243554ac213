import { Problem } from "../errors.ts";
import { rowsWithin } from "../explain/calibration.ts";
import { ExplainError } from "../explain/errors.ts";
import {
  ALGORITHM_VERSION,
  DEFAULT_MAX_MODEL_ROWS,
  DEFAULT_TOLERANCE,
  type ExplainOptions,
  type Explanation,
  explain,
  isClosed,
} from "../explain/explain.ts";
import { explainRows, type SharedGame } from "../explain/explain-rows.ts";
import type { Cell, Game, Player } from "../explain/game.ts";
import { type Contribution, formatValue, type Reason, wordReasons } from "../explain/reasons.ts";
import type { Contract, Feature } from "../models/contract.ts";
import { sha256 } from "../models/digests.ts";
import { type ExactReading, openExact } from "../models/exact.ts";
import { onceFor } from "../models/once-for.ts";
import type { LiveVersion } from "../models/registry.ts";
import type { Language } from "./decision.ts";
import type { Settled } from "./outcome.ts";

/**
 * 32 hex digits out of the decision's id and the model's digest, never out of the inputs: a stored hash of a value
 * with few possibilities is the value.
 */
export function seedOf(decisionId: string, modelDigest: string): string {
  return sha256(`motivo/seed/v1\n${decisionId}\n${modelDigest}\n`).slice(0, 32);
}

/**
 * How the attributions of records are made: of the recorded row, no finer than this tolerance. Their numbers are rounded,
 * and the two rounds that always run mostly reach it.
 */
const RECORDED_TOLERANCE = 0.05;
const RECORDED_ROW = `recorded-row/1;tolerance>=${RECORDED_TOLERANCE}`;

/** SHA-256 in hex of everything about the explainer that decides an attribution, beside model, background and seed. */
export const explainerDigest = onceFor(
  ({ explanation, groups }: Pick<Contract, "explanation" | "groups">) => {
    const { method, link, tolerance = null, maxModelRows = null, maxMilliseconds = null } = explanation;
    return sha256(
      JSON.stringify([
        ALGORITHM_VERSION,
        RECORDED_ROW,
        method,
        tolerance,
        maxModelRows,
        maxMilliseconds,
        groups ?? [],
        link ?? "identity",
      ]),
    );
  },
);

/**
 * Attributions explain what the contract's link names, the output or its log odds, and are never rescaled. Where
 * that is a sum of trees or of weighted columns its attributions are exact, at the cost of one model row; where it
 * is a function of such a sum, the sum's exact attributions make the sampled ones more precise.
 * Made at the first decision, which takes up to a second more for a large forest.
 */
const exactOf = new WeakMap<LiveVersion, Promise<ExactReading>>();

function exactFor(version: LiveVersion, players: Game["players"]): Promise<ExactReading> {
  const { predictor, background, contract } = version;
  if (contract.explanation.method === "permutation")
    return Promise.resolve({ noClosedForm: "the contract asks for permutations" });
  const known = exactOf.get(version);
  if (known !== undefined) return known;
  const within = (contract.groups ?? []).length > 0;
  const made = openExact(predictor, players, background, version.weights, within);
  exactOf.set(version, made);
  // A failed attempt is not remembered: the model's thread may have died under it.
  made.catch(() => exactOf.delete(version));
  return made;
}

/** Each feature, or the group that it was declared to move with. */
const playersOf = onceFor(({ features, groups = [] }: Pick<Contract, "features" | "groups">): Player[] => {
  const column = (feature: string) => features.findIndex(({ name }) => name === feature);
  const grouped = new Set(groups.flatMap((group) => group.features));
  return [
    ...features.flatMap(({ name }, c) => (grouped.has(name) ? [] : [{ name, columns: [c] }])),
    ...groups.map((group) => ({ name: group.name, columns: group.features.map(column) })),
  ];
});

/** An explanation by feature, whatever the players are: what a group is credited with is shared out among its features. */
function byFeature(explanation: Explanation): Explanation {
  return explanation.within === null ? explanation : { ...explanation, ...explanation.within, within: null };
}

function gameOf(version: LiveVersion, row: readonly Cell[]): Game {
  return {
    players: playersOf(version.contract),
    row,
    background: version.background,
    ...(version.weights && { weights: version.weights }),
    outputs: version.predictor.outputs.length,
    predict: (hybrids) => version.predictor.hybrids(row, hybrids),
  };
}

/**
 * A contract's budget in milliseconds, in model rows: measured once, when the version is first asked, so that every
 * decision of this process is allowed the same rows.
 */
const budgets = new WeakMap<LiveVersion, Promise<number>>();

function budgetOf(version: LiveVersion): Promise<number | undefined> {
  const { maxModelRows, maxMilliseconds } = version.contract.explanation;
  if (maxMilliseconds === undefined) return Promise.resolve(maxModelRows);
  const known = budgets.get(version);
  if (known !== undefined) return known;
  const made = rowsWithin(gameOf(version, version.background[0]!), maxMilliseconds).then((rows) =>
    Math.min(rows, maxModelRows ?? DEFAULT_MAX_MODEL_ROWS),
  );
  budgets.set(version, made);
  made.catch(() => budgets.delete(version));
  return made;
}

export interface RowAsked {
  seed: string;
  /** The output that has to meet the tolerance. */
  output: number;
  /** What the predictor says of the row, where that is known: a closed form then asks for nothing more. */
  given?: Float64Array;
  /** Of a recorded explanation that was sampled: computes it again, whatever the budget is worth today. */
  rounds?: number;
}

/** What a version's contract asks of every explanation, of a decided row and of a recorded one. */
function contractOptions({ contract, digests }: LiveVersion, exact: ExactReading) {
  const { method, link } = contract.explanation;
  return {
    ...exact,
    ...(link && { link }),
    digests,
    within: (contract.groups ?? []).length > 0,
    method,
  };
}

async function optionsFor(version: LiveVersion): Promise<(asked: RowAsked) => ExplainOptions> {
  const { tolerance } = version.contract.explanation;
  const exact = await exactFor(version, playersOf(version.contract));
  const maxModelRows = await budgetOf(version);
  return ({ given: _, ...asked }) => ({
    ...asked,
    ...contractOptions(version, exact),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(maxModelRows === undefined ? {} : { maxModelRows }),
  });
}

/** @throws Problem prediction_failed when the model gives no finite number, or the budget is too small for the row */
export async function explainRow(
  version: LiveVersion,
  row: readonly Cell[],
  asked: RowAsked,
): Promise<Explanation> {
  const options = (await optionsFor(version))(asked);
  const { given } = asked;
  const closed = given !== undefined && isClosed(options);
  const game = { ...gameOf(version, row), ...(closed && { predict: () => Promise.resolve(given) }) };
  try {
    return byFeature(
      await explain(game, options).catch((error) => explain(game, twoRounds(version, options, error))),
    );
  } catch (error) {
    throw predictionFailed(error);
  }
}

/**
 * The same for a row that a record stands for. Its budget is in model rows alone, whatever the contract says of milliseconds,
 * so that any machine computes the same.
 * @throws Problem prediction_failed
 */
export async function explainRecordedRow(
  version: LiveVersion,
  row: readonly Cell[],
  asked: Pick<RowAsked, "seed" | "output">,
): Promise<Explanation> {
  const { tolerance = DEFAULT_TOLERANCE, maxModelRows } = version.contract.explanation;
  const plain = gameOf(version, row);
  const options: ExplainOptions = {
    ...asked,
    ...contractOptions(version, await exactFor(version, plain.players)),
    tolerance: Math.max(tolerance, RECORDED_TOLERANCE),
    ...(maxModelRows === undefined ? {} : { maxModelRows }),
  };
  // A closed form needs no model, and how far the model's rounding is from it is nobody's question here.
  const game = isClosed(options)
    ? { ...plain, predict: async () => options.closedForm.valueOf(row, "identity") }
    : plain;
  try {
    return byFeature(
      await explain(game, options).catch((error) => {
        // The decided row may have shared more of its cells with the background than this one does.
        const needed = error instanceof ExplainError ? error.figures.needed : undefined;
        if (needed === undefined) throw error;
        return explain(game, { ...options, maxModelRows: needed });
      }),
    );
  } catch (error) {
    throw predictionFailed(error);
  }
}

/** The least that has an interval is computed however short the time is; rows that are too few are the contract's fault. */
function twoRounds(version: LiveVersion, options: ExplainOptions, error: unknown): ExplainOptions {
  const { maxMilliseconds } = version.contract.explanation;
  if (!(error instanceof ExplainError) || error.code !== "budget_too_small" || maxMilliseconds === undefined)
    throw error;
  return { ...options, maxModelRows: error.figures.needed! };
}

/**
 * Many rows of one version, in their order and each as `explainRow` explains it, sharing batches where the model's answers
 * do not depend on the batch.
 * @throws Problem as `explainRow`, at the row that it is thrown for
 */
export async function* explainMany(
  version: LiveVersion,
  rows: readonly (readonly Cell[])[],
  asked: (row: number) => RowAsked,
): AsyncGenerator<Explanation> {
  const { predictor, contract } = version;
  if (!predictor.anyBatch || contract.explanation.maxMilliseconds !== undefined) {
    for (const [r, row] of rows.entries()) yield await explainRow(version, row, asked(r));
    return;
  }
  const optionsOf = await optionsFor(version);
  const { row: _, predict: __, ...game } = gameOf(version, version.background[0]!);
  const predict: SharedGame["predict"] = (explained, hybrids) => predictor.mixed(explained, hybrids);
  try {
    for await (const one of explainRows({ ...game, rows, predict }, (r) => optionsOf(asked(r))))
      yield byFeature(one);
  } catch (error) {
    throw predictionFailed(error);
  }
}

function predictionFailed(error: unknown): unknown {
  if (!(error instanceof ExplainError)) return error;
  const detail = `The explanation could not be computed (${error.code})`;
  return new Problem("prediction_failed", detail, { cause: error });
}

/** A value in the words of the contract, in one language. */
function sayValue(feature: Feature, cell: Cell, language: Language): string {
  const unit = "unit" in feature ? feature.unit?.[language] : undefined;
  const valueLabel =
    feature.type === "category"
      ? feature.values.find(({ value }) => value === cell)?.label[language]
      : undefined;
  return formatValue(cell, { unit, valueLabel }, language);
}

/** At most four reasons in the asked language, none that the intervals do not support. */
export function sayReasons(
  contract: Contract,
  row: readonly Cell[],
  explanation: Explanation,
  settled: Settled,
  language: Language,
): Reason[] {
  const contributions = contract.features.map(
    (feature, i): Contribution => ({
      feature: feature.name,
      attribution: explanation.attributions[i]![settled.index]!,
      interval: explanation.intervals[i]![settled.index]!,
      // Four at most are said, in one language.
      value: {
        get "pt-BR"() {
          return sayValue(feature, row[i]!, "pt-BR");
        },
        get en() {
          return sayValue(feature, row[i]!, "en");
        },
      },
      texts: {
        "pt-BR": { for: feature.reasons.for["pt-BR"], against: feature.reasons.against["pt-BR"] },
        en: { for: feature.reasons.for.en, against: feature.reasons.against.en },
      },
    }),
  );
  return wordReasons(contributions, settled, language);
}
