import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { Problem } from "../errors.ts";
import type { Actor } from "../http/tokens.ts";
import type { PagesDeps } from "./deps.ts";
import { asLanguage, asTheme, LANGUAGE_COOKIE, localPath, THEME_COOKIE } from "./scene.ts";
import { type SignInRefusal, signedOutPage, signInPage } from "./sign-in.ts";
import type { Mount } from "./visit.ts";

const YEAR_SECONDS = 365 * 24 * 3600;

/** Signing in and out, and what a reader prefers. */
export function mountSession(mount: Mount, deps: PagesDeps): void {
  const { development, sessions, verify } = deps;
  const byIssuer = Boolean(deps.issuer);

  mount("get", "/preferences", ({ c }) => {
    const attributes = { path: "/", sameSite: "Lax", httpOnly: true, maxAge: YEAR_SECONDS } as const;
    const language = asLanguage(c.req.query("language"));
    const theme = asTheme(c.req.query("theme"));
    if (language !== undefined) setCookie(c, LANGUAGE_COOKIE, language, attributes);
    if (theme !== undefined) setCookie(c, THEME_COOKIE, theme, attributes);
    c.header("cache-control", "no-store");
    return c.redirect(localPath(c.req.query("back")), 303);
  });

  mount("get", "/sign-in", ({ c, scene, show }) =>
    show(signInPage(scene, { next: nextOf(c.req.query("next")), development, byIssuer })),
  );

  mount("post", "/session", async ({ c, scene, show }) => {
    refuseForeignForm(c);
    const form = await c.req.parseBody();
    const token = typeof form.token === "string" ? form.token.trim() : "";
    const next = nextOf(form.next);
    const signedIn = await trySignIn(token);
    if (typeof signedIn === "string") {
      return show(
        signInPage(scene, { next, development, byIssuer, refusal: signedIn }),
        signedIn === "missing" ? 422 : 401,
      );
    }
    await sessions.start(c, signedIn);
    return c.redirect(opens(signedIn, next) ? next : homeOf(signedIn), 303);
  });

  mount("post", "/session/end", async ({ c, scene, session, show }) => {
    if (session !== null) {
      sessions.checkCsrf(session, (await c.req.parseBody()).csrf);
      sessions.end(c);
      // The issuer's session is the issuer's to end: a link, since our policy lets no form lead to another site.
      const further = session.byIssuer ? await deps.issuer?.endAt() : null;
      if (further) return show(signedOutPage({ ...scene, csrf: null, audience: "public" }, further.href));
    }
    return c.redirect("/", 303);
  });

  // A link that holds a token would stay in histories and logs: only on a machine of one's own.
  mount("get", "/enter", async ({ c }) => {
    if (!development) throw new Problem("not_found");
    const actor = await verify(c.req.query("token") ?? "");
    if (homeOf(actor) === "/") throw new Problem("forbidden", "This token's role has no pages");
    await sessions.start(c, actor);
    c.header("cache-control", "no-store");
    return c.redirect(homeOf(actor), 303);
  });

  async function trySignIn(token: string): Promise<Actor | SignInRefusal> {
    if (token === "") return "missing";
    try {
      const actor = await verify(token);
      return homeOf(actor) === "/" ? "no_pages" : actor;
    } catch (error) {
      if (error instanceof Problem && (error.code === "invalid_token" || error.code === "expired_token"))
        return error.code;
      throw error;
    }
  }
}

/** Each audience's first screen, and the part of the site that is theirs. */
const HOMES = [
  { scope: "subject", home: "/me", part: /^\/me([/?]|$)/ },
  { scope: "auditor", home: "/audit/decisions", part: /^\/audit([/?]|$)/ },
  { scope: "product", home: "/product", part: /^\/product([/?]|$)/ },
  { scope: "operator", home: "/operator", part: /^\/operator([/?]|$)/ },
  { scope: "reviewer", home: "/reviews", part: /^\/reviews([/?]|$)/ },
] as const;

export const homeOf = ({ scopes }: Actor): string =>
  HOMES.find(({ scope }) => scopes.has(scope))?.home ?? "/";

/** Where a sign-in leads on to: a page of an audience and nothing else. */
export function nextOf(value: unknown): string | null {
  const path = localPath(typeof value === "string" ? value : undefined, "");
  return HOMES.some(({ part }) => part.test(path)) ? path : null;
}

export function opens({ scopes }: Actor, next: string | null): next is string {
  return next !== null && HOMES.some(({ scope, part }) => part.test(next) && scopes.has(scope));
}

/**
 * No session exists yet that a form's token could belong to, so the browser's own word decides whether another site
 * sent it: signing somebody in as somebody else is an attack too. Browsers that say nothing are let through only
 * without a foreign Origin; ours is "null" under the no-referrer policy.
 * @throws Problem invalid_csrf
 */
function refuseForeignForm(c: Context): void {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) {
    if (site !== "same-origin" && site !== "none") throw new Problem("invalid_csrf");
    return;
  }
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== new URL(c.req.url).origin) throw new Problem("invalid_csrf");
}
