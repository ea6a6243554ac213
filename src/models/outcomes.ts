import type { Contract, Outcome } from "./contract.ts";

/** The outcomes that a contract knows; of two, the favourable one first. */
export const outcomesOf = ({ output }: Contract): Outcome[] =>
  output.kind === "multi-classification"
    ? output.outcomes
    : [output.outcomes.favourable, output.outcomes.unfavourable];
