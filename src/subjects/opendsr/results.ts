import { leaveTrace } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { accessAnswer } from "../access.ts";
import {
  confirmation,
  explanation,
  portability,
  recipientsOf,
  simplifiedAccess,
} from "../requests/disclosures.ts";
import type { Caller } from "./callers.ts";
import type { OpenDsrDeps } from "./settings.ts";
import { callersRequest } from "./take.ts";

/** Days after the answer in which its results are handed out. */
const RESULT_DAYS = 30;

/**
 * What a completed request hands over, as it stands when it is fetched; the caller's reading is on the record beside the
 * opening under the person's own keys.
 * @throws Problem unknown_request, opendsr_no_results, opendsr_type_not_allowed, proof_level_too_low
 */
export async function resultsFor(
  deps: OpenDsrDeps,
  who: { controller: string; dataProtectionOfficer: string },
  caller: Caller,
  id: string,
): Promise<object> {
  const { standing, request } = await callersRequest(deps, caller, id);
  const age = deps.now().getTime() - (request.closedAt?.getTime() ?? 0);
  if (!standing.results || age > RESULT_DAYS * 86_400_000) throw new Problem("opendsr_no_results");
  await leaveTrace(deps, { role: "operator", name: caller.domain }, "personal-data", {
    request: request.reference,
  });
  const { subject, asked } = request.content;
  switch (request.right) {
    case "access_complete":
      return accessAnswer(deps, who.controller, who.dataProtectionOfficer, subject);
    case "portability":
      return portability(deps, subject, asked.model);
    case "access_simplified":
      return simplifiedAccess(deps, subject);
    case "confirmation":
      return confirmation(deps, subject);
    case "explanation":
      return explanation(deps, subject, asked.decision ?? "");
    case "recipients":
      return recipientsOf(deps, subject);
    default:
      throw new Problem("opendsr_no_results");
  }
}
