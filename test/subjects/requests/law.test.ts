import { describe, expect, it } from "vitest";
import { articlesOf, GROUNDS, type GroundCode } from "../../../src/subjects/requests/grounds.ts";
import { rulingOf } from "../../../src/subjects/requests/law.ts";
import { ruled } from "../../../src/subjects/requests/purposes.ts";
import { clockRightOf, PROOF_OF, REQUEST_RIGHTS } from "../../../src/subjects/requests/rights.ts";

const BASES = [
  "consent",
  "legal_obligation",
  "public_policy",
  "research",
  "contract",
  "legal_proceedings",
  "vital_interests",
  "health_protection",
  "legitimate_interests",
  "credit_protection",
] as const;
const givenOn = (regime: "gdpr" | "lgpd" | "cadastro_positivo", right: (typeof REQUEST_RIGHTS)[number]) =>
  BASES.filter((basis) => rulingOf(regime, right, [basis]).applies);

describe("which law gives which right over data on which basis", () => {
  it("GDPR 20(1)(a): portability on consent and contract alone", () => {
    expect(givenOn("gdpr", "portability")).toEqual(["consent", "contract"]);
  });

  it("GDPR 21(1): objection on legitimate interests and public task, 21(6): research", () => {
    expect(givenOn("gdpr", "objection")).toEqual([
      "public_policy",
      "research",
      "legitimate_interests",
      "credit_protection",
    ]);
    expect(rulingOf("gdpr", "objection", ["research"]).article).toBe("GDPR 21(6)");
    expect(rulingOf("gdpr", "objection", ["legitimate_interests"]).article).toBe("GDPR 21(1)");
  });

  it("GDPR 7(3), LGPD 8 §5 and 18 IX: revocation of consent alone", () => {
    expect(givenOn("gdpr", "consent_revocation")).toEqual(["consent"]);
    expect(givenOn("lgpd", "consent_revocation")).toEqual(["consent"]);
    expect(rulingOf("lgpd", "consent_revocation", ["consent"]).article).toBe("LGPD 8 §5 and 18 IX");
  });

  it("LGPD 18 §2: objection to processing that did without consent", () => {
    expect(givenOn("lgpd", "objection")).toEqual(BASES.filter((basis) => basis !== "consent"));
  });

  it("LGPD 18 VI: erasure of what rests on consent; IV: of what does not", () => {
    expect(rulingOf("lgpd", "erasure", ["consent"])).toEqual({ applies: true, article: "LGPD 18 VI" });
    expect(rulingOf("lgpd", "erasure", ["credit_protection"])).toEqual({
      applies: true,
      article: "LGPD 18 IV",
    });
  });

  it("LGPD 18 V: portability whatever the basis", () => {
    expect(givenOn("lgpd", "portability")).toEqual(BASES);
  });

  it.each([
    ["confirmation", "GDPR 15(1)", "LGPD 18 I and 19 I"],
    ["access_simplified", "GDPR 15", "LGPD 18 II and 19 I"],
    ["access_complete", "GDPR 15", "LGPD 18 II and 19 II"],
    ["correction", "GDPR 16", "LGPD 18 III"],
    ["restriction", "GDPR 18(1)", "LGPD 18 IV"],
    ["review", "GDPR 22(3)", "LGPD 20"],
    ["explanation", "GDPR 15(1)(h)", "LGPD 20 §1"],
    ["recipients", "GDPR 15(1)(c) and 19", "LGPD 18 VII"],
  ] as const)("%s is given whatever the basis: %s, %s", (right, gdpr, lgpd) => {
    for (const bases of [[], ...BASES.map((basis) => [basis])]) {
      expect(rulingOf("gdpr", right, bases)).toEqual({ applies: true, article: gdpr });
      expect(rulingOf("lgpd", right, bases)).toEqual({ applies: true, article: lgpd });
      expect(rulingOf("lgpd_small_agent", right, bases)).toEqual({ applies: true, article: lgpd });
    }
  });

  it("Lei 12.414 art. 5: neither portability nor restriction, objection or revocation", () => {
    const given = REQUEST_RIGHTS.filter((right) => rulingOf("cadastro_positivo", right, []).applies);
    expect(given).toEqual([
      "confirmation",
      "access_simplified",
      "access_complete",
      "correction",
      "erasure",
      "review",
      "explanation",
      "recipients",
    ]);
    expect(rulingOf("cadastro_positivo", "correction", []).article).toBe("Lei 12.414 art. 5 III");
    expect(clockRightOf("cadastro_positivo", "erasure")).toBe("cancellation");
    expect(clockRightOf("cadastro_positivo", "explanation")).toBe("risk_criteria");
    expect(clockRightOf("gdpr", "erasure")).toBe("erasure");
  });

  it("rules purpose by purpose, and names every article that stood in the way", () => {
    const consent = { bases: ["consent" as const] };
    const credit = { bases: ["credit_protection" as const] };
    const ruling = ruled(["gdpr", "lgpd"], "objection", [consent, credit]);
    expect(ruling.applies).toEqual([credit]);
    expect(ruling.regimes).toEqual(["gdpr", "lgpd"]);
    expect(ruling.refused).toEqual([{ of: consent, articles: ["GDPR 21(1)", "LGPD 18 §2"] }]);
  });
});

describe("grounds of refusal (LGPD 18 §4, GDPR 12(4))", () => {
  it("each has an article under every law that it is named under, and none elsewhere", () => {
    expect(articlesOf("legal_claims", "erasure", ["gdpr", "lgpd"])).toEqual(["GDPR 17(3)(e)"]);
    expect(articlesOf("legal_claims", "erasure", ["lgpd"])).toEqual([]);
    expect(articlesOf("legal_claims", "access_complete", ["gdpr"])).toEqual([]);
    expect(articlesOf("excessive", "access_complete", ["gdpr", "lgpd_small_agent"])).toEqual([
      "GDPR 12(5)(b)",
      "LGPD 18 §4 II",
    ]);
    for (const code of Object.keys(GROUNDS) as GroundCode[]) {
      if (code === "basis" || code === "kept_by_law") continue;
      const right = GROUNDS[code].rights[0]!;
      expect([code, articlesOf(code, right, ["gdpr", "lgpd", "cadastro_positivo"]).length > 0]).toEqual([
        code,
        true,
      ]);
    }
  });
});

describe("proof levels", () => {
  it("ask the most for what gives everything away or takes it away, and the least for revoking consent", () => {
    const at = (level: number) => REQUEST_RIGHTS.filter((right) => PROOF_OF[right] === level);
    expect(at(3)).toEqual(["access_complete", "portability", "correction", "erasure"]);
    expect(at(1)).toEqual(["confirmation", "consent_revocation"]);
  });
});
