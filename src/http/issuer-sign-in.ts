import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { EncryptJWT, type JWTPayload, jwtDecrypt } from "jose";
import * as oidc from "openid-client";
import { z } from "zod";
import type { Config } from "../config.ts";
import { Problem } from "../errors.ts";
import { type ProofLevel, proofRules } from "./proof.ts";
import { type Actor, actorOf, scopesIn } from "./tokens.ts";

/** Where the issuer sends people back to; registered with it as the redirect URI. */
export const BACK_PATH = "/sign-in/back";
const COOKIE = "motivo_sign_in";
const MINUTES = 10;
const TIMEOUT_S = 10;
const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** What a sign-in is for. */
export interface SignInAsked {
  /** Local path to go to afterwards. */
  next: string | null;
  /** The proof of identity that is needed; the issuer is asked for a context that amounts to it. */
  proof: ProofLevel;
  language: string;
}

export interface SignedIn {
  actor: Actor;
  next: string | null;
  /** The level that was asked for; the actor's may be lower. */
  asked: ProofLevel;
}

/** Sign-in of people by the issuer's own page: OpenID Connect, authorization code with PKCE, state and nonce. */
export interface IssuerSignIn {
  /** @returns where the browser is to go. @throws Problem issuer_failed */
  begin(c: Context, asked: SignInAsked): Promise<URL>;
  /** @throws Problem sign_in_expired, sign_in_refused, issuer_failed, invalid_token */
  finish(c: Context): Promise<SignedIn>;
  /** Where a person ends their session with the issuer too; null where the issuer has no such page or is away. */
  endAt(): Promise<URL | null>;
  /** Whether the issuer knows a context that amounts to this level. */
  raisesTo(level: ProofLevel): boolean;
}

const begun = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string().nullable(),
  proof: z.union([z.literal(1), z.literal(2), z.literal(3)]),
});

type SignInConfig = Config & {
  MOTIVO_ISSUER: string;
  MOTIVO_PUBLIC_URL: string;
  MOTIVO_OIDC_CLIENT_ID: string;
};

/** The sign-in that the settings describe. @returns null where none is configured */
export function configuredSignIn(config: Config, sessionKey: Uint8Array): IssuerSignIn | null {
  const { MOTIVO_ISSUER, MOTIVO_PUBLIC_URL, MOTIVO_OIDC_CLIENT_ID } = config;
  if (!MOTIVO_ISSUER || !MOTIVO_PUBLIC_URL || !MOTIVO_OIDC_CLIENT_ID) return null;
  const complete = { ...config, MOTIVO_ISSUER, MOTIVO_PUBLIC_URL, MOTIVO_OIDC_CLIENT_ID };
  return openIssuerSignIn(complete, sessionKey);
}

/** Reads the issuer's description once it is needed; one that failed is asked for again the next time. */
function issuerReader(config: SignInConfig): () => Promise<oidc.Configuration> {
  let known: Promise<oidc.Configuration> | null = null;
  const read = async () => {
    const secretFile = config.MOTIVO_OIDC_CLIENT_SECRET_FILE;
    const secret = secretFile ? (await readFile(secretFile, "utf8")).trim() : undefined;
    const issuer = new URL(config.MOTIVO_ISSUER);
    // An issuer on this very machine may speak plain HTTP; any other must not.
    const isLocal = LOOPBACK.has(issuer.hostname);
    return oidc.discovery(
      issuer,
      config.MOTIVO_OIDC_CLIENT_ID,
      undefined,
      secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
      {
        timeout: TIMEOUT_S,
        // The ID token's signature is checked although it comes over the issuer's own connection.
        execute: [oidc.enableNonRepudiationChecks, ...(isLocal ? [oidc.allowInsecureRequests] : [])],
      },
    );
  };
  return () => {
    known ??= read().catch((cause: unknown) => {
      known = null;
      throw new Problem("issuer_failed", undefined, { cause });
    });
    return known;
  };
}

