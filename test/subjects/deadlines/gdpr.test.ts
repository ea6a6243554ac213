import { describe, expect, it } from "vitest";
import { RIGHTS } from "../../../src/subjects/deadlines/clock.ts";
import { clock, due } from "./clocks.ts";

describe("GDPR 12(3), one month in the sense of Regulation 1182/71", () => {
  it.each([
    ["the same number next month (art. 3(2)(c); EDPB 01/2022 has this one)", "2026-03-05", "2026-04-06"],
    ["a number that falls on a working day stays", "2026-03-10", "2026-04-10"],
    ["the last day where the number is missing", "2026-08-31", "2026-09-30"],
    ["February of a common year, rolled over a weekend", "2026-01-31", "2026-03-02"],
    ["February of a leap year", "2028-01-31", "2028-02-29"],
    ["29 February to 29 March", "2028-02-29", "2028-03-29"],
    ["over the year's end", "2026-12-15", "2027-01-15"],
    ["from a Saturday: only the last day matters", "2026-05-16", "2026-06-16"],
    ["Saturday rolls to Monday (art. 3(4))", "2026-09-17", "2026-10-19"],
    ["Sunday rolls to Monday", "2026-09-18", "2026-10-19"],
  ])("%s", (_, received, expected) => {
    expect(due({ received })).toBe(expected);
  });

  it("rolls over the public holidays of the controller's place, and of no other", () => {
    // 3 April 2026 is Good Friday, 6 April Easter Monday.
    expect(due({ received: "2026-03-03", place: "DE-BE" })).toBe("2026-04-07");
    expect(due({ received: "2026-03-03", place: "BR" })).toBe("2026-04-06");
    expect(due({ received: "2026-03-03" })).toBe("2026-04-03");
    // Women's day is Berlin's alone.
    expect(due({ received: "2027-02-08", place: "DE-BE" })).toBe("2027-03-09");
    expect(due({ received: "2027-02-08", place: "DE-BY" })).toBe("2027-03-08");
  });

  it("does not count bank and optional days: Carnival, Corpus Christi, 24 and 31 December", () => {
    expect(due({ received: "2026-01-17", place: "BR" })).toBe("2026-02-17");
    expect(due({ received: "2026-05-04", place: "BR" })).toBe("2026-06-04");
    expect(due({ received: "2026-11-24", place: "DE-BE" })).toBe("2026-12-24");
  });

  it("São Paulo keeps 20 November, which is the whole country's", () => {
    expect(due({ received: "2026-10-20", place: "BR-SP" })).toBe("2026-11-23");
  });

  it("rolls over days that an operator put in, and says that it did", () => {
    const { due: day, calendar } = clock({
      received: "2026-03-10",
      place: "DE-BE",
      holidays: ["2026-04-10"],
    });
    expect(day).toBe("2026-04-13");
    expect(calendar).toMatch(/^date-holidays [\d.]+ DE-BE, by hand with [\d-]{10}$/);
  });

  it("runs from the local day of receipt", () => {
    const received = "2026-03-10T23:30:00Z";
    expect(due({ received, tz: "UTC" })).toBe("2026-04-10");
    expect(due({ received, tz: "Europe/Berlin" })).toBe("2026-04-13");
    expect(due({ received: "2026-03-10T02:30:00Z", tz: "America/Sao_Paulo" })).toBe("2026-04-09");
  });

  it("runs for every right of articles 15 to 22 and for a refusal, and for nothing that the regulation does not know", () => {
    for (const right of RIGHTS) {
      const { due: day, rule } = clock({ received: "2026-03-10", right });
      expect(day, right).toBe(right === "cancellation" ? null : "2026-04-10");
      expect(rule).toContain("GDPR");
    }
  });
});

describe("GDPR 12(3), the extension", () => {
  it("makes three months from receipt when it was told within the first", () => {
    expect(due({ received: "2026-03-10", events: [["2026-04-01", "extension_notified"]] })).toBe(
      "2026-06-10",
    );
  });

  it("counts as in time on the first month's rolled-over last day, and is void a day later", () => {
    const received = "2026-09-17";
    expect(due({ received, events: [["2026-10-19", "extension_notified"]] })).toBe("2026-12-17");
    const late = clock({ received, events: [["2026-10-20", "extension_notified"]] });
    expect(late.due).toBe("2026-10-19");
    expect(late.rule).toContain("void");
  });

  it("is in time by the local day: the same instant is late further east", () => {
    const events: [string, "extension_notified"][] = [["2026-04-10T22:30:00Z", "extension_notified"]];
    expect(due({ received: "2026-03-10", events, tz: "UTC" })).toBe("2026-06-10");
    expect(due({ received: "2026-03-10", events, tz: "Europe/Berlin" })).toBe("2026-04-10");
  });

  it("has the last day of a shorter month", () => {
    expect(due({ received: "2026-11-30", events: [["2026-12-01", "extension_notified"]] })).toBe(
      "2027-03-01",
    );
    expect(due({ received: "2027-11-30", events: [["2027-12-01", "extension_notified"]] })).toBe(
      "2028-02-29",
    );
  });

  it("moves no refusal: 12(4) has one month", () => {
    const one = clock({
      received: "2026-03-10",
      right: "refusal",
      events: [["2026-03-12", "extension_notified"]],
    });
    expect(one.due).toBe("2026-04-10");
    expect(one.rule).toContain("12(4)");
  });

  it("may be told while the clock stands still", () => {
    expect(
      due({
        received: "2026-03-10",
        events: [
          ["2026-03-20", "clarification_requested"],
          ["2026-05-20", "extension_notified"],
          ["2026-05-29", "clarification_received"],
        ],
      }),
    ).toBe("2026-08-19");
  });
});

