import { type Link, logitOf } from "../explain/closed-form.ts";
import type { Contract } from "../models/contract.ts";
import { roundToStep } from "../privacy/anonymise.ts";

/** What base, attributions and intervals are drawn from, and what they sum to: never one scale rescaled to another. */
export interface Explained {
  /** `identity`: the score itself. `margin`: the sum before the model's last function. `logit`: the log odds of the score. */
  link: Link;
  scale: "probability" | "value" | "log-odds";
  /** base + Σ attributions: the score, or its log odds as the model's own sum has them. */
  output: number;
  /** On the same scale. */
  threshold: number | null;
}

interface Scored {
  score: number;
  threshold: number | null;
}

/** @param output of the explanation, on the link's scale */
export function explainedAs(
  contract: Pick<Contract, "output" | "explanation">,
  output: number,
  threshold: number | null,
): Explained {
  const { link = "identity" } = contract.explanation;
  if (link === "identity")
    return {
      link,
      scale: contract.output.kind === "regression" ? "value" : "probability",
      output,
      threshold,
    };
  return { link, scale: "log-odds", output, threshold: threshold === null ? null : logitOf(threshold) };
}

/**
 * As a record has it: what is recorded of the score, on the link's scale, and nothing finer.
 * @param step of the numbers on the scale
 */
export function recordedAs(
  contract: Pick<Contract, "output" | "explanation">,
  { score, threshold }: Scored,
  step: number,
): Explained {
  const { link = "identity" } = contract.explanation;
  if (link === "identity") return explainedAs(contract, score, threshold);
  // A score that was rounded to 0 or 1 stands for the middle of what rounds to it.
  const least = contract.output.scoreStep / 4;
  const output = logitOf(Math.min(1 - least, Math.max(least, score)));
  return explainedAs(contract, roundToStep(output, step), threshold);
}

/** Of decisions and records from before there were several scales: they are drawn from the score. */
export function drawnFrom({
  score,
  threshold,
  explained,
}: Scored & { explained?: Explained }): Pick<Explained, "output" | "threshold"> & { logOdds: boolean } {
  if (explained === undefined) return { output: score, threshold, logOdds: false };
  return {
    output: explained.output,
    threshold: explained.threshold,
    logOdds: explained.scale === "log-odds",
  };
}

/** Attributions on the record are a function of the record, so their step hides nothing: it only says what is worth reading. */
const STEPS_A_SCORE_STEP = 5;
const LOG_ODDS_STEP = 0.01;

/** The step of a record's base, attributions and rest. */
export function attributionStep({ output, explanation }: Pick<Contract, "output" | "explanation">): number {
  if ((explanation.link ?? "identity") !== "identity") return LOG_ODDS_STEP;
  return roundToStep(output.scoreStep / STEPS_A_SCORE_STEP, output.scoreStep / 1_000);
}
