import type { Hono } from "hono";
import { Problem } from "../errors.ts";
import type { Env } from "../http/api.ts";
import type { PagesDeps, PagesFrame } from "./deps.ts";
import { startPage } from "./start.ts";
import { type Mount, pagesApp } from "./visit.ts";

type PublicDeps = Pick<PagesDeps, "assets" | "logState">;

/** What anybody may look at and what leaves no trace. */
export function mountPublic(mount: Mount, deps: PublicDeps): void {
  mount("get", "/", async ({ scene, show }) => show(startPage(scene, await deps.logState())));
  mount("get", "/assets/:file", ({ c }) => {
    const asset = deps.assets.find(c.req.param("file") ?? "");
    if (asset === undefined) throw new Problem("not_found");
    return c.body(asset.bytes, 200, {
      "content-type": asset.type,
      "cache-control": "public, max-age=31536000, immutable",
    });
  });
}

/** These pages alone, for a runtime that opens nothing else. */
export function publicPages(deps: PagesFrame & PublicDeps): Hono<Env> {
  const { app, mount } = pagesApp(deps);
  mountPublic(mount, deps);
  return app;
}
