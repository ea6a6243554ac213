import { stream } from "hono/streaming";
import { Problem } from "../../errors.ts";
import { handedHeaders } from "../../http/copies.ts";
import type { PagesDeps } from "../deps.ts";
import type { Mount } from "../visit.ts";
import { copiesPage } from "./copies.ts";

/** How often the page looks again while a copy is being made. */
const RELOAD_SECONDS = "4";

/** The page on which people get their data. */
export function mountCopies(mount: Mount, { copies, sessions }: PagesDeps): void {
  mount("get", "/me/copy", async ({ c, scene, actor, show }) => {
    const mine = await copies.mine(actor);
    if (mine.some(({ state }) => state === "making")) c.header("refresh", RELOAD_SECONDS);
    return show(copiesPage(scene, mine));
  });

  mount("post", "/me/copy", async ({ c, scene, session, actor }) => {
    const form = await c.req.parseBody();
    sessions.checkCsrf(session!, form.csrf);
    if (form.kind !== "access" && form.kind !== "portability") throw new Problem("invalid_request");
    await copies.ask(actor, form.kind, scene.language);
    return c.redirect("/me/copy", 303);
  });

  mount("get", "/me/copy/:id/:name", async ({ c, actor }) => {
    const file = await copies.handOver(actor, c.req.param("id") ?? "", c.req.param("name") ?? "");
    for (const [name, value] of Object.entries(handedHeaders(file))) c.header(name, value);
    return stream(c, async (out) => {
      for await (const part of file.parts()) await out.write(part);
    });
  });

  mount("post", "/me/copy/:id/delete", async ({ c, session, actor }) => {
    sessions.checkCsrf(session!, (await c.req.parseBody()).csrf);
    await copies.remove(actor, c.req.param("id") ?? "");
    return c.redirect("/me/copy", 303);
  });
}
