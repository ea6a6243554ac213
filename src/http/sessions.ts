import { createHmac, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { EncryptJWT, jwtDecrypt } from "jose";
import { z } from "zod";
import { Problem } from "../errors.ts";
import type { Actor, Scope } from "./tokens.ts";
import { SCOPES } from "./tokens.ts";

/** A person signed in to the pages. */
export interface Session {
  id: string;
  actor: Actor;
}

export interface Sessions {
  start(c: Context, actor: Actor): Promise<void>;
  /** @returns null when there is none, or it ended, or it was not ours. */
  read(c: Context): Promise<Session | null>;
  end(c: Context): void;
  /** The hidden field of every form of this session. */
  csrfToken(session: Session): string;
  /** @throws Problem invalid_csrf */
  checkCsrf(session: Session, token: unknown): void;
}

const COOKIE = "motivo_session";
const HOURS = 8;

const claims = z.object({
  sid: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  subject: z.string(),
  client: z.string(),
  proof: z.union([z.literal(1), z.literal(2), z.literal(3)]),
});

/**
 * Sessions without a table: the cookie itself holds who is signed in, encrypted (JWE, dir, A256GCM) under a key of
 * the key folder, so that any replica reads it and nothing about people is stored for it.
 * @param secure whether the service is reached over https; on plain loopback a Secure cookie would not come back.
 */
export function openSessions(
  key: Uint8Array,
  options: { secure: boolean; randomId: () => string },
): Sessions {
  const csrfKey = createHmac("sha256", key).update("motivo/csrf/v1").digest();
  const csrfToken = (session: Session) =>
    createHmac("sha256", csrfKey).update(session.id).digest("base64url");
  const attributes = { httpOnly: true, sameSite: "Lax", secure: options.secure, path: "/" } as const;
  return {
    csrfToken,
    async start(c, actor) {
      const { scopes, ...who } = actor;
      const value = await new EncryptJWT({ ...who, scopes: [...scopes], sid: options.randomId() })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setIssuedAt()
        .setExpirationTime(`${HOURS}h`)
        .encrypt(key);
      setCookie(c, COOKIE, value, { ...attributes, maxAge: HOURS * 3600 });
    },
    async read(c) {
      const value = getCookie(c, COOKIE);
      if (!value) return null;
      try {
        const { payload } = await jwtDecrypt(value, key, {
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        const { sid, scopes, ...who } = claims.parse(payload);
        return { id: sid, actor: { ...who, scopes: new Set<Scope>(scopes) } };
      } catch {
        // Expired, from before the session key changed, or made up: signed out, whichever it was.
        return null;
      }
    },
    end: (c) => {
      deleteCookie(c, COOKIE, attributes);
    },
    checkCsrf(session, token) {
      const expected = Buffer.from(csrfToken(session));
      const given = Buffer.from(typeof token === "string" ? token : "");
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new Problem("invalid_csrf");
    },
  };
}
