import { createHash } from "node:crypto";
import { Problem } from "../errors.ts";
import { ExplainError } from "../explain/errors.ts";
import { ALGORITHM_VERSION, type Explanation, explain } from "../explain/explain.ts";
import type { Cell, Game } from "../explain/game.ts";
import { type Contribution, formatValue, type Reason, wordReasons } from "../explain/reasons.ts";
import type { Contract, Feature } from "../models/contract.ts";
import { type ExactReading, openExact } from "../models/exact.ts";
import type { LiveVersion } from "../models/registry.ts";
import type { Language } from "./decision.ts";
import type { Settled } from "./outcome.ts";

/**
 * 32 hex digits out of the decision's id and the model's digest, never out of the inputs: a stored hash of a value
 * with few possibilities is the value.
 */
export function seedOf(decisionId: string, modelDigest: string): string {
  return createHash("sha256")
    .update(`motivo/seed/v1\n${decisionId}\n${modelDigest}\n`)
    .digest("hex")
    .slice(0, 32);
}

/** SHA-256 in hex of everything about the explainer that decides an attribution, beside model, background and seed. */
export function explainerDigest(contract: Pick<Contract, "explanation">): string {
  const { method, tolerance = null, maxModelRows = null } = contract.explanation;
  return createHash("sha256")
    .update(JSON.stringify([ALGORITHM_VERSION, method, tolerance, maxModelRows]))
    .digest("hex");
}

/**
 * Attributions explain the output as the contract states it, a probability or a value, and no other scale. Where
 * that output is a sum of trees or of weighted columns its attributions are exact, at the cost of one model row; where it
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
  const made = openExact(predictor, players, background);
  exactOf.set(version, made);
  // A failed attempt is not remembered: the model's thread may have died under it.
  made.catch(() => exactOf.delete(version));
  return made;
}

function gameOf(version: LiveVersion, row: readonly Cell[]): Game {
  return {
    players: version.contract.features.map(({ name }, column) => ({ name, columns: [column] })),
    row,
    background: version.background,
    outputs: version.predictor.outputs.length,
    predict: (hybrids) => version.predictor.hybrids(row, hybrids),
  };
}

/** @throws Problem prediction_failed when the model gives no finite number, or the budget is too small for the row */
export async function explainRow(
  version: LiveVersion,
  row: readonly Cell[],
  options: { seed: string; output: number },
): Promise<Explanation> {
  const { method, tolerance, maxModelRows } = version.contract.explanation;
  const game = gameOf(version, row);
  const exact = await exactFor(version, game.players);
  try {
    return await explain(game, {
      ...options,
      ...exact,
      digests: version.digests,
      method,
      ...(tolerance === undefined ? {} : { tolerance }),
      ...(maxModelRows === undefined ? {} : { maxModelRows }),
    });
  } catch (error) {
    if (error instanceof ExplainError) {
      throw new Problem("prediction_failed", `The explanation could not be computed (${error.code})`, {
        cause: error,
      });
    }
    throw error;
  }
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
      value: { "pt-BR": sayValue(feature, row[i]!, "pt-BR"), en: sayValue(feature, row[i]!, "en") },
      texts: {
        "pt-BR": { for: feature.reasons.for["pt-BR"], against: feature.reasons.against["pt-BR"] },
        en: { for: feature.reasons.for.en, against: feature.reasons.against.en },
      },
    }),
  );
  return wordReasons(contributions, settled, language);
}
