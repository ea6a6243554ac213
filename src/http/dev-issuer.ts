import { createPublicKey } from "node:crypto";
import { SignJWT } from "jose";
import type { Config } from "../config.ts";
import { privateKeyOf } from "../privacy/ed25519.ts";
import type { KeyProvider } from "../privacy/key-folder.ts";
import { type Scope, type TokenVerifier, tokenVerifier } from "./tokens.ts";

/** Issuer of development tokens. A configuration with an issuer of its own never loads this key. */
const DEV_ISSUER = "urn:motivo:development";

export interface DevIssuer {
  verify: TokenVerifier;
  /** @param hours how long the token is good for */
  issue(
    scope: Scope,
    who: { subject: string; client?: string; proof?: 1 | 2 | 3 },
    hours?: number,
  ): Promise<string>;
}

/** An issuer of our own for a machine of one's own: no password, no user, only a key in the key folder. */
export async function openDevIssuer(
  config: Config,
  keys: KeyProvider,
  clock: () => Date,
): Promise<DevIssuer> {
  const seed = await keys.create("development-issuer");
  const privateKey = privateKeyOf(seed);
  const publicKey = createPublicKey(privateKey);
  return {
    verify: tokenVerifier(config, DEV_ISSUER, async () => publicKey),
    issue(scope, who, hours = 24 * 7) {
      const now = Math.floor(clock().getTime() / 1000);
      return new SignJWT({
        [config.MOTIVO_SCOPE_CLAIM]: scope,
        [config.MOTIVO_SUBJECT_CLAIM]: who.subject,
        ...(who.client ? { [config.MOTIVO_CLIENT_CLAIM]: who.client } : {}),
        ...(who.proof ? { [config.MOTIVO_PROOF_CLAIM]: who.proof } : {}),
      })
        .setProtectedHeader({ alg: "EdDSA", typ: "JWT" })
        .setIssuer(DEV_ISSUER)
        .setAudience(config.MOTIVO_AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(now + hours * 3600)
        .sign(privateKey);
    },
  };
}