describe("a clarification that is needed", () => {
  it("stops the clock until it comes", () => {
    const waiting = clock({ received: "2026-03-10", events: [["2026-03-12", "clarification_requested"]] });
    expect(waiting.due).toBeNull();
    expect(waiting.rule).toContain("stands still");
  });

  it("moves the day by the whole local days that it took", () => {
    const events: [string, "clarification_requested" | "clarification_received"][] = [
      ["2026-03-12T09:00:00Z", "clarification_requested"],
      ["2026-03-19T08:00:00Z", "clarification_received"],
    ];
    expect(due({ received: "2026-03-10", events })).toBe("2026-04-17");
    // Answered within the day, and asked before midnight and answered after it.
    expect(
      due({
        received: "2026-03-10",
        events: [events[0]!, ["2026-03-12T17:00:00Z", "clarification_received"]],
      }),
    ).toBe("2026-04-10");
    const night: typeof events = [
      ["2026-03-12T22:50:00Z", "clarification_requested"],
      ["2026-03-12T23:10:00Z", "clarification_received"],
    ];
    expect(due({ received: "2026-03-09", events: night, tz: "UTC" })).toBe("2026-04-09");
    expect(due({ received: "2026-03-09", events: night, tz: "Europe/Berlin" })).toBe("2026-04-10");
  });

  it("asked for twice counts from the first time, and not at all after the period", () => {
    expect(
      due({
        received: "2026-03-10",
        events: [
          ["2026-03-12", "clarification_requested"],
          ["2026-03-15", "clarification_requested"],
          ["2026-03-19", "clarification_received"],
        ],
      }),
    ).toBe("2026-04-17");
    expect(due({ received: "2026-03-10", events: [["2026-04-11", "clarification_requested"]] })).toBe(
      "2026-04-10",
    );
    expect(due({ received: "2026-03-10", events: [["2026-03-20", "clarification_received"]] })).toBe(
      "2026-04-10",
    );
  });

  it("adds to another, and lengthens the time in which an extension may be told", () => {
    const twice: [string, "clarification_requested" | "clarification_received"][] = [
      ["2026-03-12", "clarification_requested"],
      ["2026-03-17", "clarification_received"],
      ["2026-03-20", "clarification_requested"],
      ["2026-03-23", "clarification_received"],
    ];
    expect(due({ received: "2026-03-10", events: twice })).toBe("2026-04-20");
    expect(due({ received: "2026-03-10", events: [...twice, ["2026-04-20", "extension_notified"]] })).toBe(
      "2026-06-18",
    );
  });
});

describe("doubt about identity (GDPR 12(6))", () => {
  const asked = (received: string, requested: string, got: string, place?: string) =>
    clock({
      received,
      ...(place ? { place } : {}),
      events: [
        [requested, "identity_requested"],
        [got, "identity_received"],
      ],
    });

  it("stops the clock until the proof comes", () => {
    expect(due({ received: "2026-03-10", events: [["2026-03-11", "identity_requested"]] })).toBeNull();
  });

  it("shows the EDPB's pause where it ends earlier", () => {
    // Pause: 10 April + 9 days; restart: 20 April.
    const one = asked("2026-03-10", "2026-03-12", "2026-03-20");
    expect(one.due).toBe("2026-04-20");
    // 10 April + 5 days = 15 April; restart: 17 April.
    const other = asked("2026-03-10", "2026-03-12", "2026-03-17");
    expect(other.due).toBe("2026-04-15");
    expect(other.rule).toContain("2026-04-17");
  });

  it("shows the ICO's new start where a short month makes it earlier", () => {
    // Pause: 15 February + 31 days = 18 March; restart: 15 March, a Sunday, so the 16th.
    const one = asked("2027-01-15", "2027-01-15", "2027-02-15");
    expect(one.due).toBe("2027-03-15");
    expect(one.rule).toContain("restarts");
    expect(one.rule).toContain("2027-03-18");
  });

  it("without a question, a proof starts nothing anew", () => {
    expect(due({ received: "2026-03-10", events: [["2026-03-20", "identity_received"]] })).toBe("2026-04-10");
  });

  it("together with a clarification the clock runs only when both have come", () => {
    const both: [string, "identity_requested" | "clarification_requested" | "identity_received"][] = [
      ["2026-03-12", "identity_requested"],
      ["2026-03-13", "clarification_requested"],
      ["2026-03-16", "identity_received"],
    ];
    expect(due({ received: "2026-03-10", events: both })).toBeNull();
    // Pause: 12 to 18 March, 6 days; restart: 16 March + 1 month + 2 days.
    expect(due({ received: "2026-03-10", events: [...both, ["2026-03-18", "clarification_received"]] })).toBe(
      "2026-04-16",
    );
  });
});
