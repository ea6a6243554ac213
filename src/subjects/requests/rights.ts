import type { Regime, Right } from "../deadlines/clock.ts";

/** What a person may ask for. The names stand in addresses, in the database and in the log. */
export const REQUEST_RIGHTS = [
  "confirmation",
  "access_simplified",
  "access_complete",
  "portability",
  "correction",
  "restriction",
  "objection",
  "erasure",
  "review",
  "explanation",
  "consent_revocation",
  "recipients",
] as const;
export type RequestRight = (typeof REQUEST_RIGHTS)[number];

/**
 * How sure we must be of who asks: the more an answer gives away or takes away, the surer. A consent is revoked as
 * easily as it was given (LGPD 8 §5, GDPR 7(3)), so that asks for no more than being signed in.
 */
export const PROOF_OF: Record<RequestRight, 1 | 2 | 3> = {
  confirmation: 1,
  access_simplified: 2,
  access_complete: 3,
  portability: 3,
  correction: 3,
  restriction: 2,
  objection: 2,
  erasure: 3,
  review: 2,
  explanation: 2,
  consent_revocation: 1,
  recipients: 2,
};

/** Rights that a human has to answer; all others the service answers in the call. */
export const HUMAN_RIGHTS: ReadonlySet<RequestRight> = new Set(["correction", "objection", "review"]);

/** Rights whose answer is data of the person's, or says that there is some. */
export const HANDING_OUT: ReadonlySet<RequestRight> = new Set([
  "confirmation",
  "access_simplified",
  "access_complete",
  "portability",
  "explanation",
  "recipients",
]);

/** Rights that are about one decision. */
export const DECISION_RIGHTS: ReadonlySet<RequestRight> = new Set(["correction", "review", "explanation"]);

/** Rights that each use of data has an answer of its own to, by its legal basis. */
export const PURPOSE_RIGHTS: ReadonlySet<RequestRight> = new Set([
  "portability",
  "restriction",
  "objection",
  "erasure",
  "consent_revocation",
]);

/** The name under which a clock knows the right. */
export function clockRightOf(regime: Regime, right: RequestRight): Right {
  if (regime === "cadastro_positivo") {
    if (right === "erasure") return "cancellation";
    if (right === "explanation") return "risk_criteria";
  }
  return right === "recipients" ? "information" : right;
}
