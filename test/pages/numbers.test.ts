import { describe, expect, it } from "vitest";
import { decimalsOf, grouped, numbersFor, roundToSum } from "../../src/pages/numbers.ts";

describe("numbers of a page", () => {
  const pt = numbersFor("pt-BR");
  const en = numbersFor("en");

  it("follow the page's language", () => {
    expect([pt.count(18_432), pt.plain(0.41)]).toEqual(["18.432", "0,41"]);
    expect([en.count(18_432), en.plain(0.41)]).toEqual(["18,432", "0.41"]);
  });

  it("write minus as U+2212 and give zero no sign", () => {
    expect(pt.signed(-0.14)).toBe("\u22120,14");
    expect(pt.signed(0.12)).toBe("+0,12");
    expect(en.signed(-0.001)).toBe("0.00");
    expect(en.signed(-0)).toBe("0.00");
    expect(en.plain(-3)).toBe("\u22123.00");
  });

  it("part two ends by a dash, and signed ends by an ellipsis", () => {
    expect(en.range("37", "48")).toBe("37 \u2013 48");
    expect(en.interval(-0.16, -0.12)).toBe("\u22120.16 \u2026 \u22120.12");
  });

  it("write times with the day first, 24 hours, UTC", () => {
    const at = new Date("2026-08-20T09:12:00Z");
    expect(pt.longTime(at)).toBe("20 de agosto de 2026, 09:12");
    expect(en.longTime(at)).toBe("20 August 2026, 09:12");
    expect(pt.shortDate(at)).toBe("20 ago 2026");
    expect(en.shortDate(new Date("2026-09-01T00:00:00Z"))).toBe("1 Sep 2026");
    expect(en.hour(at.getTime() / 3_600_000)).toBe("20 Aug 2026, 09 h");
  });

  it("know how many places a step needs", () => {
    expect([0.01, 0.25, 5, 1e-7, 0.5].map(decimalsOf)).toEqual([2, 2, 0, 7, 1]);
  });

  it("show digests in groups of four", () => {
    expect(grouped("45a3bc3c04")).toBe("45a3 bc3c 04");
  });
});

describe("rounding to a sum", () => {
  const total = (parts: readonly number[]) => Math.round(parts.reduce((sum, part) => sum + part, 0) * 100);

  it("makes parts add up as shown where plain rounding would not", () => {
    const parts = [0.335, 0.335, 0.33];
    expect(total(parts.map((part) => Math.round(part * 100) / 100))).toBe(101);
    expect(total(roundToSum(parts, 1))).toBe(100);
  });

  it("holds for many signed parts, and none moves by a whole step or changes its sign", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const parts = Array.from({ length: 21 }, (_, i) => Math.sin(seed * 31 + i * 7) / 3);
      const sum = parts.reduce((all, part) => all + part, 0);
      const rounded = roundToSum(parts, sum);
      expect(total(rounded) - Math.round(sum * 100)).toBe(0);
      rounded.forEach((part, i) => {
        expect(Math.abs(part - parts[i]!)).toBeLessThan(0.01 + 1e-9);
        expect(part * parts[i]!).toBeGreaterThanOrEqual(0);
      });
    }
  });
});
