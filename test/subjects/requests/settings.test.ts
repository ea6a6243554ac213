import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/config.ts";
import { clocksOf } from "../../../src/subjects/requests/clocks.ts";
import { rightsSettings } from "../../../src/subjects/requests/settings.ts";

const settings = (env: Record<string, string> = {}) => rightsSettings(readConfig(env));

describe("what the controller settles about requests", () => {
  it("overrides the calendar of its place day by day, and each clock says so", () => {
    // 21 April 2026, Tiradentes, is a holiday in Brazil; the 22nd is not.
    const { calendar } = settings({ MOTIVO_HOLIDAYS: "2026-04-22, -2026-04-21" });
    expect([calendar.isHoliday("2026-04-21"), calendar.isHoliday("2026-04-22")]).toEqual([false, true]);
    expect(calendar.version).toMatch(
      /^date-holidays [\d.]+ BR, by hand without 2026-04-21, by hand with 2026-04-22$/,
    );
    const request = {
      right: "review",
      receivedAt: new Date("2026-03-21T15:00:00Z"),
      regimes: ["gdpr"],
    } as const;
    const plain = clocksOf(settings(), request, []);
    const moved = clocksOf(settings({ MOTIVO_HOLIDAYS: "-2026-04-21" }), request, []);
    expect([plain[0]!.due, moved[0]!.due]).toEqual(["2026-04-22", "2026-04-21"]);
    expect(moved[0]!.calendar).not.toBe(plain[0]!.calendar);
  });

  it("counts from the controller's local day, under the laws that it is under", () => {
    const receivedAt = new Date("2026-03-11T01:00:00Z");
    const access = { right: "access_complete", receivedAt, regimes: ["lgpd_small_agent", "gdpr"] } as const;
    expect(clocksOf(settings(), access, []).map(({ regime, due }) => [regime, due])).toEqual([
      ["gdpr", "2026-04-10"],
      ["lgpd_small_agent", "2026-04-09"],
    ]);
    const berlin = settings({ MOTIVO_PLACE: "DE-BE", MOTIVO_TIME_ZONE: "Europe/Berlin" });
    expect(clocksOf(berlin, { ...access, regimes: ["gdpr"] }, [])[0]!.due).toBe("2026-04-13");
  });

  it.each([
    ["MOTIVO_REGIMES", "ccpa"],
    ["MOTIVO_PLACE", "Atlantis"],
    ["MOTIVO_TIME_ZONE", "Mars/Olympus"],
    ["MOTIVO_HOLIDAYS", "24 December"],
    ["MOTIVO_RECIPIENTS", "{"],
    ["MOTIVO_RECIPIENTS", '[{"name":"a","url":"ftp://a.example","secret":"whsec_c2VjcmV0"}]'],
  ])("refuses to start with a %s that it cannot use, without repeating it", (name, value) => {
    const start = () => settings({ [name]: value });
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(name);
    expect(start).not.toThrow(value);
  });
});
