import { Problem } from "../../errors.ts";
import type { Actor } from "../../http/tokens.ts";
import { mandatesOf } from "../../subjects/mandates/find-mandates.ts";
import { isInForce, type Mandate } from "../../subjects/mandates/mandate.ts";
import { revokeMandate } from "../../subjects/mandates/record-mandate.ts";
import type { RightsDeps } from "../../subjects/requests/settings.ts";
import type { MandateVerbs, ShownMandate } from "./mandate-deps.ts";

/** As for `DELETE /v1/me/mandates/{id}`. */
const ENDING_PROOF = 2;

/** The verbs of the JSON routes, asked by the pages. */
export function mandateVerbs(deps: RightsDeps): MandateVerbs {
  const shown = (mandate: Mandate, name: string | undefined): ShownMandate => ({
    id: mandate.id,
    reference: mandate.reference,
    name: name ?? null,
    rights: mandate.content.rights,
    recordedAt: mandate.content.recordedAt,
    until: mandate.until,
    inForce: isInForce(deps, mandate),
    revoked: mandate.content.revoked ?? null,
  });
  // Whoever acts for somebody is asked for their own mandates, never for that person's.
  const own = ({ subject, representation }: Actor) => {
    if (representation) throw new Problem("mandate_not_accepted");
    return subject;
  };
  const heldBy = (actor: Actor) => mandatesOf(deps, "representative", own(actor));
  return {
    async mine(actor) {
      const [given, held] = await Promise.all([mandatesOf(deps, "person", own(actor)), heldBy(actor)]);
      return {
        given: given.map((mandate) => ({
          ...shown(mandate, mandate.content.names?.representative),
          evidence: mandate.content.evidence,
          uses: mandate.content.uses.toReversed(),
        })),
        held: held.map((mandate) => shown(mandate, mandate.content.names?.person)),
      };
    },
    async choose(actor, id) {
      const found = (await heldBy(actor)).find((mandate) => mandate.id === id);
      if (!found || !isInForce(deps, found)) throw new Problem("unknown_mandate");
      const { names, recordedAt, rights } = found.content;
      return { mandate: id, name: names?.person ?? null, recordedAt, until: found.until, rights };
    },
    async end(actor, id) {
      if (actor.proof < ENDING_PROOF) throw new Problem("proof_level_too_low");
      await revokeMandate(deps, id, { by: "subject", subject: own(actor) });
    },
  };
}
