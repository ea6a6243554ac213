import { Problem } from "../../errors.ts";
import { type Actor, HIGHEST_PROOF } from "../../http/tokens.ts";
import { copiesOf, deleteCopy, handOver } from "../../subjects/copies/find-copy.ts";
import { openRequest } from "../../subjects/requests/open-request.ts";
import type { RightsDeps } from "../../subjects/requests/settings.ts";
import type { CopyVerbs } from "./copy-deps.ts";

const RIGHT = { access: "access_complete", portability: "portability" } as const;

/** The verbs of the JSON routes, asked by the page: the same authority, the same traces. */
export function copyVerbs(deps: RightsDeps): CopyVerbs {
  const proven = ({ proof, subject }: Actor) => {
    if (proof < HIGHEST_PROOF) throw new Problem("proof_level_too_low");
    return subject;
  };
  return {
    mine: async (actor) => copiesOf(deps, proven(actor)),
    async ask(actor, kind, language) {
      await openRequest(deps, { subject: proven(actor), proof: actor.proof }, RIGHT[kind], { language });
    },
    handOver: async (actor, id, name) => handOver(deps, proven(actor), id, name),
    remove: async (actor, id) => deleteCopy(deps, proven(actor), id),
  };
}
