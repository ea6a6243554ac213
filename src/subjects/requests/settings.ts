import { z } from "zod";
import { type Config, ConfigError } from "../../config.ts";
import type { Deps } from "../../decisions/deps.ts";
import {
  calendarOf,
  type HolidayCalendar,
  UnknownPlaceError,
  withHolidays,
  withoutHolidays,
} from "../deadlines/calendar.ts";
import { REGIMES, type Regime } from "../deadlines/clock.ts";
import { localDay } from "../deadlines/days.ts";

/** Somebody whom decisions are passed on to, and who is told of corrections and erasures (LGPD 18 §6, GDPR 19). */
export interface Recipient {
  name: string;
  /** Its address; nothing is ever sent to one that is not in this list. */
  url: string;
  /** Shared secret of Standard Webhooks: `whsec_` and base64. */
  secret: string;
  /** Models whose decisions it gets; absent: all. */
  models?: string[] | undefined;
}

/** Who is told of a model's decisions. */
export const recipientsFor = (recipients: readonly Recipient[], model: string): Recipient[] =>
  recipients.filter(({ models }) => models === undefined || models.includes(model));

/** What the controller has settled about requests. */
export interface RightsSettings {
  controller: string;
  /** How to reach the data-protection officer. */
  dataProtectionOfficer: string;
  regimes: readonly Regime[];
  timeZone: string;
  calendar: HolidayCalendar;
  targetDays: number;
  /** Days that a closed request and a notice are kept. */
  keepDays: number;
  /** Days that a copy of somebody's data lies ready. */
  copyDays: number;
  recipients: readonly Recipient[];
  /** Whether e-mails can be sent; without it people see the steps on their page alone. */
  tellsByMail: boolean;
}

export type RightsDeps = Deps & { rights: RightsSettings };

const recipients = z.array(
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    url: z.url({ protocol: /^https$/ }),
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/),
    models: z.array(z.string()).min(1).optional(),
  }),
);

function parsed<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const rule = cause instanceof UnknownPlaceError ? cause.message : "it is not as the README says";
    throw new ConfigError(`${name} cannot be used: ${rule}`, { cause });
  }
}

/** "2026-12-24,-2026-11-20": a day more, a day less. */
function overridden(calendar: HolidayCalendar, text: string | undefined): HolidayCalendar {
  const days = (text ?? "").split(",").flatMap((day) => (day.trim() === "" ? [] : [day.trim()]));
  const day = z.iso.date();
  const less = days.filter((each) => each.startsWith("-")).map((each) => day.parse(each.slice(1)));
  const more = days.filter((each) => !each.startsWith("-")).map((each) => day.parse(each));
  return withHolidays(withoutHolidays(calendar, less), more);
}

/** @throws ConfigError naming the setting that cannot be used, without its value: a secret may stand in it */
export function rightsSettings(config: Config): RightsSettings {
  const calendar = parsed("MOTIVO_PLACE", () => calendarOf(config.MOTIVO_PLACE));
  parsed("MOTIVO_TIME_ZONE", () => localDay(new Date(0), config.MOTIVO_TIME_ZONE));
  return {
    controller: config.MOTIVO_CONTROLLER,
    dataProtectionOfficer: config.MOTIVO_DPO,
    regimes: parsed("MOTIVO_REGIMES", () =>
      z.array(z.enum(REGIMES)).min(1).parse(config.MOTIVO_REGIMES.split(",")),
    ),
    timeZone: config.MOTIVO_TIME_ZONE,
    calendar: parsed("MOTIVO_HOLIDAYS", () => overridden(calendar, config.MOTIVO_HOLIDAYS)),
    targetDays: config.MOTIVO_TARGET_DAYS,
    keepDays: config.MOTIVO_REQUEST_DAYS,
    copyDays: config.MOTIVO_COPY_DAYS,
    recipients: parsed("MOTIVO_RECIPIENTS", () =>
      recipients.parse(JSON.parse(config.MOTIVO_RECIPIENTS ?? "[]")),
    ),
    tellsByMail: config.MOTIVO_SMTP_URL !== undefined,
  };
}
