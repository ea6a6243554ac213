import { describe, expect, it } from "vitest";
import type { Contract } from "../../src/models/contract.ts";
import { weigh } from "../../src/pages/customer/reasons.ts";
import { numbersFor } from "../../src/pages/numbers.ts";
import { WORDS } from "../../src/pages/words.ts";
import { german, mine } from "./bank.ts";

const manner = { language: "pt-BR", words: WORDS["pt-BR"], numbers: numbersFor("pt-BR") } as const;
const hundredths = (value: number) => Math.round(value * 100);

describe("a customer's reasons", () => {
  const weighed = weigh(german, mine, manner);

  it("add up to the score as shown, rows and sides alike", () => {
    const rows = [...weighed.rows, ...weighed.small].reduce((sum, { shown }) => sum + hundredths(shown), 0);
    expect(hundredths(weighed.base) + rows).toBe(hundredths(weighed.sum));
    expect(hundredths(weighed.base) + hundredths(weighed.against) + hundredths(weighed.for)).toBe(
      hundredths(weighed.sum),
    );
    expect(hundredths(weighed.sum)).toBe(41);
    expect(weighed.rows).toHaveLength(10);
    expect(weighed.small).toHaveLength(10);
  });

  it("put what carried the refusal first, each by size", () => {
    const towards = weighed.rows.map(({ toward }) => toward);
    expect(towards.findIndex((toward) => toward > 0)).toBe(6);
    expect(towards.slice(0, 6)).toEqual(towards.slice(0, 6).sort((a, b) => a - b));
  });

  it("say the value in the customer's words", () => {
    expect(weighed.rows[0]!.sentence).toBe("O prazo de 30 meses pesou contra a aprovação.");
  });

  it("put uncertain ones last and claim nothing of them", () => {
    const uncertain = weighed.small.filter(({ lower, upper }) => lower <= 0 && upper >= 0);
    expect(uncertain.length).toBeGreaterThan(0);
    expect(weighed.small.slice(-uncertain.length)).toEqual(uncertain);
    for (const row of uncertain) {
      expect(row.certain).toBe("incerto");
      expect(row.sentence).toMatch(/talvez não tenha pesado\.$/);
    }
  });

  it("turn sides, not sums, when a high output is bad for the person", () => {
    const { output } = german;
    if (output.kind !== "binary-classification") throw new Error("the demo package has two outcomes");
    const turned: Contract = { ...german, output: { ...output, highOutput: "unfavourable" } };
    const other = weigh(turned, mine, manner);
    expect(other.rows[0]!.toward).toBeCloseTo(-0.118, 9);
    expect(other.sum).toBe(weighed.sum);
    expect(other.against).toBe(weighed.for);
  });

  it("say that an exact method is exact", () => {
    const attributions = Object.fromEntries(
      Object.entries(mine.decision.attributions).map(([name, { value }]) => [
        name,
        { value, interval: [value, value] as [number, number] },
      ]),
    );
    const exact = weigh(german, { ...mine, decision: { ...mine.decision, attributions } }, manner);
    expect(exact.exact).toBe(true);
    expect(new Set(exact.rows.map(({ certain }) => certain))).toEqual(new Set(["exato"]));
  });
});
