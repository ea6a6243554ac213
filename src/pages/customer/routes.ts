import { contractReader } from "../contract-reader.ts";
import type { PagesDeps } from "../deps.ts";
import { checkProof } from "../proof-check.ts";
import type { Mount } from "../visit.ts";
import { mountCertificate } from "./certificate-routes.ts";
import { mountCopies } from "./copy-routes.ts";
import { customerDecision } from "./decision.ts";
import { customerDecisions, DECISIONS_A_PAGE } from "./decisions.ts";
import { eraseDone, eraseStep } from "./erase.ts";
import { mountMandates } from "./mandate-routes.ts";
import { mountRequests } from "./request-routes.ts";
import { openRequestOn, standingOf } from "./standing.ts";

/** The pages of the people whom decisions are about. */
export function mountCustomer(mount: Mount, deps: PagesDeps): void {
  mountDecisions(mount, deps);
  mountCopies(mount, deps);
  mountRequests(mount, deps);
  mountErasure(mount, deps);
  mountMandates(mount, deps);
  mountCertificate(mount, deps);
}

function mountDecisions(mount: Mount, deps: PagesDeps): void {
  mount("get", "/me", async ({ c, scene, actor, show }) => {
    // Whom the person lets act for them, and for whom they act, is theirs to see alone.
    const [{ items, opened, ...after }, requests, mandates] = await Promise.all([
      deps.myDecisions(actor),
      deps.requests.mine(actor),
      scene.acting === null ? deps.mandates.mine(actor) : { given: [], held: [] },
    ]);
    const wished = Number(c.req.query("after") ?? 0);
    const skipped =
      Number.isSafeInteger(wished) && wished > 0 && wished < items.length
        ? wished - (wished % DECISIONS_A_PAGE)
        : 0;
    const contractOf = contractReader(deps);
    const withContracts = await Promise.all(
      items.map(async (mine) => ({
        mine,
        contract: await contractOf(mine.decision.model, mine.decision.version),
      })),
    );
    return show(
      customerDecisions(scene, { items: withContracts, opened, after, requests, mandates, skipped }),
    );
  });

  mount("get", "/me/decisions/:id", async ({ c, scene, actor, show }) => {
    const [{ mine, replaces, ...after }, requests] = await Promise.all([
      deps.myDecision(actor, c.req.param("id") ?? ""),
      deps.requests.mine(actor),
    ]);
    const [contract, proof] = await Promise.all([
      deps.contract(mine.decision.model, mine.decision.version),
      deps.logProof(mine.logIndex),
    ]);
    const { id } = mine.decision;
    const course = {
      standing: standingOf(mine.decision, after),
      replaces,
      open: openRequestOn(id, requests),
    };
    const check = checkProof(mine.logIndex, proof);
    return show(customerDecision(scene, { contract, mine, proof, check, course }));
  });

  mount("get", "/me/access", async ({ c, actor }) => {
    const held = await deps.myAccess(actor);
    return c.body(JSON.stringify(held, null, 2), 200, {
      "content-type": "application/json",
      "content-disposition": `attachment; filename="motivo-${deps.now().toISOString().slice(0, 10)}.json"`,
      "cache-control": "no-store",
    });
  });
}

function mountErasure(mount: Mount, deps: PagesDeps): void {
  mount("get", "/me/erase", async ({ scene, actor, show }) =>
    show(eraseStep(scene, await deps.whatErasureWouldDo(actor))),
  );

  mount("post", "/me/erase", async ({ c, scene, session, actor, show }) => {
    const form = await c.req.parseBody();
    deps.sessions.checkCsrf(session!, form.csrf);
    const outlook = await deps.whatErasureWouldDo(actor);
    const confirmed = form.confirm === "yes" && (outlook.ends.length === 0 || form.ends === "yes");
    if (!confirmed) return show(eraseStep(scene, outlook, true), 422);
    const outcome = await deps.eraseMe(actor);
    const texts = new Map(
      [...outlook.erased, ...outlook.refused].map(({ purpose, text }) => [purpose, text[scene.language]]),
    );
    if (outcome.refused.length > 0) return show(eraseDone(scene, outcome, texts));
    if (session!.acting) {
      // Nothing of the person is left to act for; who acted is themselves again.
      await deps.sessions.act(c, session!, null);
      const { acting: _, ...themselves } = session!;
      const csrf = deps.sessions.csrfToken(themselves);
      return show(eraseDone({ ...scene, acting: null, csrf }, outcome, texts));
    }
    // Nothing of this person is left to be signed in to.
    deps.sessions.end(c);
    return show(eraseDone({ ...scene, csrf: null }, outcome, texts));
  });
}
