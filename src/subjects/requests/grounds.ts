import type { Regime } from "../deadlines/clock.ts";
import { REQUEST_RIGHTS, type RequestRight } from "./rights.ts";

interface Ground {
  rights: readonly RequestRight[];
  gdpr?: string;
  lgpd?: string;
  cadastro?: string;
}

/**
 * On what a request may be refused, and by which article of which law (LGPD 18 §4 II: a refusal states its reasons of
 * fact or of law; GDPR 12(4): without delay, with the remedies). A ground that a regime lacks is no ground there.
 */
export const GROUNDS = {
  /** The data rests on a legal basis that does not give this right. */
  basis: { rights: REQUEST_RIGHTS },
  /** A basis lets the controller keep the data: the package names the article. */
  kept_by_law: { rights: ["erasure"] },
  no_record: {
    rights: REQUEST_RIGHTS,
    gdpr: "GDPR 15(1)",
    lgpd: "LGPD 19 II",
    cadastro: "Lei 12.414 art. 5 II",
  },
  not_identified: { rights: REQUEST_RIGHTS, gdpr: "GDPR 12(2)", lgpd: "LGPD 18 §3" },
  manifestly_unfounded: { rights: REQUEST_RIGHTS, gdpr: "GDPR 12(5)(b)", lgpd: "LGPD 18 §4 II" },
  excessive: { rights: REQUEST_RIGHTS, gdpr: "GDPR 12(5)(b)", lgpd: "LGPD 18 §4 II" },
  not_controller: { rights: REQUEST_RIGHTS, gdpr: "GDPR 4(7)", lgpd: "LGPD 18 §4 I" },
  accurate: {
    rights: ["correction"],
    gdpr: "GDPR 16",
    lgpd: "LGPD 18 III",
    cadastro: "Lei 12.414 art. 5 III",
  },
  compelling_grounds: { rights: ["objection"], gdpr: "GDPR 21(1)", lgpd: "LGPD 18 §2" },
  legal_obligation: { rights: ["erasure"], gdpr: "GDPR 17(3)(b)", lgpd: "LGPD 16 I" },
  research: { rights: ["erasure"], gdpr: "GDPR 17(3)(d)", lgpd: "LGPD 16 II" },
  legal_claims: { rights: ["erasure"], gdpr: "GDPR 17(3)(e)" },
  rights_of_others: { rights: ["access_complete", "portability"], gdpr: "GDPR 15(4) and 20(4)" },
} as const satisfies Record<string, Ground>;

export type GroundCode = keyof typeof GROUNDS;

/** Grounds that a human may name; the other two the service finds by itself, with their article. */
export const NAMEABLE_GROUNDS = (Object.keys(GROUNDS) as GroundCode[]).filter(
  (code) => code !== "basis" && code !== "kept_by_law",
);

/** The articles of a ground under these regimes; empty where it is no ground for this right. */
export function articlesOf(code: GroundCode, right: RequestRight, regimes: readonly Regime[]): string[] {
  const ground: Ground = GROUNDS[code];
  if (!ground.rights.includes(right)) return [];
  const articles = regimes.flatMap((regime) => {
    if (regime === "gdpr") return ground.gdpr ?? [];
    if (regime === "cadastro_positivo") return ground.cadastro ?? [];
    return ground.lgpd ?? [];
  });
  return [...new Set(articles)];
}
