import type { Outcome, Output } from "../models/contract.ts";

/** Which output the decision rests on, and what it means for the person. */
export interface Settled {
  /** Position of the explained output among the model's. */
  index: number;
  outcome: Outcome;
  favourable: boolean;
  /** What a high value of the explained output means for the person. */
  highOutput: "favourable" | "unfavourable";
  threshold: number | null;
}

type Multiple = Extract<Output, { kind: "multi-classification" }>;

/** Which of the model's outputs decides whatever the row; null of several classes, where it is the most probable one. */
export function fixedOutput(output: Exclude<Output, Multiple>, names: readonly string[]): number;
export function fixedOutput(output: Output, names: readonly string[]): number | null;
export function fixedOutput(output: Output, names: readonly string[]): number | null {
  if (output.kind === "multi-classification") return null;
  return output.kind === "regression" ? 0 : names.indexOf(output.class);
}

/** The first of equals. */
export function mostProbable(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * The output that will be explained.
 * @param predict asked only of several classes: elsewhere the explanation evaluates the row anyway
 */
export async function explainedOutput(
  output: Output,
  names: readonly string[],
  predict: () => Promise<ArrayLike<number>>,
): Promise<number> {
  return fixedOutput(output, names) ?? mostProbable(await predict());
}

/** @param score the value of the output that is explained */
export function settle(output: Output, names: readonly string[], index: number, score: number): Settled {
  if (output.kind === "multi-classification") {
    const outcome = output.outcomes.find(({ class: name }) => name === names[index]);
    if (!outcome) throw new Error("The contract has no outcome for a class of the model");
    const { favourable } = outcome;
    return {
      index,
      outcome,
      favourable,
      highOutput: favourable ? "favourable" : "unfavourable",
      threshold: null,
    };
  }
  const high = score >= output.threshold;
  const favourable = high === (output.highOutput === "favourable");
  return {
    index,
    outcome: favourable ? output.outcomes.favourable : output.outcomes.unfavourable,
    favourable,
    highOutput: output.highOutput,
    threshold: output.threshold,
  };
}
