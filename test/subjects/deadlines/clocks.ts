import { calendarOf, NO_HOLIDAYS, withHolidays } from "../../../src/subjects/deadlines/calendar.ts";
import type { EventType, Regime, Right } from "../../../src/subjects/deadlines/clock.ts";
import { type Clock, deadlineOf } from "../../../src/subjects/deadlines/deadline.ts";

export interface Case {
  regime?: Regime;
  right?: Right;
  received: string;
  tz?: string;
  place?: string;
  holidays?: string[];
  events?: [at: string, type: EventType][];
  targetDays?: number;
}

/** Noon, where only the day matters. */
const instant = (text: string) => new Date(text.length === 10 ? `${text}T12:00:00Z` : text);

export function clock({
  regime = "gdpr",
  right = "access",
  received,
  tz = "UTC",
  place,
  ...rest
}: Case): Clock {
  return deadlineOf(
    {
      regime,
      right,
      received: instant(received),
      timeZone: tz,
      events: (rest.events ?? []).map(([at, type]) => ({ at: instant(at), type })),
    },
    {
      calendar: withHolidays(place ? calendarOf(place) : NO_HOLIDAYS, rest.holidays ?? []),
      ...(rest.targetDays === undefined ? {} : { targetDays: rest.targetDays }),
    },
  );
}

export const due = (one: Case) => clock(one).due;
