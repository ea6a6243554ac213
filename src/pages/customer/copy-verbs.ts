import { Problem } from "../../errors.ts";
import { personOf } from "../../http/requests.ts";
import { type Actor, HIGHEST_PROOF } from "../../http/tokens.ts";
import { COPY_RIGHT } from "../../subjects/copies/asked.ts";
import { copiesFor, deleteCopy, handOver } from "../../subjects/copies/find-copy.ts";
import { openRequest } from "../../subjects/requests/open-request.ts";
import type { RightsDeps } from "../../subjects/requests/settings.ts";
import type { CopyVerbs } from "./copy-deps.ts";

/** The verbs of the JSON routes, asked by the page: the same authority, the same traces. */
export function copyVerbs(deps: RightsDeps): CopyVerbs {
  const proven = ({ proof, subject }: Actor) => {
    if (proof < HIGHEST_PROOF) throw new Problem("proof_level_too_low");
    return subject;
  };
  return {
    mine: async (actor) => copiesFor(deps, proven(actor), actor.representation),
    async ask(actor, kind, language) {
      proven(actor);
      await openRequest(deps, personOf(actor), COPY_RIGHT[kind], { language });
    },
    handOver: async (actor, id, name) => handOver(deps, proven(actor), id, name, actor.representation),
    async remove(actor, id) {
      if (actor.representation) throw new Problem("mandate_not_accepted");
      await deleteCopy(deps, proven(actor), id);
    },
  };
}
