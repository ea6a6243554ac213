import { eq } from "drizzle-orm";
import { fromBase64 } from "../../audit/bytes.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { erasedEntry } from "../db/tables.ts";
import { listDecisions, openDecision } from "../decisions/audited.ts";
import { leaveTrace } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { auditFilter, decodeCursor, encodeCursor } from "../http/auditor.ts";
import { myAccess, myDecisions } from "../http/subject.ts";
import { type Actor, HIGHEST_PROOF } from "../http/tokens.ts";
import { certificateLines } from "../subjects/certificate.ts";
import { type Erasure, whatErasureWouldDo } from "../subjects/erase.ts";
import { eraseOnRequest } from "../subjects/requests/erase-on-request.ts";
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
      const entry = await leaveTrace(deps, { role: "auditor", name: actor.subject }, "entry");
      return {
        entry,
        logIndex,
        kind: leaf.kind,
        hour: leaf.hour,
        covers: leaf.kind === "erasure" ? leaf.count : null,
        state: stateOf(row ?? { by: null, since: null }),
        proof: await proofOf(deps.log, logIndex),
      };
    },
    async myDecisions(actor) {
      const { decisions, opened, reviews, corrections } = await myDecisions(deps, actor.subject);
      return {
        items: decisions.map(({ at, logIndex, inputs, decision, counterfactuals }) => ({
          at,
          logIndex,
          inputs,
          decision,
          counterfactuals,
        })),
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
    eraseMe: async (actor) =>
      byPurpose(await eraseOnRequest(deps, { subject: proven(actor), proof: actor.proof })),
    certificate: (keys) =>
      certificateLines(
        deps,
        keys.map(({ tagKey, entries }) => ({ tagKey: fromBase64(tagKey), entries })),
      ),
  };
}
