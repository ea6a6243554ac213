import { eq } from "drizzle-orm";
import { fromBase64 } from "../../audit/bytes.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { coarsenedAmong } from "../db/coarsened.ts";
import { erasedEntry } from "../db/tables.ts";
import { listDecisions, openDecision } from "../decisions/audited.ts";
import { leaveTrace } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { auditFilter, decodeCursor, encodeCursor } from "../http/auditor.ts";
import { personOf } from "../http/requests.ts";
import { myAccess, myDecisions } from "../http/subject.ts";
import { type Actor, HIGHEST_PROOF } from "../http/tokens.ts";
import type { HeldDecision } from "../subjects/access.ts";
import { openNewest, openOne } from "../subjects/access-decisions.ts";
import { certificateLines } from "../subjects/certificate.ts";
import { type Erasure, whatErasureWouldDo } from "../subjects/erase.ts";
import { needRight } from "../subjects/mandates/act-under.ts";
import { ownDecision } from "../subjects/own-decision.ts";
import { eraseOnRequest } from "../subjects/requests/erase-on-request.ts";
import { needProof } from "../subjects/requests/open-request.ts";
import { requestsEndedBy } from "../subjects/requests/perform-erasure.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { PagesDeps } from "./deps.ts";
import { proofOf, stateOf } from "./public-verbs.ts";

const DECISIONS_A_PAGE = 25;

type PersonalVerbs = Pick<
  PagesDeps,
  | "auditDecisions"
  | "auditDecision"
  | "auditEntry"
  | "myDecisions"
  | "myDecision"
  | "myNewest"
  | "myChosen"
  | "myAccess"
  | "whatErasureWouldDo"
  | "eraseMe"
  | "certificate"
>;

/** The verbs of the JSON routes, asked by the pages: the same authority, the same traces. */
export function personalVerbs(
  deps: RightsDeps,
  who: { controller: string; dataProtectionOfficer: string },
): PersonalVerbs {
  const proven = (actor: Actor) => {
    if (actor.proof < HIGHEST_PROOF) throw new Problem("proof_level_too_low");
    return actor.subject;
  };
  /** Reading a decision is what complete access gives, and the explanation of it. */
  const reading = ({ subject, proof, representation }: Actor) => {
    if (representation && !representation.rights.has("access_complete")) {
      needRight(representation, "explanation", {});
      needProof("explanation", {}, proof);
    }
    return subject;
  };
  const shown = ({ at, logIndex, inputs, decision }: HeldDecision) => ({ at, logIndex, inputs, decision });
  const byPurpose = ({ erased, refused }: Erasure) => ({
    erased: erased.map(({ model, purpose, entries, records, certificate, removal }) => ({
      ...{ purpose: model, text: purpose, entries, records, certificate },
      underWay: removal === "under-way",
    })),
    refused: refused.map(({ model, purpose, article, reason }) => ({
      purpose: model,
      text: purpose,
      article,
      reason,
    })),
  });
  return {
    async auditDecisions(actor, filter, cursor) {
      const below = cursor === undefined ? {} : { below: decodeCursor(cursor) };
      const page = { ...below, limit: DECISIONS_A_PAGE };
      const { items, next, entry } = await listDecisions(
        deps,
        { name: actor.subject },
        auditFilter(filter),
        page,
      );
      return { items, next: next === null ? null : encodeCursor(next), entry };
    },
    async auditDecision(actor, id) {
      const { logIndex, hour, record, state, entry } = await openDecision(deps, { name: actor.subject }, id);
      return { logIndex, hour, record, state, proof: await proofOf(deps.log, logIndex), entry };
    },
    async auditEntry(actor, logIndex) {
      const leaf = parseLeaf((await deps.log.leaf(logIndex)).leaf);
      const [row] = await deps.db
        .select({ by: erasedEntry.erasureIndex, since: erasedEntry.sinceHour })
        .from(erasedEntry)
        .where(eq(erasedEntry.logIndex, logIndex));
      const replaced = (await coarsenedAmong(deps.db, [logIndex])).get(logIndex);
      const entry = await leaveTrace(deps, { role: "auditor", name: actor.subject }, "entry");
      return {
        entry,
        logIndex,
        kind: leaf.kind,
        hour: leaf.hour,
        covers: leaf.kind === "erasure" || leaf.kind === "coarsening" ? leaf.count : null,
        state: row ? stateOf(row) : { state: "kept", ...(replaced && { coarsenedBy: replaced.by }) },
        proof: await proofOf(deps.log, logIndex),
      };
    },
    async myDecisions(actor) {
      const { decisions, opened, reviews, corrections } = await myDecisions(deps, actor.subject);
      return {
        items: decisions.map((one) => ({ ...shown(one), counterfactuals: one.counterfactuals })),
        opened: opened.map(({ hour, role, purpose, what, decision }) => ({
          hour,
          role,
          purpose,
          what,
          about: decision,
        })),
        reviews,
        corrections,
      };
    },
    async myDecision(actor, id) {
      const { decision, counterfactuals, ...after } = await openOne(deps, reading(actor), id);
      return { mine: { ...shown(decision), counterfactuals }, ...after };
    },
    myNewest: async (actor, most) => (await openNewest(deps, reading(actor), most)).map(shown),
    async myChosen(actor, id) {
      const { vaulted, logIndex } = await ownDecision(deps, reading(actor), id);
      return shown({ logIndex, ...vaulted });
    },
    myAccess: async (actor) => myAccess(deps, who, proven(actor)),
    async whatErasureWouldDo(actor) {
      const outlook = byPurpose(await whatErasureWouldDo(deps, proven(actor)));
      const going = new Set(outlook.erased.map(({ purpose }) => purpose));
      const ends = await requestsEndedBy(deps, actor.subject, going);
      return {
        ...outlook,
        ends: ends.map(({ id, right }) => ({ id, right })),
        requestDays: deps.rights.keepDays,
      };
    },
    async eraseMe(actor) {
      proven(actor);
      return byPurpose(await eraseOnRequest(deps, personOf(actor)));
    },
    certificate: (keys) =>
      certificateLines(
        deps,
        keys.map(({ tagKey, entries }) => ({ tagKey: fromBase64(tagKey), entries })),
      ),
  };
}
