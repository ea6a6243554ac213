/** A calendar day, "YYYY-MM-DD". Days compare as strings do. */
export type Day = string;

const MS_PER_DAY = 86_400_000;
const startOf = (day: Day) => Date.parse(`${day}T00:00:00Z`);
const dayOf = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The day on which an instant falls by the clocks of a place.
 * @param timeZone an IANA name
 * @throws RangeError for a zone that does not exist
 */
export function localDay(instant: Date, timeZone: string): Day {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA-u-ca-iso8601-nu-latn", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

export const addDays = (day: Day, count: number): Day => dayOf(startOf(day) + count * MS_PER_DAY);

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: Day, to: Day): number => (startOf(to) - startOf(from)) / MS_PER_DAY;

/** The same number `count` months on, or that month's last day where the number is missing. */
export function addMonths(day: Day, count: number): Day {
  const [year, month, number] = day.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + count + 1, 0)).getUTCDate();
  return dayOf(Date.UTC(year, month - 1 + count, Math.min(number, last)));
}

export function isWeekend(day: Day): boolean {
  const weekday = new Date(startOf(day)).getUTCDay();
  return weekday === 0 || weekday === 6;
}
