import type { HolidayCalendar } from "./calendar.ts";
import type { Day } from "./days.ts";

export const REGIMES = ["gdpr", "lgpd", "lgpd_small_agent", "cadastro_positivo"] as const;
export type Regime = (typeof REGIMES)[number];

export const RIGHTS = [
  "confirmation",
  "access",
  "access_simplified",
  "access_complete",
  "correction",
  "rectification",
  "erasure",
  "refusal",
  "objection",
  "portability",
  "review",
  "explanation",
  "recipients_told",
  "information",
  "cancellation",
  "risk_criteria",
  "restriction",
  "consent_revocation",
] as const;
export type Right = (typeof RIGHTS)[number];

export const EVENT_TYPES = [
  "extension_notified",
  "identity_requested",
  "identity_received",
  "clarification_requested",
  "clarification_received",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happened to a request, by the controller's local day. */
export interface ClockEvent {
  day: Day;
  type: EventType;
}

/** What a regime is told. `events` in the order of time, none before `received`. */
export interface ClockInput {
  right: Right;
  received: Day;
  events: readonly ClockEvent[];
  calendar: HolidayCalendar;
}

/** What a clock shows. */
export interface Deadline {
  /** The last day on which an answer is in time; null where no period runs, or while the clock stands still. */
  due: Day | null;
  /** The law says "at once" and gives no period. */
  immediate?: true;
  /** The controller's own aim where the law sets no period. Never to be shown as law. */
  target?: Day;
  /** Article by article, what `due` rests on, and which reading where they differ. */
  rule: string;
}
