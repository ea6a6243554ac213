import type { Explanation } from "../explain/explain.ts";
import type { Cell } from "../explain/game.ts";
import { sha256 } from "../models/digests.ts";
import type { LiveVersion } from "../models/registry.ts";
import { bearsAttribution, roundToStep } from "../privacy/anonymise.ts";
import { recordedRow } from "../privacy/recorded-row.ts";
import type { DecisionRecord } from "./decision.ts";
import { explainRecordedRow } from "./explain-decision.ts";
import { fixedOutput } from "./outcome.ts";
import { recordedAs } from "./scale.ts";

/** What of a record follows from the rest of it, the package and nothing else. */
export type RecordedAttributions = Pick<
  DecisionRecord,
  "explained" | "attributionsOf" | "base" | "attributions" | "rest"
>;

/** Explanations kept a version: the rows of common records come again. */
const KEPT = 1_000;

const keptOf = new WeakMap<LiveVersion, Map<string, Promise<Explanation>>>();

/** 32 hex digits out of the recorded row, which is on the record anyway, and the model's digest. */
function seedOfRow(cells: string, modelDigest: string): string {
  return sha256(`motivo/recorded-row/v1\n${modelDigest}\n${cells}\n`).slice(0, 32);
}

function explained(version: LiveVersion, row: readonly Cell[], output: number): Promise<Explanation> {
  const kept = keptOf.get(version) ?? new Map<string, Promise<Explanation>>();
  keptOf.set(version, kept);
  const cells = JSON.stringify(row);
  const key = `${output} ${cells}`;
  const known = kept.get(key);
  // Read again, put last again: the first is the one that nobody asked for longest.
  kept.delete(key);
  const made =
    known ?? explainRecordedRow(version, row, { seed: seedOfRow(cells, version.digests.model), output });
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return made;
}

/**
 * The attributions that a record holds: of the row that its own values stand for, explained by the version's method,
 * and never of the row that was decided on. They are computed from the record, so they lead back to no input that the record
 * does not give away itself; how far the decided row is from the recorded one lies in `rest`.
 *
 * A sampled method has a seed that follows from the recorded row, so whoever holds record and package gets the same
 * numbers.
 * @param recorded of a record, or of one in the making
 * @throws Problem prediction_failed
 */
export async function attributionsOfRecord(
  version: LiveVersion,
  recorded: Pick<DecisionRecord, "inputs" | "outcome" | "score" | "threshold" | "step">,
): Promise<RecordedAttributions> {
  const { contract, background, weights } = version;
  const { inputs, step } = recorded;
  const row = recordedRow(contract, inputs, background, weights);
  const output = outputOf(version, recorded.outcome);
  const { base, attributions, intervals } = await explained(version, row, output);
  const round = (value: number) => roundToStep(value, step);
  const told: DecisionRecord["attributions"] = {};
  let sum = 0;
  contract.features.forEach(({ name }, i) => {
    if (!bearsAttribution(inputs[name])) return;
    const [lower, upper] = intervals[i]![output]!;
    const value = round(attributions[i]![output]!);
    told[name] = { value, interval: [round(lower), round(upper)] };
    sum += value;
  });
  const start = round(base[output]!);
  const drawn = recordedAs(contract, recorded, step);
  return {
    explained: drawn,
    attributionsOf: "recorded-row",
    base: start,
    attributions: told,
    rest: round(drawn.output - start - sum),
  };
}

/** The output that was explained, told from the outcome's code. */
function outputOf({ contract: { output }, predictor: { outputs } }: LiveVersion, code: string): number {
  if (output.kind !== "multi-classification") return fixedOutput(output, outputs);
  const outcome = output.outcomes.find((one) => one.code === code);
  if (!outcome) throw new Error("The contract has no such outcome");
  return outputs.indexOf(outcome.class);
}
