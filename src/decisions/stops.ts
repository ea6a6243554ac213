import { Problem, type ProblemCode } from "../errors.ts";
import type { Contract } from "../models/contract.ts";
import type { Deps } from "./deps.ts";

export const STOP_KINDS = ["restriction", "objection", "revocation"] as const;
export type StopKind = (typeof STOP_KINDS)[number];

/** A revoked consent says most, so it is what a client hears of first. */
const REFUSED_WITH: [StopKind, ProblemCode][] = [
  ["revocation", "consent_revoked"],
  ["objection", "purpose_objected"],
  ["restriction", "processing_restricted"],
];

/** Under which a person's stops of a model stand, whichever epoch they were written in. */
export const stopLookups = ({ epoch }: Pick<Deps, "epoch">, model: string, subjectId: string): Uint8Array[] =>
  epoch.blinds("processing-stop", subjectId, model);

/**
 * Refuses to decide about a person whose data is restricted for this model, who objected to it or revoked the consent
 * that it rests on (GDPR 18(2), 21(1), 7(3); LGPD 18 IV, 18 §2, 8 §5). A stop is about the model under whichever version:
 * a new one with other words for its purposes or another retention does not get around it. A decision that was begun before the stop was
 * committed still stands: it was made before.
 * @param stops kinds of those that stand
 * @throws Problem consent_revoked, purpose_objected, processing_restricted
 */
export function refuseStopped(contract: Contract, stops: readonly string[]): void {
  const kinds = new Set(stops);
  // A version that rests on no consent needs none.
  if (!contract.features.some(({ basis }) => contract.bases[basis]?.kind === "consent"))
    kinds.delete("revocation");
  for (const [kind, code] of REFUSED_WITH) if (kinds.has(kind)) throw new Problem(code);
}
