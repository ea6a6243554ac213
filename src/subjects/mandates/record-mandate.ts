import { eq, lt } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { mandate } from "../../db/tables.ts";
import { leaveTrace } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { localDay } from "../deadlines/days.ts";
import { currentEpoch, inTransaction, OwnKey } from "../requests/own-key.ts";
import type { RequestRight } from "../requests/rights.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { appendAll } from "../requests/take-step.ts";
import { mandatesOf } from "./find-mandates.ts";
import {
  isInForce,
  type Mandate,
  type MandateContent,
  type MandateEvidence,
  type MandateNames,
  mandateEntry,
  openMandate,
} from "./mandate.ts";

const MS_PER_DAY = 86_400_000;
/** A mandate names its last day, and that day is not out of sight. */
export const LONGEST_YEARS = 5;

export interface MandateAsked {
  person: string;
  representative: string;
  names?: MandateNames | undefined;
  rights: readonly RequestRight[];
  /** YYYY-MM-DD, the last day. */
  until: string;
  evidence: MandateEvidence;
}

const latest = (today: string): string => `${Number(today.slice(0, 4)) + LONGEST_YEARS}${today.slice(4)}`;

/**
 * Records that somebody acts for a person (LGPD 18 §3). The operator answers for the evidence, which stays outside: only
 * its digest is kept.
 * @throws Problem invalid_request for a last day that is past or more than five years off, or one who represents themselves
 */
export async function recordMandate(
  deps: RightsDeps,
  operator: string,
  asked: MandateAsked,
): Promise<Mandate> {
  const { person, representative, until, evidence } = asked;
  const today = localDay(deps.now(), deps.rights.timeZone);
  if (until < today || until > latest(today))
    throw new Problem("invalid_request", `The last day lies from today to ${LONGEST_YEARS} years from now`);
  if (person === representative)
    throw new Problem("invalid_request", "Whoever represents themselves needs no mandate");
  const id = deps.randomId();
  const key = OwnKey.make(id);
  const content: MandateContent = {
    person,
    representative,
    ...(asked.names === undefined ? {} : { names: asked.names }),
    rights: [...new Set(asked.rights)],
    evidence,
    recordedAt: deps.now().toISOString(),
    uses: [],
  };
  const made: Mandate = { id, reference: key.reference, until, endedAt: null, content, key };
  return inTransaction(deps, async (tx) => {
    await tx.insert(mandate).values({
      id,
      person: deps.epoch.blind("mandate", "person", person),
      representative: deps.epoch.blind("mandate", "representative", representative),
      ...key.wrap(currentEpoch(deps)),
      sealed: key.seal(content),
      until,
      forgetAt: new Date(Date.parse(until) + (deps.rights.keepDays + 1) * MS_PER_DAY),
    });
    await appendAll(tx, deps, [mandateEntry(deps, made, "mandate_recorded", "operator", operator)]);
    return made;
  });
}

export async function lockMandate(tx: Database, deps: RightsDeps, id: string): Promise<Mandate> {
  const [row] = await tx.select().from(mandate).where(eq(mandate.id, id)).for("update");
  if (!row) throw new Problem("unknown_mandate");
  return openMandate(deps, row);
}

/** Who ends a mandate: the person, the representative, or an operator by name. */
export type Ending = { by: "operator"; name: string } | { by: "subject"; subject: string };

/**
 * Ends a mandate at once. Both sides may: the person without giving reasons, and the representative.
 * @throws Problem unknown_mandate, for one that has ended and for somebody else's too
 */
export async function revokeMandate(deps: RightsDeps, id: string, who: Ending): Promise<Mandate> {
  return inTransaction(deps, async (tx) => {
    const found = await lockMandate(tx, deps, id);
    const by = partyOf(found, who);
    if (!by || !isInForce(deps, found)) throw new Problem("unknown_mandate");
    const endedAt = deps.now();
    const content: MandateContent = { ...found.content, revoked: { at: endedAt.toISOString(), by } };
    const ended: Mandate = { ...found, content, endedAt };
    await tx
      .update(mandate)
      .set({
        sealed: found.key.seal(content),
        endedAt,
        forgetAt: new Date(endedAt.getTime() + deps.rights.keepDays * MS_PER_DAY),
      })
      .where(eq(mandate.id, id));
    const operator = who.by === "operator" ? who.name : undefined;
    await appendAll(tx, deps, [mandateEntry(deps, ended, "mandate_revoked", by, operator)]);
    return ended;
  });
}

function partyOf({ content }: Mandate, who: Ending): "operator" | "person" | "representative" | null {
  if (who.by === "operator") return "operator";
  if (who.subject === content.person) return "person";
  return who.subject === content.representative ? "representative" : null;
}

/** The mandates that a person gave, for an operator; the reading is on the record first. */
export async function findGiven(deps: RightsDeps, operator: string, person: string): Promise<Mandate[]> {
  await leaveTrace(deps, { role: "operator", name: operator }, "personal-data");
  return mandatesOf(deps, "person", person);
}

/** Forgets mandates whose days are over: row, key and words. @returns how many */
export async function forgetMandates(deps: RightsDeps): Promise<number> {
  const gone = await deps.db
    .delete(mandate)
    .where(lt(mandate.forgetAt, deps.now()))
    .returning({ id: mandate.id });
  return gone.length;
}
