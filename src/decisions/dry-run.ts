import { Problem } from "../errors.ts";
import { readInputs } from "../models/inputs.ts";
import { readLanguage } from "./decide.ts";
import type { DecisionCore, Language, ReasonSaid } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { seedOf } from "./explain-decision.ts";
import { predictAndExplain } from "./predicted.ts";

export interface DryRunAsked {
  model: string;
  inputs: unknown;
  language?: unknown;
  /** Refused whatever it is: nothing here is about a person. */
  subject?: unknown;
}

/**
 * What a decision would have come to. It has no id and no receipt, and says of itself that it is none: nothing of it
 * is kept, so nobody can be shown it later as something that was decided.
 */
export type DryRunAnswer = { dryRun: true } & Omit<DecisionCore, "id">;

export interface DryRun {
  answer: DryRunAnswer;
  /** In each of the contract's languages. */
  reasons: Partial<Record<Language, ReasonSaid[]>>;
}

/**
 * Explains a row as a decision would be, and leaves nothing behind: no entry, no record, no vault, no key.
 * Its seed is a fresh one, as a decision's is, and stands in the answer, so that it can be replayed.
 * @param admit asked once the request holds, before the model runs; may refuse
 * @throws Problem subject_not_accepted, and those that a decision is refused with
 */
export async function dryRun(
  deps: Pick<Deps, "models" | "randomId">,
  asked: DryRunAsked,
  admit: () => Promise<void>,
): Promise<DryRun> {
  if (asked.subject !== undefined) {
    throw new Problem("subject_not_accepted", undefined, {
      faults: [
        {
          pointer: "/subject",
          code: "subject_not_accepted",
          detail: "must be absent: a dry run is about nobody",
        },
      ],
    });
  }
  const version = await deps.models.live(asked.model);
  const row = readInputs(version.contract, asked.inputs);
  const language = readLanguage(version, asked.language);
  await admit();
  const seed = seedOf(deps.randomId(), version.digests.model);
  const { told, say } = await predictAndExplain(version, row, seed);
  return {
    answer: { dryRun: true, ...told, language, reasons: say(language) },
    reasons: Object.fromEntries(version.contract.languages.map((each) => [each, say(each)])),
  };
}
