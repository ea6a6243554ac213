import { cadastroPositivoDeadline, lgpdDeadline, smallAgentDeadline } from "./brazil.ts";
import type { HolidayCalendar } from "./calendar.ts";
import type { ClockInput, Deadline, EventType, Regime, Right } from "./clock.ts";
import { addDays, localDay } from "./days.ts";
import { gdprDeadline } from "./gdpr.ts";

/** A data-subject request as its clock sees it. */
export interface TimedRequest {
  regime: Regime;
  right: Right;
  received: Date;
  /** Of the controller; IANA name. */
  timeZone: string;
  events: readonly { at: Date; type: EventType }[];
}

export interface Clock extends Deadline {
  /** The calendar that was used, so that the day shown can be explained when holidays have been moved since. */
  calendar: string;
}

export interface ClockOptions {
  calendar: HolidayCalendar;
  /** Within how many days the controller wants to answer where the law sets no period. */
  targetDays?: number;
}

const REGIME_CLOCKS: Record<Regime, (input: ClockInput) => Deadline> = {
  gdpr: gdprDeadline,
  lgpd: lgpdDeadline,
  lgpd_small_agent: smallAgentDeadline,
  cadastro_positivo: cadastroPositivoDeadline,
};

/**
 * By when a request is to be answered. Pure: the same request, calendar and options give the same clock.
 * @throws RangeError for a time zone that does not exist
 */
export function deadlineOf(request: TimedRequest, { calendar, targetDays }: ClockOptions): Clock {
  const { regime, right, received, timeZone } = request;
  const receivedDay = localDay(received, timeZone);
  const events = request.events
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .filter(({ at }) => at >= received)
    .map(({ at, type }) => ({ day: localDay(at, timeZone), type }));
  const deadline = REGIME_CLOCKS[regime]({ right, received: receivedDay, events, calendar });
  const hasTarget = targetDays !== undefined && deadline.due === null && regime !== "gdpr";
  return {
    ...deadline,
    ...(hasTarget && !deadline.immediate ? { target: addDays(receivedDay, targetDays) } : {}),
    calendar: calendar.version,
  };
}
