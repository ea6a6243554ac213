import { z } from "zod";
import {
  calendarOf,
  type HolidayCalendar,
  isWithinCalendars,
  NO_HOLIDAYS,
  withHolidays,
} from "./calendar.ts";
import { EVENT_TYPES, REGIMES, RIGHTS } from "./clock.ts";
import type { TimedRequest } from "./deadline.ts";

/** RFC 3339, which lets "t" and "z" be small. */
const instant = z
  .string()
  .transform((text) => text.toUpperCase())
  .pipe(z.iso.datetime({ offset: true }))
  .transform((text) => new Date(text))
  .refine(isWithinCalendars);

const timeZone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}, "no such time zone");

const calendar = z.string().transform((place, context): HolidayCalendar => {
  try {
    return calendarOf(place);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : "no calendar" });
    return z.NEVER;
  }
});

/** "access+extension" is `access`; what happened to it stands in `events`. */
const right = z
  .string()
  .transform((text) => text.split("+")[0]!)
  .pipe(z.enum(RIGHTS));

const timedRequest = z
  .object({
    regime: z.enum(REGIMES),
    right,
    received: instant,
    tz: timeZone,
    place: calendar.nullish(),
    holidays: z.array(z.iso.date()).nullish(),
    events: z.array(z.object({ at: instant, type: z.enum(EVENT_TYPES) })).nullish(),
  })
  .refine(({ received, events }) => (events ?? []).every(({ at }) => at >= received), {
    path: ["events"],
    message: "an event before receipt",
  });

export interface ReadRequest {
  request: TimedRequest;
  calendar: HolidayCalendar;
}

/**
 * A request with its calendar out of untrusted JSON.
 * @returns a sentence that names the field, without its value, when it cannot be read
 */
export function readTimedRequest(json: unknown): ReadRequest | string {
  const parsed = timedRequest.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const field = issue.path.length === 0 ? "it" : issue.path.join(".");
    return issue.code === "custom"
      ? `${field}: ${issue.message}`
      : `${field} is not as it should be (${issue.code})`;
  }
  const { regime, received, tz, place, holidays, events } = parsed.data;
  return {
    request: { regime, right: parsed.data.right, received, timeZone: tz, events: events ?? [] },
    calendar: withHolidays(place ?? NO_HOLIDAYS, holidays ?? []),
  };
}
