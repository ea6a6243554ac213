import type { Hono } from "hono";
import { Problem } from "../errors.ts";
import type { Env } from "../http/api.ts";
import type { Contract } from "../models/contract.ts";
import { auditDecision } from "./audit/decision.ts";
import { auditDecisions } from "./audit/decisions.ts";
import { auditEntry } from "./audit/entry.ts";
import { FILTER_FIELDS, type FilterField, readFilter } from "./audit/filter.ts";
import { mountOversight } from "./audit/oversight-routes.ts";
import { mountCodes } from "./code-routes.ts";
import { mountCopies } from "./customer/copy-routes.ts";
import { customerDecision } from "./customer/decision.ts";
import { customerDecisions } from "./customer/decisions.ts";
import { eraseDone, eraseStep } from "./customer/erase.ts";
import type { PagesDeps } from "./deps.ts";
import { mountIssuer } from "./issuer-routes.ts";
import { mountOperator } from "./operator/routes.ts";
import { mountProduct } from "./product-routes.ts";
import { checkProof } from "./proof-check.ts";
import { mountPublic } from "./public.ts";
import { mountReviews } from "./reviewer/routes.ts";
import { mountSession } from "./session-routes.ts";
import { type Mount, pagesApp } from "./visit.ts";

/** The pages of every audience. */
export function pages(deps: PagesDeps): Hono<Env> {
  const { app, mount } = pagesApp(deps);
  mountPublic(mount, deps);
  mountSession(mount, deps);
  mountIssuer(mount, deps);
  mountCodes(mount, deps);
  mountCustomer(mount, deps);
  mountCopies(mount, deps);
  mountAudit(mount, deps);
  mountOversight(mount, deps);
  mountProduct(mount, deps);
  mountOperator(mount, deps);
  mountReviews(mount, deps);
  return app;
}

/** Reads each version's contract once a request, however many decisions refer to it. */
function contractReader(deps: PagesDeps): (model: string, version: number) => Promise<Contract> {
  const read = new Map<string, Promise<Contract>>();
  return (model, version) => {
    const key = `${model}@${version}`;
    const contract = read.get(key) ?? deps.contract(model, version);
    read.set(key, contract);
    return contract;
  };
}

function mountCustomer(mount: Mount, deps: PagesDeps): void {
  mount("get", "/me", async ({ scene, actor, show }) => {
    const { items, opened } = await deps.myDecisions(actor);
    const contractOf = contractReader(deps);
    const withContracts = await Promise.all(
      items.map(async (mine) => ({
        mine,
        contract: await contractOf(mine.decision.model, mine.decision.version),
      })),
    );
    return show(customerDecisions(scene, { items: withContracts, opened }));
  });

  mount("get", "/me/decisions/:id", async ({ c, scene, actor, show }) => {
    const { items } = await deps.myDecisions(actor);
    const mine = items.find(({ decision }) => decision.id === c.req.param("id"));
    if (mine === undefined) throw new Problem("unknown_decision");
    const [contract, proof] = await Promise.all([
      deps.contract(mine.decision.model, mine.decision.version),
      deps.logProof(mine.logIndex),
    ]);
    return show(customerDecision(scene, { contract, mine, proof, check: checkProof(mine.logIndex, proof) }));
  });

  mount("get", "/me/access", async ({ c, actor }) => {
    const held = await deps.myAccess(actor);
    return c.body(JSON.stringify(held, null, 2), 200, {
      "content-type": "application/json",
      "content-disposition": `attachment; filename="motivo-${deps.now().toISOString().slice(0, 10)}.json"`,
      "cache-control": "no-store",
    });
  });

  mount("get", "/me/erase", async ({ scene, actor, show }) =>
    show(eraseStep(scene, await deps.whatErasureWouldDo(actor))),
  );

  mount("post", "/me/erase", async ({ c, scene, session, actor, show }) => {
    const form = await c.req.parseBody();
    deps.sessions.checkCsrf(session!, form.csrf);
    const outlook = await deps.whatErasureWouldDo(actor);
    if (form.confirm !== "yes") return show(eraseStep(scene, outlook, true), 422);
    const outcome = await deps.eraseMe(actor);
    const texts = new Map(
      [...outlook.erased, ...outlook.refused].map(({ purpose, text }) => [purpose, text[scene.language]]),
    );
    if (outcome.refused.length > 0) return show(eraseDone(scene, outcome, texts));
    // Nothing of this person is left to be signed in to.
    deps.sessions.end(c);
    return show(eraseDone({ ...scene, csrf: null }, outcome, texts));
  });
}

function mountAudit(mount: Mount, deps: PagesDeps): void {
  mount("get", "/audit/decisions", async ({ c, scene, actor, show }) => {
    const typed = Object.fromEntries(
      FILTER_FIELDS.map((field) => [field, (c.req.query(field) ?? "").trim()]),
    ) as Record<FilterField, string>;
    const { filter, wrong } = readFilter(typed);
    const cursor = c.req.query("cursor");
    const log = await deps.logState();
    const view = { contracts: new Map<string, Contract>(), log, filter, firstPage: cursor === undefined };
    if (wrong.length > 0) {
      const refused = { typed, fields: wrong };
      return show(auditDecisions(scene, { ...view, items: [], next: null, entry: 0, refused }), 400);
    }
    const { items, next, entry } = await deps.auditDecisions(actor, filter, cursor);
    const contractOf = contractReader(deps);
    for (const { record } of items) {
      if (record)
        view.contracts.set(
          `${record.model}@${record.version}`,
          await contractOf(record.model, record.version),
        );
    }
    return show(auditDecisions(scene, { ...view, items, next, entry }));
  });

  mount("get", "/audit/decisions/:id", async ({ c, scene, actor, show }) => {
    const decision = await deps.auditDecision(actor, c.req.param("id") ?? "");
    const { record, logIndex, proof } = decision;
    const contract = record && (await deps.contract(record.model, record.version));
    const [vkeys, history] = await Promise.all([
      deps.overseer.logKeys(),
      record ? deps.overseer.decisionHistory(record.id) : { steps: [], more: 0 },
    ]);
    return show(
      auditDecision(scene, { ...decision, contract, vkeys, history, check: checkProof(logIndex, proof) }),
    );
  });

  mount("get", "/audit/entries/:index", async ({ c, scene, actor, show }) => {
    const index = c.req.param("index") ?? "";
    if (!/^(0|[1-9]\d{0,15})$/.test(index) || !Number.isSafeInteger(Number(index)))
      throw new Problem("unknown_entry");
    const entry = await deps.auditEntry(actor, Number(index));
    return show(auditEntry(scene, { ...entry, check: checkProof(entry.logIndex, entry.proof) }));
  });
}
