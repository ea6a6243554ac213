import { hash } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { Config } from "../config.ts";
import { Problem } from "../errors.ts";
import type { Representation } from "../subjects/mandates/act-under.ts";
import { type ProofLevel, type ProofRules, proofRules } from "./proof.ts";

export const SCOPES = ["product", "subject", "auditor", "operator", "reviewer"] as const;
export type Scope = (typeof SCOPES)[number];

export { HIGHEST_PROOF, type ProofLevel } from "./proof.ts";

/** Who is asking, as the token says. */
export interface Actor {
  scopes: ReadonlySet<Scope>;
  /** The claim that names a data subject; only with the scope `subject` does it open anything. */
  subject: string;
  /** The client of a product token; the token's own subject where it names no client. */
  client: string;
  proof: ProofLevel;
  /** Set where `subject` is somebody for whom the holder of the token acts under a mandate; the proof is the holder's. */
  representation?: Representation;
}

/**
 * A token whose signature held is believed for a minute, never past its end: clients send the same one with each request, and
 * a signature takes longer to check than most of a decision. Less than an issuer's keys are believed once fetched.
 */
const BELIEVED_MS = 60_000;
const BELIEVED = 1_000;

/** Signing algorithms that an issuer may use. No symmetric ones: a leaked verification key must not sign. */
const ALGORITHMS = ["EdDSA", "ES256", "ES384", "PS256", "RS256"];

export type TokenVerifier = (token: string) => Promise<Actor>;

const id = z.string().min(1).max(200);

function claimed(payload: JWTPayload, name: string): string | undefined {
  const parsed = id.safeParse(payload[name]);
  return parsed.success ? parsed.data : undefined;
}

/** Roles in a claim: a list, or words separated by spaces. */
export function scopesIn(claim: unknown): ReadonlySet<Scope> {
  const words = Array.isArray(claim) ? claim : String(claim ?? "").split(" ");
  return new Set(SCOPES.filter((scope) => words.includes(scope)));
}

/** @throws Problem invalid_token when the claims that the configuration names are not there */
export function actorOf(
  payload: JWTPayload,
  config: Pick<Config, "MOTIVO_SUBJECT_CLAIM" | "MOTIVO_SCOPE_CLAIM" | "MOTIVO_CLIENT_CLAIM">,
  rules: ProofRules,
): Actor {
  const subject = claimed(payload, config.MOTIVO_SUBJECT_CLAIM);
  if (subject === undefined) throw new Problem("invalid_token", "The token names no subject");
  return {
    scopes: scopesIn(payload[config.MOTIVO_SCOPE_CLAIM]),
    subject,
    client: claimed(payload, config.MOTIVO_CLIENT_CLAIM) ?? subject,
    proof: rules.levelOf(payload),
  };
}

/**
 * @param key where the keys come from: the issuer's JWKS, or the development issuer's own public key.
 * @returns a function that throws Problem invalid_token or expired_token and says nothing of the token's content.
 */
export function tokenVerifier(config: Config, issuer: string, key: JWTVerifyGetKey): TokenVerifier {
  const rules = proofRules(config);
  const believed = new Map<string, { actor: Actor; until: number }>();
  return async (token) => {
    const digest = hash("sha256", token, "base64");
    const known = believed.get(digest);
    if (known && Date.now() < known.until) return { ...known.actor };
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience: config.MOTIVO_AUDIENCE,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp", "sub"],
      });
      const actor = actorOf(payload, config, rules);
      if (believed.size >= BELIEVED) believed.clear();
      believed.set(digest, { actor, until: Math.min(payload.exp! * 1_000, Date.now() + BELIEVED_MS) });
      return { ...actor };
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof errors.JWTExpired) throw new Problem("expired_token");
      throw new Problem("invalid_token", undefined, { cause: error });
    }
  };
}

/** Tokens of the configured issuer, checked against the keys that it publishes. */
export function issuerVerifier(
  config: Config & { MOTIVO_ISSUER: string; MOTIVO_JWKS_URL: string },
): TokenVerifier {
  return tokenVerifier(config, config.MOTIVO_ISSUER, createRemoteJWKSet(new URL(config.MOTIVO_JWKS_URL)));
}
