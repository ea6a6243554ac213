import { describe, expect, it } from "vitest";
import { calendarOf, NO_HOLIDAYS } from "../../../src/subjects/deadlines/calendar.ts";
import { incidentDeadlines } from "../../../src/subjects/deadlines/incident.ts";

const brazil = { calendar: calendarOf("BR"), timeZone: "America/Sao_Paulo" };

describe("when an incident is told", () => {
  it("GDPR 33(1): 72 hours from having become aware, weekends included", () => {
    const [told] = incidentDeadlines(new Date("2026-08-21T15:20:00Z"), {
      regimes: ["gdpr"],
      calendar: NO_HOLIDAYS,
      timeZone: "Europe/Berlin",
    });
    expect(told).toMatchObject({ regime: "gdpr", day: null, peopleToo: false });
    expect(told!.at?.toISOString()).toBe("2026-08-24T15:20:00.000Z");
  });

  it.each([
    // Thursday: Friday, Monday, Tuesday.
    ["2026-08-20T12:00:00Z", "2026-08-25"],
    // 7 September, Independence Day, is a Monday.
    ["2026-09-04T12:00:00Z", "2026-09-10"],
    // 23:30 in São Paulo is the next day in UTC; the local day of knowledge is Thursday.
    ["2026-08-21T02:30:00Z", "2026-08-25"],
  ])("LGPD 48, Res. CD/ANPD 15/2024 art. 6 and 9: known %s, told by %s", (aware, day) => {
    expect(incidentDeadlines(new Date(aware), { regimes: ["lgpd"], ...brazil })).toEqual([
      expect.objectContaining({ regime: "lgpd", at: null, day, peopleToo: true }),
    ]);
  });

  it("Res. CD/ANPD 2/2022 art. 14: small agents have twice as long", () => {
    const [told] = incidentDeadlines(new Date("2026-08-20T12:00:00Z"), {
      regimes: ["lgpd_small_agent"],
      ...brazil,
    });
    expect(told!.day).toBe("2026-08-28");
  });

  it("Lei 12.414 sets none of its own", () => {
    expect(incidentDeadlines(new Date(), { regimes: ["cadastro_positivo"], ...brazil })).toEqual([]);
  });
});
