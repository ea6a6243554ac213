import { Problem } from "../../errors.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import type { Erasure } from "../erase.ts";
import { openRequest, type Requester } from "./open-request.ts";
import { performRequest } from "./perform.ts";
import type { RightsDeps } from "./settings.ts";

/**
 * Erases a person in one call, as a request of theirs with its evidence and its notices to recipients.
 * @throws Problem proof_level_too_low, nothing_held; erasure_refused when no purpose could be erased
 */
export async function eraseOnRequest(deps: RightsDeps, who: Requester): Promise<Erasure> {
  if ((await keysOf(deps.db, deps.epoch, who.subject)).length === 0) throw new Problem("nothing_held");
  const made = await openRequest(deps, who, "erasure", {});
  if (made.created && made.result === undefined) throw new Problem("nothing_held");
  // One that a crash cut short is gone through with.
  const result = made.result ?? (await performRequest(deps, made.request)).result;
  const { erased, refused } = result as Erasure;
  if (erased.length === 0 && refused.length > 0) {
    const articles = [...new Set(refused.map(({ article }) => article))].join("; ");
    throw new Problem("erasure_refused", `The law lets the controller keep this: ${articles}`, {
      members: { erased, refused, request: made.request.id },
    });
  }
  return { erased, refused };
}
