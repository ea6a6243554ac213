import { Problem } from "../errors.ts";
import type { ProofLevel } from "../http/tokens.ts";
import { codeAskPage, codeGivePage } from "./customer/code.ts";
import type { PagesDeps } from "./deps.ts";
import { nextOf } from "./session-routes.ts";
import type { Mount } from "./visit.ts";

/** For how long the proof that a code gives counts: long enough for what it was asked for. */
const PROVEN_MINUTES = 30;

/** A one-time code to the address on file raises the session's proof of identity. */
export function mountCodes(mount: Mount, deps: PagesDeps): void {
  const { sessions } = deps;
  const codes = () => {
    if (!deps.codes) throw new Problem("not_found");
    return deps.codes;
  };

  mount("get", "/me/code", ({ c, scene, show }) => {
    codes();
    return show(codeAskPage(scene, nextOf(c.req.query("next"))));
  });

  mount("post", "/me/code", async ({ c, scene, session, actor, show }) => {
    const form = await c.req.parseBody();
    sessions.checkCsrf(session!, form.csrf);
    const holder = { subject: actor.subject, session: session!.id };
    const id = await codes().send(holder, scene.language);
    return show(codeGivePage(scene, { id, next: nextOf(form.next) }));
  });

  mount("post", "/me/code/use", async ({ c, scene, session, actor, show }) => {
    const form = await c.req.parseBody();
    sessions.checkCsrf(session!, form.csrf);
    const id = typeof form.id === "string" ? form.id : "";
    const code = typeof form.code === "string" ? form.code.replaceAll(/\s/g, "") : "";
    const next = nextOf(form.next);
    try {
      await codes().use({ subject: actor.subject, session: session!.id }, id, code);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "wrong_code")) throw error;
      return show(codeGivePage(scene, { id, next, wrong: true }), 403);
    }
    await sessions.raise(c, session!, codes().proof as ProofLevel, PROVEN_MINUTES);
    return c.redirect(next ?? "/me", 303);
  });
}
