import { leaveTrace } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import { addMonths, type Day, localDay } from "../deadlines/days.ts";
import { instantOf } from "../deadlines/local-time.ts";
import { needProof, openRequest, type RequestMade } from "./open-request.ts";
import type { Asked, Channel } from "./request.ts";
import { requestsOf } from "./requests-of.ts";
import type { RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";

/** How long ago a request may have come: who types the year wrong is told so, and a letter that was lost still counts. */
const OLDEST_MONTHS = 24;

/** What came otherwise than by the person's own call, as an operator takes it down. */
export interface TakenDown {
  subject: string;
  channel: Channel;
  /** The day on which it came, local to the controller: its clocks count from there. Absent: today. */
  receivedOn?: Day | undefined;
  /** How sure the operator is of who asks. */
  proof: 1 | 2 | 3;
  /** How the person proved who they are. */
  evidence: string;
}

/** The first day that may be named. */
export const oldestReceipt = (today: Day): Day => addMonths(today, -OLDEST_MONTHS);

/** @throws Problem invalid_request for a day to come, or one that is too long ago */
function receiptOf(deps: RightsDeps, day: Day | undefined): Date {
  const now = deps.now();
  const { timeZone } = deps.rights;
  const today = localDay(now, timeZone);
  if (day === undefined || day === today) return now;
  const instant = instantOf(`${day}T12:00`, timeZone);
  if (instant === null || day > today || day < oldestReceipt(today)) {
    const detail = `The day of receipt lies from ${OLDEST_MONTHS} months ago to today`;
    throw new Problem("invalid_request", detail, {
      faults: [{ pointer: "/receivedOn", code: "invalid_request", detail }],
    });
  }
  return instant;
}

/**
 * Takes down a request that came by letter, by e-mail, by telephone or at the counter. It is one of the person's, with the
 * clocks, steps and evidence of any other, counted from the day on which it came. What hands something out the operator
 * answers: nobody is signed in to whom it could be given.
 * @throws Problem proof_level_too_low; nothing_held for an id under which nothing is held or was ever asked, which the record
 * says that this operator looked up; those of `openRequest`
 */
export async function takeDown(
  deps: RightsDeps,
  operator: string,
  right: RequestRight,
  { subject, channel, receivedOn, proof, evidence }: TakenDown,
  asked: Asked,
): Promise<RequestMade> {
  // Before anything about the id is looked up.
  needProof(right, asked, proof);
  const askedAt = receiptOf(deps, receivedOn);
  const known =
    (await keysOf(deps.db, deps.epoch, subject)).length > 0 || (await requestsOf(deps, subject)).length > 0;
  if (!known) {
    await leaveTrace(deps, { role: "operator", name: operator }, "personal-data");
    throw new Problem("nothing_held");
  }
  const takenBy = { name: operator, evidence, channel };
  return openRequest(deps, { subject, proof, takenBy, askedAt }, right, asked);
}
