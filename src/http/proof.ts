import type { JWTPayload } from "jose";
import type { Config } from "../config.ts";

/** How sure the issuer is of who a subject is: 1 claimed, 2 known, 3 proven. */
export type ProofLevel = 1 | 2 | 3;
export const HIGHEST_PROOF = 3;

/** What a controller has settled about the proof of identity that its issuer's tokens carry. */
export interface ProofRules {
  /** The highest level that any claim of a token amounts to; 1 where none says anything. */
  levelOf(claims: JWTPayload): ProofLevel;
  /** Authentication contexts (`acr`) that amount to a level or more, the weakest first: what a step-up asks for. */
  contextsFor(level: ProofLevel): string[];
}

const asLevel = (value: unknown): ProofLevel => {
  const level = Number(value ?? 1);
  return level === 3 ? 3 : level === 2 ? 2 : 1;
};

/**
 * Reads `MOTIVO_PROOF_MAP`: `acr:urn:example:high=3,amr:otp=2`. The claim named by `MOTIVO_PROOF_CLAIM` counts beside it.
 * Claims are OpenID Connect's: `acr` one name (Core §2), `amr` a list of methods (RFC 8176).
 */
export function proofRules(config: Pick<Config, "MOTIVO_PROOF_CLAIM" | "MOTIVO_PROOF_MAP">): ProofRules {
  const rules = (config.MOTIVO_PROOF_MAP ?? "").split(",").flatMap((rule) => {
    const [, claim, name, level] = /^(acr|amr):(.+)=([123])$/.exec(rule) ?? [];
    return claim === undefined ? [] : [{ claim, name: name!, level: asLevel(level) }];
  });
  const fits = (claims: JWTPayload, { claim, name }: (typeof rules)[number]) =>
    claim === "acr" ? claims.acr === name : Array.isArray(claims.amr) && claims.amr.includes(name);
  return {
    levelOf: (claims) =>
      asLevel(
        Math.max(
          asLevel(claims[config.MOTIVO_PROOF_CLAIM]),
          ...rules.flatMap((rule) => (fits(claims, rule) ? [rule.level] : [])),
        ),
      ),
    contextsFor: (least) =>
      rules
        .filter(({ claim, level }) => claim === "acr" && level >= least)
        .toSorted((a, b) => a.level - b.level)
        .map(({ name }) => name),
  };
}
