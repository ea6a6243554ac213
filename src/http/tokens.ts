import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { Config } from "../config.ts";
import { Problem } from "../errors.ts";

export const SCOPES = ["product", "subject", "auditor", "operator", "reviewer"] as const;
export type Scope = (typeof SCOPES)[number];

/** How sure the issuer is of who a subject is: 1 claimed, 2 known, 3 proven. */
export type ProofLevel = 1 | 2 | 3;
export const HIGHEST_PROOF = 3;

/** Who is asking, as the token says. */
export interface Actor {
  scopes: ReadonlySet<Scope>;
  /** The claim that names a data subject; only with the scope `subject` does it open anything. */
  subject: string;
  /** The client of a product token; the token's own subject where it names no client. */
  client: string;
  proof: ProofLevel;
}

/** Signing algorithms that an issuer may use. No symmetric ones: a leaked verification key must not sign. */
const ALGORITHMS = ["EdDSA", "ES256", "ES384", "PS256", "RS256"];

export type TokenVerifier = (token: string) => Promise<Actor>;

const id = z.string().min(1).max(200);

function claimed(payload: JWTPayload, name: string): string | undefined {
  const parsed = id.safeParse(payload[name]);
  return parsed.success ? parsed.data : undefined;
}

/** @throws Problem invalid_token when the claims that the configuration names are not there */
function actorOf(payload: JWTPayload, config: Config): Actor {
  const subject = claimed(payload, config.MOTIVO_SUBJECT_CLAIM);
  if (subject === undefined) throw new Problem("invalid_token", "The token names no subject");
  const scopeClaim = payload[config.MOTIVO_SCOPE_CLAIM];
  const words = Array.isArray(scopeClaim) ? scopeClaim : String(scopeClaim ?? "").split(" ");
  const proof = Number(payload[config.MOTIVO_PROOF_CLAIM] ?? 1);
  return {
    scopes: new Set(SCOPES.filter((scope) => words.includes(scope))),
    subject,
    client: claimed(payload, config.MOTIVO_CLIENT_CLAIM) ?? subject,
    proof: proof === 3 ? 3 : proof === 2 ? 2 : 1,
  };
}

/**
 * @param key where the keys come from: the issuer's JWKS, or the development issuer's own public key.
 * @returns a function that throws Problem invalid_token or expired_token and says nothing of the token's content.
 */
export function tokenVerifier(config: Config, issuer: string, key: JWTVerifyGetKey): TokenVerifier {
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience: config.MOTIVO_AUDIENCE,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp", "sub"],
      });
      return actorOf(payload, config);
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
