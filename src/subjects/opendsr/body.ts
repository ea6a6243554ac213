import { REMEDIES } from "../requests/law.ts";
import type { RightsSettings } from "../requests/settings.ts";
import type { Caller } from "./callers.ts";
import type { OpenDsr } from "./settings.ts";
import type { CallerStanding } from "./standing.ts";

export const API_VERSION = "2.0";

/** The members that a status and a callback share, with what OpenDSR has no word for in our extension. */
export function statusBody(
  { address, identity }: OpenDsr,
  { regimes }: Pick<RightsSettings, "regimes">,
  { controller }: Caller,
  { id, status, expected, results, state, right, refusal, due }: CallerStanding,
) {
  return {
    controller_id: controller,
    expected_completion_time: expected,
    subject_request_id: id,
    request_status: status,
    api_version: API_VERSION,
    ...(results ? { results_url: `${address}/v2/requests/${id}/results` } : {}),
    extensions: {
      [identity.domain]: {
        right,
        state,
        due,
        ...(refusal
          ? { refusal: { ...refusal, remedies: [...new Set(regimes.map((regime) => REMEDIES[regime]))] } }
          : {}),
      },
    },
  };
}
