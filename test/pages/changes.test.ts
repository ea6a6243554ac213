import { describe, expect, it } from "vitest";
import { type ToldCounterfactuals, tellCounterfactuals } from "../../src/decisions/counterfactual-words.ts";
import { whatWouldChange } from "../../src/pages/customer/changes.ts";
import { changeLine } from "../../src/pages/figures/change-line.ts";
import { numbersFor } from "../../src/pages/numbers.ts";
import { WORDS } from "../../src/pages/words.ts";
import { german, mine } from "./bank.ts";

const shown = (told: ToldCounterfactuals | undefined, language: "pt-BR" | "en" = "pt-BR") =>
  String(
    whatWouldChange({ language, words: WORDS[language], numbers: numbersFor(language) }, german, {
      ...mine,
      counterfactuals: told!,
    }),
  );

describe("what would change the outcome, on the customer's page", () => {
  it("says each change in the package's words, with the score that it would have come to", () => {
    const page = shown(mine.counterfactuals);
    expect(page).toContain("Pedir 18 meses em vez de 30 meses. A pontuação seria 0,56: Aprovado.");
    expect(page).toContain(
      "Pedir 3.900 DM em vez de 4.280 DM e ter de poupança: de 100 a 499 DM (hoje: menos de 100 DM).",
    );
    expect(page.match(/class="change-line"/g)).toHaveLength(2);
    expect(shown(mine.counterfactuals, "en")).toContain(
      "Ask for 18 months instead of 30 months. The score would be 0.56: Approved.",
    );
  });

  it("says that it is no promise, and which reason against the person it leaves out", () => {
    const page = shown(mine.counterfactuals);
    expect(page).toContain("german-credit, versão 1");
    expect(page).toContain("20 de agosto de 2026");
    expect(page).toContain("não é promessa");
    expect(page).toContain("Idade pesou contra e não entra aqui");
  });

  it("tells apart that there is none, that none was found, and that it is still being computed", () => {
    const states = (["none-within-reach", "not-found-within-budget"] as const).map((state) =>
      shown(
        tellCounterfactuals(german, {
          state: "computed",
          logIndex: 1,
          found: {
            kind: "counterfactual",
            at: mine.at,
            decision: mine.decision.id,
            decidedAt: mine.at,
            model: "german-credit",
            version: 1,
            algorithm: "counterfactuals/1",
            state,
            ways: [],
            modelRows: 5,
          },
        }),
      ),
    );
    const computing = shown(tellCounterfactuals(german, { state: "computing" }));
    expect(new Set([...states, computing]).size).toBe(3);
    expect(computing).toContain(`href="/me/decisions/${mine.decision.id}#changes"`);
    for (const page of [...states, computing]) expect(page).not.toContain("<svg");
  });

  it("is not there for a favourable outcome", () => {
    expect(shown(tellCounterfactuals(german, { state: "favourable" }))).toBe("");
    expect(shown(undefined)).toBe("");
  });
});

describe("the line of a change", () => {
  const drawn = (from: number, to: number, highIsFor = true) =>
    String(
      changeLine({
        from,
        to,
        threshold: 0.5,
        domain: [0, 1],
        highIsFor,
        words: { from: "a", to: "b", threshold: "c", sentence: "a < b" },
      }),
    );

  it("points from the score to where it would be, in either direction", () => {
    expect(drawn(0.25, 0.75)).toContain("M89 29H236");
    expect(drawn(0.75, 0.25, false)).toContain("M239 29H92");
    expect(drawn(0.25, 0.75)).toContain('soft-against" x="4"');
    expect(drawn(0.75, 0.25, false)).toContain('soft-for" x="4"');
  });

  it("has no shaft where the way is as short as the arrow's head, and labels that do not touch", () => {
    const page = drawn(0.49, 0.51);
    expect(page).not.toContain("change-way");
    expect(page).toContain('text-anchor="end">a<');
    expect(page).toContain('text-anchor="start">b<');
  });

  it("is read out as a sentence, escaped", () => {
    expect(drawn(0.2, 0.6)).toContain('role="img" aria-label="a &lt; b"');
  });
});
