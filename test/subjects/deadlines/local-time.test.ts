import { describe, expect, it } from "vitest";
import { instantOf, localOf } from "../../../src/subjects/deadlines/local-time.ts";

describe("the time of a field by the clocks of a place", () => {
  it.each([
    ["2026-08-20T09:00", "America/Sao_Paulo", "2026-08-20T12:00:00.000Z"],
    ["2026-01-10T09:00", "Europe/Berlin", "2026-01-10T08:00:00.000Z"],
    ["2026-07-10T09:00", "Europe/Berlin", "2026-07-10T07:00:00.000Z"],
    // Shown twice on 25 October: the earlier one.
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    // Left out on 29 March: the hour after it.
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-08-20T00:15", "Pacific/Auckland", "2026-08-19T12:15:00.000Z"],
  ])("%s in %s is %s", (local, zone, instant) => {
    expect(instantOf(local, zone)?.toISOString()).toBe(instant);
  });

  it("leads back to what was typed", () => {
    for (const zone of ["America/Sao_Paulo", "Europe/Berlin", "Asia/Kolkata"])
      expect(localOf(instantOf("2026-05-04T13:37", zone)!, zone)).toBe("2026-05-04T13:37");
  });

  it.each(["", "2026-08-20", "2026-13-40T09:00", "20/08/2026 09:00"])("refuses %j", (typed) => {
    expect(instantOf(typed, "UTC")).toBeNull();
  });
});
