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
import { contractReader } from "./contract-reader.ts";
import { mountCustomer } from "./customer/routes.ts";
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
  mountAudit(mount, deps);
  mountOversight(mount, deps);
  mountProduct(mount, deps);
  mountOperator(mount, deps);
  mountReviews(mount, deps);
  return app;
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
