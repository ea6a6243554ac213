import { describe, expect, it } from "vitest";
import type { Right } from "../../../src/subjects/deadlines/clock.ts";
import { clock, due } from "./clocks.ts";

describe("LGPD", () => {
  it.each<Right>(["confirmation", "access_simplified"])("19 I: %s at once, without a day", (right) => {
    const one = clock({ regime: "lgpd", right, received: "2026-03-10" });
    expect(one).toMatchObject({ due: null, immediate: true });
    expect(one.rule).toContain("LGPD 19 I");
  });

  it.each<Right>(["access", "access_complete"])("19 II: %s within 15 days of the request", (right) => {
    expect(due({ regime: "lgpd", right, received: "2026-03-10" })).toBe("2026-03-25");
    expect(due({ regime: "lgpd", right, received: "2028-02-20" })).toBe("2028-03-06");
  });

  it("19 II: a last day on a weekend or a holiday is not rolled over, the earlier reading", () => {
    expect(due({ regime: "lgpd", right: "access", received: "2026-03-13", place: "BR" })).toBe("2026-03-28");
    expect(due({ regime: "lgpd", right: "access", received: "2026-04-06", place: "BR" })).toBe("2026-04-21");
  });

  it("19 II: runs from the local day of the request", () => {
    const received = "2026-03-11T01:00:00Z";
    expect(due({ regime: "lgpd", right: "access", received, tz: "America/Sao_Paulo" })).toBe("2026-03-25");
  });

  it("knows neither extension nor suspension", () => {
    const events: [string, "extension_notified" | "identity_requested"][] = [
      ["2026-03-11", "identity_requested"],
      ["2026-03-12", "extension_notified"],
    ];
    expect(due({ regime: "lgpd", right: "access", received: "2026-03-10", events })).toBe("2026-03-25");
  });

  it.each<Right>([
    "correction",
    "rectification",
    "erasure",
    "refusal",
    "objection",
    "portability",
    "review",
    "explanation",
  ])("sets no period for %s: the controller's own target is shown as such", (right) => {
    const without = clock({ regime: "lgpd", right, received: "2026-03-10" });
    expect(without.due).toBeNull();
    expect(without).not.toHaveProperty("target");
    expect(without.rule).toContain("no period");
    expect(clock({ regime: "lgpd", right, received: "2026-03-10", targetDays: 20 })).toMatchObject({
      due: null,
      target: "2026-03-30",
    });
  });

  it("a target stands beside no period of the law", () => {
    expect(clock({ regime: "lgpd", received: "2026-03-10", targetDays: 20 })).not.toHaveProperty("target");
  });

  it("18 §6: recipients are told at once", () => {
    expect(clock({ regime: "lgpd", right: "recipients_told", received: "2026-03-10" })).toMatchObject({
      due: null,
      immediate: true,
    });
  });
});

describe("small agents (Res. CD/ANPD 2/2022)", () => {
  const regime = "lgpd_small_agent";
  it("art. 15: simplified within 15 days; art. 14: complete within 30", () => {
    expect(due({ regime, right: "access_simplified", received: "2026-03-10" })).toBe("2026-03-25");
    expect(due({ regime, right: "confirmation", received: "2026-03-10" })).toBe("2026-03-25");
    expect(due({ regime, right: "access_complete", received: "2026-03-10" })).toBe("2026-04-09");
    expect(due({ regime, right: "access", received: "2026-01-30" })).toBe("2026-03-01");
  });

  it("has no period elsewhere, either", () => {
    expect(due({ regime, right: "erasure", received: "2026-03-10" })).toBeNull();
  });
});

describe("Lei 12.414 (cadastro positivo)", () => {
  const regime = "cadastro_positivo";
  it("art. 5 III and 6 §2: correction and information within 10 days, not rolled over", () => {
    expect(due({ regime, right: "correction", received: "2026-03-10" })).toBe("2026-03-20");
    expect(due({ regime, right: "information", received: "2026-03-11" })).toBe("2026-03-21");
  });

  it.each([
    ["from a Tuesday", "2026-03-10", "2026-03-12"],
    ["over a weekend", "2026-03-12", "2026-03-16"],
    ["from a Saturday", "2026-03-14", "2026-03-17"],
    ["over Tiradentes, a Tuesday", "2026-04-20", "2026-04-23"],
    ["over Good Friday and the weekend", "2026-04-02", "2026-04-07"],
    ["over Carnival, which is no public holiday", "2026-02-13", "2026-02-17"],
  ])("art. 5: cancellation within 2 working days, %s", (_, received, expected) => {
    expect(due({ regime, right: "cancellation", received, place: "BR" })).toBe(expected);
  });

  it("sets no period for review and risk criteria", () => {
    for (const right of ["review", "risk_criteria"] as const)
      expect(due({ regime, right, received: "2026-03-10" })).toBeNull();
  });
});
