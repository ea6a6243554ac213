import { fromHex } from "../../audit/bytes.ts";
import type { Cell } from "../explain/game.ts";
import { onceFor } from "../models/once-for.ts";
import type { LiveVersion } from "../models/registry.ts";
import { type AnonymiseContext, anonymise, bearsAttribution, roundToStep } from "../privacy/anonymise.ts";
import type { DecisionCore, DecisionRecord } from "./decision.ts";
import { explainerDigest } from "./explain-decision.ts";
import { attributionsOfRecord } from "./recorded-attributions.ts";
import { attributionStep } from "./scale.ts";

/**
 * What auditors will read of a decision. Attributions lead back to inputs, even rounded ones, so the record's are those of
 * the row that the record itself stands for, and those of features dropped, replaced or moved by noise lie in the rest and
 * not among the reasons; the number of model rows is not kept at all, since it tells how many of the background's cells the
 * row shares (rounds and seed replay it).
 * @throws Problem prediction_failed
 */
export async function decisionRecord(
  version: LiveVersion,
  core: DecisionCore,
  more: {
    hour: number;
    client: string;
    cells: readonly Cell[];
    rounds: number;
    digests: DecisionRecord["digests"];
    context: AnonymiseContext;
    /** Of generalisation of the quasi-identifiers; 0: as their policies say, and where it is absent. */
    level?: number;
  },
): Promise<DecisionRecord> {
  const { contract } = version;
  const step = attributionStep(contract);
  const score = roundToStep(core.score, contract.output.scoreStep);
  const inputs = anonymise(contract, more.cells, more.context, more.level);
  const { outcome, threshold } = core;
  return {
    kind: "decision",
    id: core.id,
    hour: more.hour,
    model: core.model,
    version: core.version,
    client: more.client,
    outcome,
    step,
    score,
    threshold,
    inputs,
    ...(await attributionsOfRecord(version, { inputs, outcome, score, threshold, step })),
    method: core.method,
    rounds: more.rounds,
    seed: core.seed,
    reasons: core.reasons.flatMap(({ feature, code }) => (bearsAttribution(inputs[feature]) ? [code] : [])),
    digests: more.digests,
  };
}

/** What a version's decisions were made by. */
export const digestsOf = onceFor(
  ({ digests, contract }: Pick<LiveVersion, "digests" | "contract">): DecisionRecord["digests"] => ({
    ...digests,
    explainer: explainerDigest(contract),
  }),
);

/** A record's digests as its leaf has them. */
export const leafDigests = onceFor(({ model, background, explainer, policy }: DecisionRecord["digests"]) => ({
  model: fromHex(model),
  background: fromHex(background),
  explainer: fromHex(explainer),
  policy: fromHex(policy),
}));
