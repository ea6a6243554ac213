import Holidays from "date-holidays";
import { addDays, type Day, isWeekend } from "./days.ts";

/** The public holidays of a place. Kept with each clock by its version, so that a day once shown stays explicable. */
export interface HolidayCalendar {
  /** Where the holidays come from: package, version and place, and whether days were added by hand. */
  version: string;
  isHoliday(day: Day): boolean;
}

/** date-holidays' own data (CC BY-SA 3.0, see NOTICE), as package.json pins it. */
const SOURCE = "date-holidays 3.37.0";

/** From 1970 to 2199: looking for the holidays of a year far from it does not come back. */
export const isWithinCalendars = (instant: Date): boolean =>
  instant.getTime() >= 0 && instant.getTime() < Date.UTC(2200);

export class UnknownPlaceError extends Error {
  override name = "UnknownPlaceError";
}

/** Only weekends: for a controller that has named no place. */
export const NO_HOLIDAYS: HolidayCalendar = { version: "none", isHoliday: () => false };

const opened = new Map<string, HolidayCalendar>();

/**
 * Public holidays of a country or one of its parts; bank, optional and observed days do not count.
 * @param place ISO 3166-1, with ISO 3166-2 after a hyphen: "BR", "DE-BE"
 * @throws UnknownPlaceError
 */
export function calendarOf(place: string): HolidayCalendar {
  const there = opened.get(place);
  if (there) return there;
  const [country = "", ...part] = place.split("-");
  const state = part.join("-");
  const all = new Holidays();
  if (!Object.hasOwn(all.getCountries(), country))
    throw new UnknownPlaceError("no calendar for this country");
  if (state !== "" && !Object.hasOwn(all.getStates(country) ?? {}, state))
    throw new UnknownPlaceError("no calendar for this part of the country");
  const lists = [state === "" ? new Holidays(country) : new Holidays(country, state)];
  // São Paulo's list lacks 20 November, a holiday of the whole country since Lei 14.759/2023.
  if (country === "BR" && state !== "") lists.push(new Holidays(country));
  const years = new Map<string, Set<Day>>();
  const daysOf = (year: string): Set<Day> => {
    const days = lists
      .flatMap((list) => list.getHolidays(Number(year)))
      .filter(({ type }) => type === "public")
      .flatMap(({ date, start, end }) => {
        const first = date.slice(0, 10);
        const length = Math.max(1, Math.round((end.getTime() - start.getTime()) / 86_400_000));
        return Array.from({ length }, (_, i) => addDays(first, i));
      });
    return new Set(days);
  };
  const calendar: HolidayCalendar = {
    version: `${SOURCE} ${place}`,
    isHoliday(day) {
      const year = day.slice(0, 4);
      let days = years.get(year);
      if (!days) {
        days = daysOf(year);
        years.set(year, days);
      }
      return days.has(day);
    },
  };
  opened.set(place, calendar);
  return calendar;
}

/** The calendar with days that somebody put in by hand. */
export function withHolidays(calendar: HolidayCalendar, days: readonly Day[]): HolidayCalendar {
  if (days.length === 0) return calendar;
  const added = new Set(days);
  return {
    version: `${calendar.version}, by hand with ${days.toSorted().join(" ")}`,
    isHoliday: (day) => added.has(day) || calendar.isHoliday(day),
  };
}

/** The calendar without days that somebody took out by hand. */
export function withoutHolidays(calendar: HolidayCalendar, days: readonly Day[]): HolidayCalendar {
  if (days.length === 0) return calendar;
  const removed = new Set(days);
  return {
    version: `${calendar.version}, by hand without ${days.toSorted().join(" ")}`,
    isHoliday: (day) => !removed.has(day) && calendar.isHoliday(day),
  };
}

const isWorkingDay = (day: Day, calendar: HolidayCalendar): boolean =>
  !isWeekend(day) && !calendar.isHoliday(day);

/** `day`, or the working day after it: Regulation (EEC, Euratom) 1182/71, art. 3(4). */
export function rolledOver(day: Day, calendar: HolidayCalendar): Day {
  let rolled = day;
  while (!isWorkingDay(rolled, calendar)) rolled = addDays(rolled, 1);
  return rolled;
}

/** The `count`-th working day after `day`. */
export function addWorkingDays(day: Day, count: number, calendar: HolidayCalendar): Day {
  let reached = day;
  for (let left = count; left > 0; ) {
    reached = addDays(reached, 1);
    if (isWorkingDay(reached, calendar)) left -= 1;
  }
  return reached;
}
