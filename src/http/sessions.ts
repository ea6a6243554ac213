import { createHmac, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { EncryptJWT, jwtDecrypt } from "jose";
import { z } from "zod";
import { Problem } from "../errors.ts";
import { REQUEST_RIGHTS, type RequestRight } from "../subjects/requests/rights.ts";
import type { Actor, ProofLevel, Scope } from "./tokens.ts";
import { SCOPES } from "./tokens.ts";

/** A mandate under which whoever is signed in acts for somebody. It names, and gives no authority: each call asks for that anew. */
export interface SessionMandate {
  mandate: string;
  /** What the person is called; null where the mandate has no names. */
  name: string | null;
  /** RFC 3339, when it was recorded. */
  recordedAt: string;
  /** YYYY-MM-DD, its last day. */
  until: string;
  rights: RequestRight[];
}

/** What a session may have beside who is signed in. */
export interface SessionMore {
  /** Signed in by the issuer's own page, which then has a session of its own. */
  byIssuer?: boolean;
  /** A proof of identity that was given since, and until when it counts (seconds since 1970). */
  raised?: { to: ProofLevel; until: number };
  acting?: SessionMandate;
}

/** A person signed in to the pages. */
export interface Session extends SessionMore {
  id: string;
  /** With the proof level that holds now. */
  actor: Actor;
}

export interface Sessions {
  start(c: Context, actor: Actor, more?: SessionMore): Promise<void>;
  /** The same session with a proof of identity that counts for so many minutes; its end stays where it was. */
  raise(c: Context, session: Session, to: ProofLevel, minutes: number): Promise<void>;
  /** The same session, acting for somebody from the next request on, or for nobody but whose it is. */
  act(c: Context, session: Session, acting: SessionMandate | null): Promise<void>;
  /** @returns null when there is none, or it ended, or it was not ours. */
  read(c: Context): Promise<Session | null>;
  end(c: Context): void;
  /** The hidden field of every form of this session. One that was read for oneself is no good for somebody else. */
  csrfToken(session: Session): string;
  /** @throws Problem invalid_csrf */
  checkCsrf(session: Session, token: unknown): void;
}

const COOKIE = "motivo_session";
const HOURS = 8;

const level = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const claims = z.object({
  sid: z.string(),
  exp: z.number(),
  scopes: z.array(z.enum(SCOPES)),
  subject: z.string(),
  client: z.string(),
  proof: level,
  byIssuer: z.boolean().default(false),
  raised: z.object({ to: level, until: z.number() }).optional(),
  acting: z
    .object({
      mandate: z.string(),
      name: z.string().nullable(),
      recordedAt: z.string(),
      until: z.string(),
      rights: z.array(z.enum(REQUEST_RIGHTS)),
    })
    .optional(),
});
type Claims = z.infer<typeof claims>;

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
    createHmac("sha256", csrfKey)
      .update(session.acting ? `${session.id} ${session.acting.mandate}` : session.id)
      .digest("base64url");
  const attributes = { httpOnly: true, sameSite: "Lax", secure: options.secure, path: "/" } as const;
  const seconds = () => Math.floor(Date.now() / 1000);

  async function write(c: Context, { exp, ...told }: Claims): Promise<void> {
    const value = await new EncryptJWT(told)
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setIssuedAt()
      .setExpirationTime(exp)
      .encrypt(key);
    setCookie(c, COOKIE, value, { ...attributes, maxAge: Math.max(0, exp - seconds()) });
  }

  async function stored(c: Context): Promise<Claims | null> {
    const value = getCookie(c, COOKIE);
    if (!value) return null;
    try {
      const { payload } = await jwtDecrypt(value, key, {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      });
      return claims.parse(payload);
    } catch {
      // Expired, from before the session key changed, or made up: signed out, whichever it was.
      return null;
    }
  }

  return {
    csrfToken,
    start: (c, { scopes, ...who }, more = {}) =>
      write(c, {
        ...who,
        byIssuer: false,
        ...more,
        scopes: [...scopes],
        sid: options.randomId(),
        exp: seconds() + HOURS * 3600,
      }),
    async raise(c, session, to, minutes) {
      const now = await stored(c);
      if (now === null || now.sid !== session.id) return;
      await write(c, { ...now, raised: { to, until: seconds() + minutes * 60 } });
    },
    async act(c, session, acting) {
      const now = await stored(c);
      if (now === null || now.sid !== session.id) return;
      const { acting: _, ...others } = now;
      await write(c, acting === null ? others : { ...others, acting });
    },
    async read(c) {
      const now = await stored(c);
      if (now === null) return null;
      const { sid, scopes, byIssuer, raised, acting, exp: _, proof, ...who } = now;
      const holds = raised !== undefined && raised.until > seconds() && raised.to > proof;
      return {
        id: sid,
        byIssuer,
        ...(raised === undefined ? {} : { raised }),
        ...(acting === undefined ? {} : { acting }),
        actor: { ...who, proof: holds ? raised.to : proof, scopes: new Set<Scope>(scopes) },
      };
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
