import { html } from "hono/html";
import type { DecisionRecord, RecordState } from "../../decisions/decision.ts";
import { drawnFrom } from "../../decisions/scale.ts";
import type { Contract } from "../../models/contract.ts";
import { motifOf, motifSentence, outcomeWords } from "../contract-words.ts";
import type { LogProof } from "../deps.ts";
import { arrow, gone } from "../figures/marks.ts";
import { motif } from "../figures/motif.ts";
import { page } from "../layout.ts";
import { decimalsOf, grouped } from "../numbers.ts";
import type { ProofCheck } from "../proof-check.ts";
import type { Html, Scene } from "../scene.ts";
import { auditSections, justification } from "./frame.ts";
import { type DecisionHistory, historySection } from "./history.ts";
import { proofSection, sealOf, verificationSection } from "./proof.ts";
import { verifyScript } from "./verify-form.ts";
import { waterfallSection } from "./waterfall.ts";

export interface AuditDecision {
  logIndex: number;
  hour: number;
  record: DecisionRecord | null;
  /** Of the record's model version; null with the record. */
  contract: Contract | null;
  state: RecordState;
  proof: LogProof;
  check: ProofCheck;
  entry: number;
  /** Every key that the log has had. */
  vkeys: readonly string[];
  /** What the record has about it since. */
  history: Pick<DecisionHistory, "steps" | "more">;
}

/** One decision for an auditor: the waterfall in the same rows as the record, how it was computed, its proof. */
export function auditDecision(scene: Scene, view: AuditDecision): Html {
  const { record, contract } = view;
  return record && contract ? kept(scene, view, record, contract) : erased(scene, view);
}

function frame(scene: Scene, view: AuditDecision, title: string, main: Html): Html {
  return page(scene, {
    title,
    kind: "expert",
    sections: auditSections(scene, "decisions"),
    mono: true,
    module: verifyScript(),
    logLine: { size: view.proof.size, root: view.proof.root, entry: view.entry, seal: sealOf(view.check) },
    main: html`<p class="back">${arrow("left")} <a href="/audit/decisions">${scene.words.auditDecision.back}</a></p>${main}`,
  });
}

function kept(scene: Scene, view: AuditDecision, record: DecisionRecord, contract: Contract): Html {
  const { language, numbers, words } = scene;
  const decimals = decimalsOf(record.step);
  const bars = motifOf(contract, record, language);
  const outcome = outcomeWords(contract, record.outcome, language);
  const threshold = record.threshold === null ? null : numbers.plain(record.threshold, decimals, 6);
  const title = words.auditDecision.title(
    numbers.count(view.logIndex),
    outcome.label,
    numbers.plain(record.score, decimals),
    threshold,
  );
  return frame(
    scene,
    view,
    title,
    html`<div class="title-line"><div><h1>${title}</h1><p class="quiet">${record.model} ${record.version} · ${numbers.hour(record.hour)} UTC · ${contract.title[language]}</p></div>${motif(bars, { width: 126, height: 48 }, motifSentence(bars, scene, decimals))}</div>
${waterfallSection(scene, record, contract)}
<div class="columns">${computed(scene, record)}${proofSection(scene, view.logIndex, view.proof)}${verificationSection(scene, view.proof, view.check, record.id, view.vkeys)}</div>${happened(scene, view)}`,
  );
}

function computed({ words, numbers }: Scene, record: DecisionRecord): Html {
  const texts = words.auditDecision;
  const attributed = Object.values(record.attributions).reduce((sum, { value }) => sum + value, 0);
  const difference = record.base + attributed + record.rest - drawnFrom(record).output;
  const digest = (name: keyof typeof texts.digests) =>
    html`<dt>${texts.digests[name]}</dt><dd><code>${grouped(record.digests[name].slice(0, 16))}</code></dd>`;
  return html`<section class="ruled"><h2>${texts.computed}</h2><dl class="facts"><dt>${texts.method}</dt><dd>${record.method}</dd><dt>${texts.scale}</dt><dd>${texts.scales[record.explained?.scale ?? "score"]}</dd><dt>${texts.rounds}</dt><dd>${record.rounds === 0 ? texts.exact : numbers.count(record.rounds)}</dd><dt>${texts.interval}</dt><dd>95%</dd><dt>${texts.seed}</dt><dd><code>${grouped(record.seed)}</code><br><span class="quiet">${texts.seedNote}</span></dd><dt>${texts.sumCheck}</dt><dd>${texts.sumText(numbers.plain(difference, 0, 9))}</dd>${digest("model")}${digest("background")}${digest("explainer")}${digest("policy")}<dt>${texts.client}</dt><dd>${record.client}</dd><dt>${texts.number}</dt><dd><code>${record.id}</code></dd></dl></section>`;
}

function erased(scene: Scene, view: AuditDecision): Html {
  const { words, numbers } = scene;
  const title = words.auditDecision.erasedTitle(numbers.count(view.logIndex));
  return frame(
    scene,
    view,
    title,
    html`<h1>${title}</h1><p class="quiet">${numbers.hour(view.hour)} UTC</p>${gone()}<p>${words.auditDecision.erasedText} ${justification(scene, view.state)}</p>
<div class="columns two">${proofSection(scene, view.logIndex, view.proof)}${verificationSection(scene, view.proof, view.check, null, view.vkeys)}</div>${happened(scene, view)}`,
  );
}

const happened = (scene: Scene, { logIndex, hour, history, state, contract }: AuditDecision): Html =>
  historySection(scene, { decided: { logIndex, hour }, ...history, state, contract });
