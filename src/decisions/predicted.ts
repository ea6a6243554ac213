import type { Explanation } from "../explain/explain.ts";
import type { Cell } from "../explain/game.ts";
import type { LiveVersion } from "../models/registry.ts";
import type { DecisionCore, Language, ReasonSaid } from "./decision.ts";
import { explainRow, sayReasons } from "./explain-decision.ts";
import { explainedOutput, type Settled, settle } from "./outcome.ts";
import { explainedAs } from "./scale.ts";

/** What a row comes to, whoever it is about: the members of a decision that neither a person nor the log has a part in. */
export type Told = Omit<DecisionCore, "id" | "language" | "reasons">;

export interface Predicted {
  told: Told;
  explanation: Explanation;
  settled: Settled;
  /** The reasons in a language; the numbers are the same in each. */
  say(language: Language): ReasonSaid[];
}

/**
 * Predicts and explains one row. Nothing is stored and nobody is named, so a decision and a dry run share it.
 * @param seed 32 hex digits
 * @throws Problem prediction_failed
 */
export async function predictAndExplain(
  version: LiveVersion,
  row: readonly Cell[],
  seed: string,
): Promise<Predicted> {
  const { contract, predictor } = version;
  const output = await explainedOutput(contract.output, predictor.outputs, () => predictor.predictRow(row));
  // On another scale the explanation does not say the score itself.
  const linked = (contract.explanation.link ?? "identity") !== "identity";
  const given = linked ? await predictor.predictRow(row) : undefined;
  const explanation = await explainRow(version, row, { seed, output, ...(given && { given }) });
  const score = (given ?? explanation.output)[output]!;
  const settled = settle(contract.output, predictor.outputs, output, score);
  return {
    told: {
      model: version.model,
      version: version.version,
      outcome: settled.outcome.code,
      score,
      threshold: settled.threshold,
      explained: explainedAs(contract, explanation.output[output]!, settled.threshold),
      base: explanation.base[output]!,
      attributions: Object.fromEntries(
        contract.features.map(({ name }, i) => [
          name,
          { value: explanation.attributions[i]![output]!, interval: explanation.intervals[i]![output]! },
        ]),
      ),
      method: explanation.method,
      seed,
      modelRows: explanation.modelRows,
    },
    explanation,
    settled,
    say: (language) => sayReasons(contract, row, explanation, settled, language),
  };
}
