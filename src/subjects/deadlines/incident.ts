import { addWorkingDays, type HolidayCalendar } from "./calendar.ts";
import type { Regime } from "./clock.ts";
import { type Day, localDay } from "./days.ts";

/** By when the authority is told of an incident, under one law. */
export interface IncidentDeadline {
  regime: "gdpr" | "lgpd" | "lgpd_small_agent";
  /** The last instant, where the law counts hours. */
  at: Date | null;
  /** The last day (local), where it counts days. */
  day: Day | null;
  /** Whether the people are told within the same period. */
  peopleToo: boolean;
  rule: string;
}

const HOURS_72 = 72 * 3_600_000;

/**
 * When the controller has to tell of an incident that touched personal data, from when it became aware of it.
 *
 * GDPR 33(1): 72 hours. Regulation 1182/71 art. 3(1) would leave the hour of the event out, so that the period ends up to
 * an hour later: the earlier reading is shown, and it is not rolled over, since art. 3(4) spares periods in hours.
 * Resolução CD/ANPD 15/2024, art. 6 and 9: three working days, to the authority and to the people; twice as long for
 * small agents (Res. CD/ANPD 2/2022, art. 14).
 */
export function incidentDeadlines(
  aware: Date,
  {
    regimes,
    calendar,
    timeZone,
  }: { regimes: readonly Regime[]; calendar: HolidayCalendar; timeZone: string },
): IncidentDeadline[] {
  return regimes.flatMap((regime): IncidentDeadline[] => {
    if (regime === "gdpr")
      return [
        {
          regime,
          at: new Date(aware.getTime() + HOURS_72),
          day: null,
          peopleToo: false,
          rule: "GDPR 33(1): 72 hours after having become aware",
        },
      ];
    if (regime === "cadastro_positivo") return [];
    const days = regime === "lgpd" ? 3 : 6;
    return [
      {
        regime,
        at: null,
        day: addWorkingDays(localDay(aware, timeZone), days, calendar),
        peopleToo: true,
        rule:
          regime === "lgpd"
            ? "LGPD 48; Res. CD/ANPD 15/2024 art. 6 and 9: three working days"
            : "LGPD 48; Res. CD/ANPD 15/2024 art. 6 and 9, doubled by Res. CD/ANPD 2/2022 art. 14: six working days",
      },
    ];
  });
}
