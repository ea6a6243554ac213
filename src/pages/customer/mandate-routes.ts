import { z } from "zod";
import { Problem } from "../../errors.ts";
import type { PagesDeps } from "../deps.ts";
import type { Mount, Visit } from "../visit.ts";
import { actingPage } from "./acting.ts";
import { mandatesPage } from "./mandates.ts";

type Deps = Pick<PagesDeps, "mandates" | "sessions" | "wayToProof">;

const NOTES = ["ended", "over", "stopped"] as const;
/** Ending one is no small thing; as the table of pages has it. */
const ENDING_PROOF = 2;

/** Representatives: whom one may act for, beginning and ending to, and whom one has let act for oneself. */
export function mountMandates(mount: Mount, deps: Deps): void {
  const { mandates, sessions } = deps;
  const idOf = ({ c }: Visit): string => {
    const id = z.uuid().safeParse(c.req.param("id"));
    if (!id.success) throw new Problem("unknown_mandate");
    return id.data;
  };

  mount("get", "/me/mandates", async ({ c, scene, actor, show }) => {
    const prove =
      actor.proof >= ENDING_PROOF ? null : (deps.wayToProof?.(ENDING_PROOF, "/me/mandates") ?? null);
    const done = NOTES.find((note) => note === c.req.query("done")) ?? null;
    const mayEnd = actor.proof >= ENDING_PROOF;
    return show(mandatesPage(scene, { ...(await mandates.mine(actor)), done, mayEnd, prove }));
  });

  mount("post", "/me/mandates/:id/act", async (visit) => {
    const { c, session, actor } = visit;
    sessions.checkCsrf(session!, (await c.req.parseBody()).csrf);
    await sessions.act(c, session!, await mandates.choose(actor, idOf(visit)));
    return c.redirect("/me/acting", 303);
  });

  mount("post", "/me/mandates/:id/end", async (visit) => {
    const { c, session, actor } = visit;
    sessions.checkCsrf(session!, (await c.req.parseBody()).csrf);
    const id = idOf(visit);
    await mandates.end(actor, id);
    if (session!.acting?.mandate === id) await sessions.act(c, session!, null);
    return c.redirect("/me/mandates?done=ended", 303);
  });

  mount("get", "/me/acting", async ({ c, scene, session, actor, show }) => {
    const { acting } = session!;
    if (acting === undefined) return c.redirect("/me/mandates", 303);
    try {
      await mandates.choose(actor, acting.mandate);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "unknown_mandate")) throw error;
      await sessions.act(c, session!, null);
      return c.redirect("/me/mandates?done=over", 303);
    }
    const decision = z.uuid().safeParse(c.req.query("decision"));
    if (decision.success) return c.redirect(`/me/decisions/${decision.data}`, 303);
    return show(actingPage(scene, acting));
  });

  mount("post", "/me/acting/end", async ({ c, session }) => {
    sessions.checkCsrf(session!, (await c.req.parseBody()).csrf);
    await sessions.act(c, session!, null);
    return c.redirect("/me/mandates?done=stopped", 303);
  });
}
