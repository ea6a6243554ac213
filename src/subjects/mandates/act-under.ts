import { eq } from "drizzle-orm";
import { mandate } from "../../db/tables.ts";
import { Problem } from "../../errors.ts";
import { inTransaction } from "../requests/own-key.ts";
import type { Asked } from "../requests/request.ts";
import type { RequestRight } from "../requests/rights.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { isInForce } from "./mandate.ts";
import { lockMandate } from "./record-mandate.ts";

/** Uses that a mandate remembers; the oldest go first. */
const MOST_USES = 500;

/** Somebody who acts for a person, and how far. */
export interface Representation {
  mandate: string;
  representative: string;
  person: string;
  rights: ReadonlySet<RequestRight>;
}

/**
 * Uses a mandate: whoever holds it acts for the person from here on, within it. The use is written down for the person
 * before anything is done.
 * @param need the right that is exercised; null: whichever of the mandate's it turns out to be
 * @param what the call, as a pattern
 * @throws Problem unknown_mandate: somebody else's, ended, over, or none; mandate_out_of_scope
 */
export async function actUnder(
  deps: RightsDeps,
  representative: string,
  id: string,
  need: RequestRight | null,
  what: string,
): Promise<Representation> {
  return inTransaction(deps, async (tx) => {
    const found = await lockMandate(tx, deps, id);
    const { content } = found;
    if (content.representative !== representative || !isInForce(deps, found))
      throw new Problem("unknown_mandate");
    const representation = {
      mandate: id,
      representative,
      person: content.person,
      rights: new Set(content.rights),
    };
    if (need !== null) needRight(representation, need, {});
    const uses = [...content.uses, { at: deps.now().toISOString(), what }].slice(-MOST_USES);
    await tx
      .update(mandate)
      .set({ sealed: found.key.seal({ ...content, uses }) })
      .where(eq(mandate.id, id));
    return representation;
  });
}

/** @throws Problem mandate_out_of_scope */
export function needRight(
  { rights }: Pick<Representation, "rights">,
  right: RequestRight,
  asked: Pick<Asked, "erase">,
): void {
  const erases = right === "consent_revocation" && asked.erase === true;
  if (!rights.has(right) || (erases && !rights.has("erasure"))) throw new Problem("mandate_out_of_scope");
}
