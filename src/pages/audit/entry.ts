import { html } from "hono/html";
import type { PagesDeps } from "../deps.ts";
import { arrow, gone } from "../figures/marks.ts";
import { page } from "../layout.ts";
import type { ProofCheck } from "../proof-check.ts";
import type { Html, Scene } from "../scene.ts";
import { auditSections, justification } from "./frame.ts";
import { proofSection, sealOf, verificationSection } from "./proof.ts";

export type AuditEntry = Awaited<ReturnType<PagesDeps["auditEntry"]>> & { check: ProofCheck };

/** Any entry of the log by its number: its kind, whether what it recorded stands, and its proof. */
export function auditEntry(scene: Scene, view: AuditEntry): Html {
  const { words, numbers } = scene;
  const texts = words.auditEntry;
  const title = texts.title(numbers.count(view.logIndex), words.kinds[view.kind]);
  return page(scene, {
    title,
    kind: "expert",
    sections: auditSections(scene, "decisions"),
    mono: true,
    logLine: { size: view.proof.size, root: view.proof.root, entry: view.entry, seal: sealOf(view.check) },
    main: html`<p class="back">${arrow("left")} <a href="/audit/decisions">${words.auditDecision.back}</a></p><h1>${title}</h1><p class="quiet">${numbers.hour(view.hour)} UTC</p>
${standing(scene, view)}
<div class="columns two">${proofSection(scene, view.logIndex, view.proof)}${verificationSection(scene, view.proof, view.check, null)}</div>`,
  });
}

function standing(scene: Scene, { kind, covers, state }: AuditEntry): Html {
  const { words, numbers } = scene;
  const texts = words.auditEntry;
  if (state.state !== "kept") {
    return html`${gone()}<p>${words.auditDecision.erasedText} ${justification(scene, state)}</p>`;
  }
  if (state.coarsenedBy !== undefined) {
    const by = words.audit.entryLink(numbers.count(state.coarsenedBy));
    return html`<p>${texts.coarsened} <a href="/audit/entries/${state.coarsenedBy}">${by}</a>.</p>`;
  }
  if (covers === null) return html`<p>${texts.kept}</p>`;
  const said = kind === "coarsening" ? texts.coarsens : texts.covers;
  return html`<p>${said(numbers.count(covers))}</p>`;
}
