import type { Cell } from "../explain/game.ts";
import type { Contract } from "../models/contract.ts";
import { type AnonymiseContext, anonymise, bearsAttribution, roundToStep } from "../privacy/anonymise.ts";
import type { DecisionCore, DecisionRecord } from "./decision.ts";

/**
 * What auditors will read of a decision. Attributions lead back to inputs, so they are kept in the score's step, and
 * those of features dropped, replaced or moved by noise not one by one and not as reasons; the number of model rows is not kept at all, since it tells how many
 * of the background's cells the row shares (rounds and seed replay it).
 */
export function decisionRecord(
  contract: Contract,
  core: DecisionCore,
  more: {
    hour: number;
    client: string;
    cells: readonly Cell[];
    rounds: number;
    digests: DecisionRecord["digests"];
    context: AnonymiseContext;
  },
): DecisionRecord {
  const step = contract.output.scoreStep;
  const round = (value: number) => roundToStep(value, step);
  const inputs = anonymise(contract, more.cells, more.context);
  const attributions: DecisionRecord["attributions"] = {};
  let told = 0;
  for (const [feature, { value, interval }] of Object.entries(core.attributions)) {
    if (!bearsAttribution(inputs[feature])) continue;
    attributions[feature] = { value: round(value), interval: [round(interval[0]), round(interval[1])] };
    told += round(value);
  }
  return {
    kind: "decision",
    id: core.id,
    hour: more.hour,
    model: core.model,
    version: core.version,
    client: more.client,
    outcome: core.outcome,
    step,
    score: round(core.score),
    threshold: core.threshold,
    base: round(core.base),
    inputs,
    attributions,
    rest: round(round(core.score) - round(core.base) - told),
    method: core.method,
    rounds: more.rounds,
    seed: core.seed,
    reasons: core.reasons.flatMap(({ feature, code }) => (bearsAttribution(inputs[feature]) ? [code] : [])),
    digests: more.digests,
  };
}
