const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

/** What the clocks of a place show at an instant, as if it were UTC, in milliseconds. */
function shownAt(instant: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-u-ca-iso8601-nu-latn", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(instant));
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/**
 * The instant that a field of type `datetime-local` names by the clocks of a place. Of an hour that clocks show twice, the
 * earlier one; an hour that they leave out is read as the one after it.
 * @param local YYYY-MM-DDThh:mm
 * @returns null for anything else
 */
export function instantOf(local: string, timeZone: string): Date | null {
  const wall = LOCAL.test(local) ? Date.parse(`${local}:00Z`) : Number.NaN;
  if (Number.isNaN(wall)) return null;
  // A place is at most 14 hours off; the offset a day before and a day after are the only ones that can hold.
  const offsets = [wall - 86_400_000, wall + 86_400_000].map((near) => shownAt(near, timeZone) - near);
  const found = offsets
    .map((offset) => wall - offset)
    .filter((instant) => shownAt(instant, timeZone) === wall);
  return new Date(found.length === 0 ? wall - offsets[0]! : Math.min(...found));
}

/** As the field wants it. */
export function localOf(instant: Date, timeZone: string): string {
  return new Date(shownAt(instant.getTime(), timeZone)).toISOString().slice(0, 16);
}
