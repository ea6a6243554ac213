import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Problem } from "../errors.ts";
import type { Env } from "../http/api.ts";
import { asProblem } from "../http/problem.ts";
import type { Session } from "../http/sessions.ts";
import type { Actor } from "../http/tokens.ts";
import { PAGE_ROUTES, type PagePath, type PageRoute } from "./access.ts";
import type { PagesFrame } from "./deps.ts";
import { problemPage } from "./problem.ts";
import { type Html, type Scene, sceneOf } from "./scene.ts";

/** No form without files is larger: a token and a few fields. */
const FORM_BYTES = 32 * 1024;

const NOBODY: Actor = { scopes: new Set(), subject: "", client: "", proof: 1 };

/** One request for a page, authorised. */
export interface Visit {
  c: Context<Env>;
  scene: Scene;
  session: Session | null;
  /** Nobody on public pages that no one is signed in to. */
  actor: Actor;
  show(html: Html, status?: ContentfulStatusCode): Response | Promise<Response>;
}

export type Mount = (
  method: PageRoute["method"],
  path: PagePath,
  handler: (visit: Visit) => Response | Promise<Response>,
) => void;

/** An application whose pages authorise as the table says and whose refusals are pages too. */
export function pagesApp(deps: PagesFrame): { app: Hono<Env>; mount: Mount } {
  const app = new Hono<Env>();
  app.onError((error, c) => showProblem(deps, c, asProblem(error)));
  const mount: Mount = (method, path, handler) => {
    const route: PageRoute | undefined = PAGE_ROUTES.find(
      (one) => one.method === method && one.path === path,
    );
    if (route === undefined) throw new Error(`${method} ${path} is not in the table of pages`);
    const maxSize = route.maxBytes ?? FORM_BYTES;
    const limit = bodyLimit({
      maxSize,
      onError: () => {
        throw new Problem("body_too_large", `A form may have ${maxSize} bytes`);
      },
    });
    app.on(method.toUpperCase(), path, limit, async (c) => {
      c.set("route", path);
      const session = await deps.sessions.read(c);
      if (route.access !== "public") {
        if (session === null) return toSignIn(c, method);
        if (!session.actor.scopes.has(route.access)) {
          throw new Problem("forbidden", `This page needs the scope "${route.access}"`);
        }
        if (route.proof !== undefined && session.actor.proof < route.proof) {
          const way = method === "get" ? deps.wayToProof?.(route.proof, pathOf(c)) : null;
          if (way) return c.redirect(way, 303);
          throw new Problem("proof_level_too_low");
        }
      }
      let actor: Actor;
      try {
        actor = await actorOf(deps, route, session);
      } catch (error) {
        if (!(error instanceof Problem && error.code === "unknown_mandate")) throw error;
        // Ended by either side, or over: nothing was done, and who signed in is themselves again.
        await deps.sessions.act(c, session!, null);
        return c.redirect("/me/mandates?done=over", 303);
      }
      refuseStrangeId(path, c.req.param("id"));
      const scene = sceneOf(c, deps, session);
      const show: Visit["show"] = (html, status = 200) => {
        c.header("cache-control", "no-store");
        return c.html(html, status);
      };
      return handler({ c, scene, session, actor, show });
    });
  };
  return { app, mount };
}

/**
 * Who a page is opened for: whoever signed in or, under the mandate that they have chosen, the person whom they act for.
 * @throws Problem unknown_mandate, mandate_out_of_scope, mandate_not_accepted
 */
async function actorOf(deps: PagesFrame, route: PageRoute, session: Session | null): Promise<Actor> {
  if (session === null) return NOBODY;
  const { actor, acting } = session;
  if (acting === undefined || route.access !== "subject" || route.own) return actor;
  if (route.mandate === undefined || !deps.actUnder) throw new Problem("mandate_not_accepted");
  const need = route.mandate === "any" ? null : route.mandate;
  return deps.actUnder(actor, acting.mandate, need, `${route.method.toUpperCase()} ${route.path}`);
}

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INDEX = /^[0-9]{1,15}$/;

/**
 * What is not an id may be a person's address, and a statement that it reached would fail and be written down with it in the
 * database's own log. Auditors find an erased decision by its index.
 */
function refuseStrangeId(path: string, id: string | undefined): void {
  if (id === undefined || UUID.test(id) || (path.startsWith("/audit/") && INDEX.test(id))) return;
  throw new Problem("not_found");
}

const isIdOrIndex = (segment: string) => UUID.test(segment) || INDEX.test(segment);

/**
 * Where a reader is, if a page is there; else the fallback. An address that nothing answers may be made of anything, a
 * person's name too, and is not repeated in links or headers.
 */
function knownAddress(path: string, fallback: string): string {
  const segments = path.split("?")[0]!.split("/");
  const isKnown = PAGE_ROUTES.some((route) => {
    const parts = route.path.split("/");
    return (
      parts.length === segments.length &&
      parts.every((part, i) => (part.startsWith(":") ? isIdOrIndex(segments[i]!) : part === segments[i]))
    );
  });
  return isKnown ? path : fallback;
}

/** Only a read page is worth coming back to: a form would be sent again without its fields. */
function toSignIn(c: Context, method: PageRoute["method"]): Response {
  const home = `/${new URL(c.req.url).pathname.split("/")[1]}`;
  const next = method === "get" ? `?next=${encodeURIComponent(knownAddress(pathOf(c), home))}` : "";
  return c.redirect(`/sign-in${next}`, 303);
}

/** A refusal as a page. The application shows the same one for addresses that nothing answers. */
export async function showProblem(deps: PagesFrame, c: Context<Env>, problem: Problem): Promise<Response> {
  const told = sceneOf(c, deps, await deps.sessions.read(c));
  const scene = { ...told, here: knownAddress(told.here, "/").split("?")[0]! };
  c.header("cache-control", "no-store");
  if (problem.retryAfterSeconds !== undefined) c.header("retry-after", String(problem.retryAfterSeconds));
  return c.html(
    problemPage(scene, problem, c.get("requestId") ?? "none"),
    problem.status as ContentfulStatusCode,
  );
}
