import type { Basis } from "../../models/contract.ts";
import type { Regime } from "../deadlines/clock.ts";
import type { RequestRight } from "./rights.ts";

type BasisKind = Basis["kind"];

/** Whether a regime gives a right over data that rests on certain bases, and the article that says so. */
export type Ruling = { applies: boolean; article: string };

const GDPR: Record<RequestRight, string> = {
  confirmation: "GDPR 15(1)",
  access_simplified: "GDPR 15",
  access_complete: "GDPR 15",
  portability: "GDPR 20(1)(a)",
  correction: "GDPR 16",
  restriction: "GDPR 18(1)",
  objection: "GDPR 21(1)",
  erasure: "GDPR 17(1)",
  review: "GDPR 22(3)",
  explanation: "GDPR 15(1)(h)",
  consent_revocation: "GDPR 7(3)",
  recipients: "GDPR 15(1)(c) and 19",
};

const LGPD: Record<RequestRight, string> = {
  confirmation: "LGPD 18 I and 19 I",
  access_simplified: "LGPD 18 II and 19 I",
  access_complete: "LGPD 18 II and 19 II",
  portability: "LGPD 18 V",
  correction: "LGPD 18 III",
  restriction: "LGPD 18 IV",
  objection: "LGPD 18 §2",
  erasure: "LGPD 18 IV",
  review: "LGPD 20",
  explanation: "LGPD 20 §1",
  consent_revocation: "LGPD 8 §5 and 18 IX",
  recipients: "LGPD 18 VII",
};

const CADASTRO_POSITIVO: Partial<Record<RequestRight, string>> = {
  confirmation: "Lei 12.414 art. 5 II",
  access_simplified: "Lei 12.414 art. 5 II",
  access_complete: "Lei 12.414 art. 5 II",
  correction: "Lei 12.414 art. 5 III",
  erasure: "Lei 12.414 art. 5 I",
  review: "Lei 12.414 art. 5 VI",
  explanation: "Lei 12.414 art. 5 IV",
  recipients: "Lei 12.414 art. 6 §2",
};

/** GDPR 20(1)(a): what the person gave on consent or for a contract. */
const PORTABLE: ReadonlySet<BasisKind> = new Set(["consent", "contract"]);
/** GDPR 21(1): points (e) and (f) of 6(1); credit protection is a basis of the LGPD alone and rests on (f) here. */
const OBJECTIONABLE: ReadonlySet<BasisKind> = new Set([
  "legitimate_interests",
  "public_policy",
  "credit_protection",
]);

function gdpr(right: RequestRight, bases: readonly BasisKind[]): Ruling {
  const article = GDPR[right];
  switch (right) {
    case "portability":
      return { applies: bases.some((basis) => PORTABLE.has(basis)), article };
    case "objection":
      if (bases.includes("research")) return { applies: true, article: "GDPR 21(6)" };
      return { applies: bases.some((basis) => OBJECTIONABLE.has(basis)), article };
    case "consent_revocation":
      return { applies: bases.includes("consent"), article };
    default:
      return { applies: true, article };
  }
}

function lgpd(right: RequestRight, bases: readonly BasisKind[]): Ruling {
  const article = LGPD[right];
  switch (right) {
    case "objection":
      // Art. 18 §2 is for processing that did without consent; where there is one, it is revoked.
      return { applies: bases.some((basis) => basis !== "consent"), article };
    case "consent_revocation":
      return { applies: bases.includes("consent"), article };
    case "erasure":
      return { applies: true, article: bases.includes("consent") ? "LGPD 18 VI" : article };
    default:
      return { applies: true, article };
  }
}

/**
 * The law table, as code.
 * @param bases the kinds of legal basis under the data that is asked about; empty where it is about none in particular
 */
export function rulingOf(regime: Regime, right: RequestRight, bases: readonly BasisKind[]): Ruling {
  switch (regime) {
    case "gdpr":
      return gdpr(right, bases);
    case "lgpd":
    case "lgpd_small_agent":
      return lgpd(right, bases);
    case "cadastro_positivo": {
      const article = CADASTRO_POSITIVO[right];
      return { applies: article !== undefined, article: article ?? "Lei 12.414 art. 5" };
    }
  }
}

/** Where a person who was refused can turn: GDPR 12(4) has a refusal say so. */
export const REMEDIES: Record<Regime, string> = {
  gdpr: "GDPR 77 and 79",
  lgpd: "LGPD 18 §1 and §8",
  lgpd_small_agent: "LGPD 18 §1 and §8",
  cadastro_positivo: "Lei 12.414 art. 17",
};
