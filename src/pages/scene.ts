import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Language } from "../decisions/decision.ts";
import type { Session, SessionMandate } from "../http/sessions.ts";
import type { RequestRight } from "../subjects/requests/rights.ts";
import type { Assets } from "./assets.ts";
import type { PagesFrame } from "./deps.ts";
import { type Numbers, numbersFor } from "./numbers.ts";
import { WORDS, type Words } from "./words.ts";

/** What a template gives back. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export type Theme = "light" | "dark";
export const LANGUAGE_COOKIE = "motivo_language";
export const THEME_COOKIE = "motivo_theme";

/** Everything around a view's own content: who reads, in which language, under which address. */
export interface Scene {
  language: Language;
  words: Words;
  numbers: Numbers;
  /** null: as the system says */
  theme: Theme | null;
  /** Local path (and query) that the language and theme links come back to. */
  here: string;
  controller: string;
  dataProtectionOfficer: string;
  assets: Assets;
  audience: "public" | "subject" | "auditor" | "product" | "operator" | "reviewer";
  /** What the token of an auditor, a product or staff calls itself; never set for a data subject. */
  name: string | null;
  /** For whom whoever is signed in acts; null: for themselves. */
  acting: SessionMandate | null;
  /** null when nobody is signed in */
  csrf: string | null;
}

export const asLanguage = (value: string | undefined): Language | undefined =>
  value === "pt-BR" || value === "en" ? value : undefined;

export const asTheme = (value: string | undefined): Theme | undefined =>
  value === "light" || value === "dark" ? value : undefined;

/** The first range of Accept-Language, by weight, that is one of ours (RFC 9110 §12.5.4). Portuguese otherwise. */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const ranges = (acceptLanguage ?? "")
    .slice(0, 500)
    .split(",")
    .map((range) => {
      const [tag = "", ...parameters] = range.trim().toLowerCase().split(";");
      const weight = parameters.map((p) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(p)?.[1]).find(Boolean);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { tag } of ranges) {
    if (tag === "en" || tag.startsWith("en-")) return "en";
    if (tag === "pt" || tag.startsWith("pt-")) return "pt-BR";
  }
  return "pt-BR";
}

/** A path on this site, or the fallback: what comes back from a link may be made up to lead elsewhere. */
export function localPath(value: string | undefined, fallback = "/"): string {
  if (value === undefined || value.length > 1000 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value))
    return fallback;
  return value;
}

function nameOf(audience: Scene["audience"], session: Session | null, words: Words): string | null {
  if (session === null) return null;
  if (audience === "auditor" || audience === "operator" || audience === "reviewer")
    return session.actor.subject;
  return audience === "product" ? words.product.client(session.actor.client) : null;
}

/** Whether a right may be asked for here: one's own always, somebody else's as far as the mandate goes. */
export const mayAsk = ({ acting }: Pick<Scene, "acting">, right: RequestRight): boolean =>
  acting === null || acting.rights.includes(right);

/** Whether decisions may be read here: complete access gives that, and the explanation of one. */
export const mayRead = (scene: Pick<Scene, "acting">): boolean =>
  mayAsk(scene, "access_complete") || mayAsk(scene, "explanation");

/** Whoever has several roles is greeted by the first. */
const AUDIENCES = ["auditor", "subject", "product", "operator", "reviewer"] as const;

export function sceneOf(c: Context, deps: PagesFrame, session: Session | null): Scene {
  const language =
    asLanguage(getCookie(c, LANGUAGE_COOKIE)) ?? preferredLanguage(c.req.header("accept-language"));
  const url = new URL(c.req.url);
  const audience = AUDIENCES.find((scope) => session?.actor.scopes.has(scope)) ?? "public";
  return {
    language,
    words: WORDS[language],
    numbers: numbersFor(language),
    theme: asTheme(getCookie(c, THEME_COOKIE)) ?? null,
    // The query of the entering link holds a token; only the audit's filters are worth coming back to.
    here: url.pathname === "/audit/decisions" ? url.pathname + url.search : url.pathname,
    controller: deps.controller,
    dataProtectionOfficer: deps.dataProtectionOfficer,
    assets: deps.assets,
    audience,
    name: nameOf(audience, session, WORDS[language]),
    acting: session?.acting ?? null,
    csrf: session === null ? null : deps.sessions.csrfToken(session),
  };
}
