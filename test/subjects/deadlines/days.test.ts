import { describe, expect, it } from "vitest";
import { calendarOf, UnknownPlaceError } from "../../../src/subjects/deadlines/calendar.ts";
import { addDays, addMonths, daysBetween, localDay } from "../../../src/subjects/deadlines/days.ts";

it("months end where they end", () => {
  expect([1, 2, 3, 12, 13].map((count) => addMonths("2027-12-31", count))).toEqual([
    "2028-01-31",
    "2028-02-29",
    "2028-03-31",
    "2028-12-31",
    "2029-01-31",
  ]);
  expect(addMonths("2100-01-31", 1)).toBe("2100-02-28");
});

it("a day added and taken away is the same day, over changes of the clock too", () => {
  for (let day = "2026-01-01"; day < "2028-03-02"; day = addDays(day, 1))
    expect(daysBetween(day, addDays(day, 40))).toBe(40);
});

it("an instant has the day of the place, at the half-hours and the date line too", () => {
  const instant = new Date("2026-03-10T18:45:00Z");
  expect(
    ["Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"].map((zone) => localDay(instant, zone)),
  ).toEqual(["2026-03-11", "2026-03-11", "2026-03-10"]);
});

describe("a place's calendar", () => {
  it("is refused where there is none", () => {
    for (const place of ["XX", "DE-ZZ", "", "__proto__", "de"])
      expect(() => calendarOf(place)).toThrow(UnknownPlaceError);
  });

  it("names the version that package.json pins", async () => {
    const { default: manifest } = await import("../../../package.json", { with: { type: "json" } });
    expect(calendarOf("BR").version).toBe(`date-holidays ${manifest.dependencies["date-holidays"]} BR`);
  });
});