/** The claims of whoever signed in: the ID token's, and where it lacks one that is needed, those of the userinfo endpoint. */
async function claimsOf(
  issuer: oidc.Configuration,
  config: SignInConfig,
  tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>,
): Promise<JWTPayload> {
  const inToken: JWTPayload = { ...tokens.claims() };
  const wanted = [config.MOTIVO_SUBJECT_CLAIM, config.MOTIVO_OIDC_ROLE_CLAIM];
  const isWhole = wanted.every((name) => inToken[name] !== undefined);
  if (isWhole || !issuer.serverMetadata().userinfo_endpoint) return inToken;
  const told = await oidc.fetchUserInfo(issuer, tokens.access_token, String(inToken.sub));
  const missing = Object.fromEntries(wanted.flatMap((name) => (name in told ? [[name, told[name]]] : [])));
  return { ...missing, ...inToken };
}

function openIssuerSignIn(config: SignInConfig, sessionKey: Uint8Array): IssuerSignIn {
  const issuerOf = issuerReader(config);
  const rules = proofRules(config);
  const here = (path: string) => new URL(path, config.MOTIVO_PUBLIC_URL);
  const key = createHmac("sha256", sessionKey).update("motivo/sign-in/v1").digest();
  const attributes = {
    httpOnly: true,
    sameSite: "Lax",
    secure: here("/").protocol === "https:",
    path: "/sign-in",
  } as const;

  async function whatBegan(c: Context): Promise<z.infer<typeof begun>> {
    const value = getCookie(c, COOKIE);
    deleteCookie(c, COOKIE, attributes);
    try {
      const { payload } = await jwtDecrypt(value ?? "", key, {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      });
      const found = begun.parse(payload);
      if (found.state === c.req.query("state")) return found;
    } catch {
      // Too old, another browser's, or made up.
    }
    throw new Problem("sign_in_expired");
  }

  return {
    raisesTo: (level) => rules.contextsFor(level).length > 0,
    async begin(c, { next, proof, language }) {
      const issuer = await issuerOf();
      const [state, nonce, verifier] = [
        oidc.randomState(),
        oidc.randomNonce(),
        oidc.randomPKCECodeVerifier(),
      ];
      const kept = await new EncryptJWT({ state, nonce, verifier, next, proof })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setExpirationTime(`${MINUTES}m`)
        .encrypt(key);
      setCookie(c, COOKIE, kept, { ...attributes, maxAge: MINUTES * 60 });
      const contexts = proof === 1 ? [] : rules.contextsFor(proof);
      return oidc.buildAuthorizationUrl(issuer, {
        redirect_uri: here(BACK_PATH).href,
        scope: config.MOTIVO_OIDC_SCOPE,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ui_locales: language,
        // A stronger proof is one that is given now, not one that a session with the issuer remembers.
        ...(proof === 1 ? {} : { prompt: "login" }),
        ...(contexts.length > 0 ? { acr_values: contexts.join(" ") } : {}),
      });
    },
    async finish(c) {
      const { state, nonce, verifier, next, proof } = await whatBegan(c);
      const issuer = await issuerOf();
      const back = here(BACK_PATH);
      back.search = new URL(c.req.url).search;
      let claims: JWTPayload;
      try {
        const tokens = await oidc.authorizationCodeGrant(issuer, back, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        claims = await claimsOf(issuer, config, tokens);
      } catch (cause) {
        const refused = cause instanceof oidc.AuthorizationResponseError;
        throw new Problem(refused ? "sign_in_refused" : "issuer_failed", undefined, { cause });
      }
      const roles = scopesIn(claims[config.MOTIVO_OIDC_ROLE_CLAIM]);
      const actor = actorOf(claims, config, rules);
      return {
        actor: { ...actor, scopes: roles.size > 0 ? roles : new Set(["subject"]) },
        next,
        asked: proof,
      };
    },
    async endAt() {
      try {
        const issuer = await issuerOf();
        if (!issuer.serverMetadata().end_session_endpoint) return null;
        return oidc.buildEndSessionUrl(issuer, { post_logout_redirect_uri: here("/").href });
      } catch {
        // Signed out here in any case.
        return null;
      }
    },
  };
}
