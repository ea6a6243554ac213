import { rolledOver } from "./calendar.ts";
import type { ClockEvent, ClockInput, Deadline, Right } from "./clock.ts";
import { addDays, addMonths, type Day, daysBetween } from "./days.ts";

/** The article a right rests on. Null: no right of the regulation. */
const ARTICLES: Record<Right, string | null> = {
  confirmation: "15(1)",
  access: "15",
  access_simplified: "15",
  access_complete: "15",
  correction: "16",
  rectification: "16",
  erasure: "17",
  refusal: "12(4)",
  objection: "21",
  portability: "20",
  review: "22(3)",
  explanation: "15(1)(h)",
  recipients_told: "19",
  information: "15(1)",
  cancellation: null,
  risk_criteria: "15(1)(h)",
  restriction: "18",
  consent_revocation: "7(3)",
};

/** How doubt about who asks is read: EDPB Guidelines 01/2022 pause the clock, the ICO starts it anew. */
type IdentityReading = "pauses" | "restarts";

interface Run {
  /** The day from which the period runs, itself not counted. */
  anchor: Day;
  suspendedDays: number;
  /** What is waited for, and since when the clock has stood still. */
  waiting: Set<"identity" | "clarification">;
  stoppedOn: Day;
  months: 1 | 3;
}

const WAITS = {
  identity_requested: ["identity", true],
  identity_received: ["identity", false],
  clarification_requested: ["clarification", true],
  clarification_received: ["clarification", false],
} as const;

/** The end of the period by Regulation 1182/71, art. 3: (1) and (2)(c) the same date, (4) rolled over. */
const endOf = ({ anchor, months, suspendedDays }: Run, calendar: ClockInput["calendar"]): Day =>
  rolledOver(addDays(addMonths(anchor, months), suspendedDays), calendar);

function runBy(reading: IdentityReading, { right, received, events, calendar }: ClockInput): Run {
  const run: Run = { anchor: received, suspendedDays: 0, waiting: new Set(), stoppedOn: received, months: 1 };
  const isOver = (day: Day) => run.waiting.size === 0 && day > endOf(run, calendar);
  for (const { day, type } of events) {
    if (isOver(day)) continue;
    if (type === "extension_notified") {
      // Art. 12(4) knows no extension: a refusal is told within the first month.
      if (right !== "refusal") run.months = 3;
      continue;
    }
    const [what, begins] = WAITS[type];
    if (begins === run.waiting.has(what)) continue;
    if (begins) {
      if (run.waiting.size === 0) run.stoppedOn = day;
      run.waiting.add(what);
      continue;
    }
    run.waiting.delete(what);
    if (what === "identity" && reading === "restarts") {
      run.anchor = day;
      run.suspendedDays = 0;
      run.stoppedOn = day;
    } else if (run.waiting.size === 0) run.suspendedDays += daysBetween(run.stoppedOn, day);
  }
  return run;
}

/**
 * GDPR 12(3): one month from receipt, three when an extension was told in time, longer by the whole days that a needed
 * clarification took. With doubts about identity (12(6)) the earlier of the two readings is shown.
 */
export function gdprDeadline(input: ClockInput): Deadline {
  const article = ARTICLES[input.right];
  if (article === null) return { due: null, rule: "GDPR: no such right, no period" };
  const paused = runBy("pauses", input);
  const restarted = runBy("restarts", input);
  const basis = input.right === "refusal" ? "GDPR 12(4)" : `GDPR 12(3) with ${article}`;
  if (paused.waiting.size > 0 || restarted.waiting.size > 0) {
    const isIdentity = paused.waiting.has("identity") || restarted.waiting.has("identity");
    const why = isIdentity ? "12(6), identity in doubt" : "clarification needed, recital 63";
    return { due: null, rule: `${basis}: the clock stands still (${why})` };
  }
  const [byPause, byRestart] = [endOf(paused, input.calendar), endOf(restarted, input.calendar)];
  return {
    due: [byPause, byRestart].toSorted()[0]!,
    rule: ruleOf(basis, input.events, paused, restarted, [byPause, byRestart]),
  };
}

function ruleOf(
  basis: string,
  events: readonly ClockEvent[],
  paused: Run,
  restarted: Run,
  [byPause, byRestart]: [Day, Day],
): string {
  const run = byPause <= byRestart ? paused : restarted;
  const parts = [`${basis}; Regulation 1182/71 art. 3: ${run.months === 3 ? "three months" : "one month"}`];
  if (run.months === 1 && events.some(({ type }) => type === "extension_notified"))
    parts.push(basis === "GDPR 12(4)" ? "no extension for a refusal" : "extension told too late, void");
  if (run.suspendedDays > 0) parts.push(`suspended ${run.suspendedDays} days`);
  if (byPause !== byRestart)
    parts.push(
      byPause < byRestart
        ? `identity doubt pauses (EDPB 01/2022); restarting it (ICO) would be ${byRestart}`
        : `identity doubt restarts the clock (ICO); pausing it (EDPB 01/2022) would be ${byPause}`,
    );
  return parts.join("; ");
}
