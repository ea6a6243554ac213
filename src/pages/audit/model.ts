import { html } from "hono/html";
import type { Distribution } from "../../decisions/distributions.ts";
import type { GlobalImportance, ImportanceState } from "../../decisions/global-importance.ts";
import type { Contract } from "../../models/contract.ts";
import { capital, labelOf, policyWords } from "../contract-words.ts";
import {
  dotUnit,
  importanceBar,
  importanceHeads,
  importanceScale,
  swarmHeads,
  swarmRow,
  swarmScale,
} from "../figures/swarm.ts";
import { page } from "../layout.ts";
import { decimalsOf, grouped } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";
import { auditSections } from "./frame.ts";
import type { ModelOverview } from "./model-verbs.ts";

/** Fewer are never drawn as a dot: the record's own small counts. */
const LEAST_IN_DOT = 10;

export interface AuditModelView extends ModelOverview {
  models: readonly { model: string; version: number; contract: Contract }[];
  log: { size: number; root: string };
}

/** A model version for an auditor: what it looks at, over its background and over the record, and its card. */
export function auditModelPage(scene: Scene, view: AuditModelView): Html {
  const { words, numbers, language } = scene;
  const texts = words.auditModel;
  const { model, version, contract } = view;
  const title = texts.title(model, String(version));
  return page(scene, {
    title,
    kind: "expert",
    sections: auditSections(scene, "models"),
    mono: true,
    logLine: { ...view.log, entry: view.entry, seal: "unchecked" },
    main: html`<div class="title-line"><div><h1>${title}</h1><p class="quiet">${capital(contract.title[language])} · ${texts.published(numbers.shortDate(view.publishedAt))} · ${texts.decisions(numbers.count(view.decisions))} · <code>sha256 ${grouped(view.digests.model.slice(0, 16))}</code></p></div>${versionNav(scene, view)}</div>
${modelNav(scene, view)}${looks(scene, view)}${card(scene, view)}${featureTable(scene, view)}`,
  });
}

function versionNav({ words }: Scene, { model, version, versions }: AuditModelView): Html {
  return html`<nav class="versions" aria-label="${words.auditModel.versions}"><span class="note">${words.auditModel.versions}</span><ul>${versions.map((one) => html`<li><a href="/audit/models/${model}/${one.version}"${one.version === version ? html` aria-current="page"` : ""}>${one.version}</a>${one.aliases.map((alias) => html` <span class="alias${alias === "champion" ? " champion" : ""}">${alias}</span>`)}</li>`)}</ul></nav>`;
}

function modelNav({ words, language }: Scene, { models, model }: AuditModelView): Html {
  if (models.length < 2) return html``;
  return html`<nav class="models" aria-label="${words.auditSections.models}"><ul>${models.map((one) => html`<li><a href="/audit/models/${one.model}/${one.version}"${one.model === model ? html` aria-current="page"` : ""}>${one.contract.title[language]} <code>${one.model}</code></a></li>`)}</ul></nav>`;
}

/** Features by how much they count, where that is known; else in the package's order. */
function ordered({ contract, importance }: AuditModelView): string[] {
  const names = contract.features.map(({ name }) => name);
  if (importance.state !== "there") return names;
  const weight = new Map(importance.importance.attributions.map(({ feature, value }) => [feature, value]));
  return names.toSorted((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0));
}

function looks(scene: Scene, view: AuditModelView): Html {
  const { words, numbers, language } = scene;
  const texts = words.auditModel;
  const { contract, distributions, importance } = view;
  const known = importance.state === "there" ? importance.importance : null;
  const permuted = known && importanceScale(known.permutation);
  const meant = known && importanceScale(known.attributions);
  const cellsOf = new Map(distributions.features.map(({ feature, cells }) => [feature, cells]));
  const rows = [...cellsOf.values()];
  const scale = swarmScale(rows);
  const unit = dotUnit(rows, scale, LEAST_IN_DOT);
  const decimals = decimalsOf(distributions.step);
  const anything = rows.some((cells) => cells.length > 0);
  const figure = (value: number) => numbers.plain(value, 0, 4);
  const row = (name: string) => {
    const label = labelOf(contract, name, language);
    const one = (list: GlobalImportance["permutation"] | undefined) =>
      list?.find(({ feature }) => feature === name);
    const [p, a] = [one(known?.permutation), one(known?.attributions)];
    const cells = cellsOf.get(name);
    const bars = html`<td class="bar">${a && meant ? importanceBar(a, meant, texts.barSentence(label, numbers.plain(a.value, 4), numbers.interval(a.interval[0], a.interval[1], 4))) : ""}</td><td class="bar">${p && permuted ? importanceBar(p, permuted, texts.barSentence(label, numbers.plain(p.value, 4), numbers.interval(p.interval[0], p.interval[1], 4))) : ""}</td>`;
    return html`<tr><th scope="row">${capital(label)}<br><code>${name}</code></th>${known === null ? "" : bars}<td class="swarm-cell">${cells === undefined ? html`<span class="quiet">${texts.notKept}</span>` : cells.length === 0 ? html`<span class="quiet">${texts.tooFew}</span>` : swarmRow(cells, { scale, unit }, texts.swarmSentence(label, swarmWords(scene, cells, decimals)))}</td></tr>`;
  };
  return html`<section class="ruled" aria-labelledby="looks"><div class="section-line"><h2 id="looks">${texts.looks}</h2>${anything ? legend(scene, numbers.count(unit)) : ""}</div>${importanceNote(scene, importance)}
<table class="swarms"><thead><tr><th scope="col">${texts.feature}</th>${meant && permuted ? html`<th scope="col">${texts.meant}${importanceHeads(meant, figure)}</th><th scope="col">${texts.permuted}${importanceHeads(permuted, figure)}</th>` : ""}<th scope="col">${texts.distribution(numbers.plain(distributions.step, 0, 6))}${anything ? html` ${sides(scene, contract)}${swarmHeads(scale, (value) => numbers.signed(value, 0, decimals + 1))}` : ""}</th></tr></thead><tbody>${ordered(view).map(row)}</tbody></table>
<p class="note">${texts.distributionNote(numbers.count(distributions.decisions))} ${known === null ? "" : texts.importanceRows(numbers.count(known.rows), numbers.count(known.repeats))}</p></section>`;
}

/** Which way helps the person; among several classes neither does. */
function sides({ words }: Scene, { output }: Contract): Html {
  if (output.kind === "multi-classification") return html``;
  const forIsRight = output.highOutput === "favourable";
  return html`<span class="sides-of"><span class="side-${forIsRight ? "against" : "for"}">${words.sides[forIsRight ? "against" : "for"]}</span> <span aria-hidden="true">|</span> <span class="side-${forIsRight ? "for" : "against"}">${words.sides[forIsRight ? "for" : "against"]}</span></span>`;
}

function legend({ words }: Scene, unit: string): Html {
  const texts = words.auditModel;
  const dot = (shade: number) =>
    html`<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path class="swarm-${shade}" d="M5 5h0"/></svg>`;
  return html`<ul class="legend"><li>${texts.dot(unit)}</li><li>${[0, 1, 2, 3].map(dot)} ${texts.lowToHigh}</li><li><svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path class="swarm-rim" d="M5 5h0"/><path class="swarm-hollow" d="M5 5h0"/></svg> ${texts.noOrder}</li></ul>`;
}

function swarmWords({ numbers }: Scene, cells: Distribution["cells"], decimals: number): string {
  const values = cells.map(({ attribution }) => attribution);
  return `${numbers.signed(Math.min(...values), decimals)} … ${numbers.signed(Math.max(...values), decimals)}`;
}

function importanceNote({ words, numbers }: Scene, state: ImportanceState): Html {
  const texts = words.auditModel;
  if (state.state === "there") return html``;
  if (state.state === "failed") return html`<p class="sheet refusal" role="alert">${texts.failed}</p>`;
  const share = Math.round(100 * state.done);
  return html`<div class="sheet" role="status"><p><strong>${texts.computing(numbers.count(share))}</strong> ${texts.computingNote}</p><progress max="100" value="${share}" aria-label="${texts.computing(numbers.count(share))}">${share}%</progress></div>`;
}

function card({ words, numbers, language }: Scene, { contract, summary, digests }: AuditModelView): Html {
  const texts = words.auditModel;
  const { output, quality, source, explanation } = contract;
  const fact = (name: string, value: Html | string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  const methods = [explanation.method, explanation.link].filter(Boolean).join(", ");
  return html`<section class="ruled" aria-labelledby="card"><h2 id="card">${texts.card}</h2><div class="columns card-columns">
<dl class="facts">${fact(texts.decides, contract.description[language])}${output.kind === "multi-classification" ? "" : fact(texts.threshold, html`${numbers.plain(output.threshold, 0, 6)} · ${output.outcomes.favourable.label[language]} / ${output.outcomes.unfavourable.label[language]}`)}${fact(
    texts.purposes,
    html`${Object.entries(contract.purposes).map(([name, { text }]) => html`<code>${name}</code> ${text[language]}<br>`)}`,
  )}${fact(
    texts.bases,
    html`${Object.entries(contract.bases).map(([, basis]) => html`${texts.basisKinds[basis.kind]}: ${basis.articles.join(", ")}${basis.erasure.allowed ? "" : html` <span class="quiet">${texts.noErasure(basis.erasure.article)}</span>`}<br>`)}`,
  )}</dl>
<dl class="facts">${fact(
    texts.retained,
    html`${Object.values(contract.retentions).map(({ months, reason }) => html`${texts.months(numbers.count(months))}: ${reason[language]}<br>`)}`,
  )}${fact(texts.afterErasure, typeof contract.afterErasure === "string" ? texts.afterErasureKinds[contract.afterErasure] : contract.afterErasure.retained.duty[language])}${fact(texts.method, methods)}${fact(texts.background, summary === null ? grouped(digests.background.slice(0, 16)) : texts.summary(numbers.count(summary.rows.length), summary.method, numbers.plain(100 * summary.error.median, 1)))}${contract.risk === undefined ? "" : fact(texts.k, texts.kText(numbers.count(contract.risk.k)))}${fact(texts.quasi, contract.quasiIdentifiers.length === 0 ? words.operator.none : html`<code>${contract.quasiIdentifiers.join(", ")}</code>`)}</dl>
<dl class="facts">${fact(texts.trained, texts.rows(numbers.count(quality.trainRows), numbers.count(quality.testRows)))}${fact(texts.split, quality.split)}${Object.entries(quality.metrics).map(([name, value]) => fact(name, numbers.plain(value, 2, 4)))}${fact(texts.source, html`<a href="${source.url}" rel="noreferrer">${source.title}</a>, ${source.licence}${source.note ? html`<br><span class="quiet">${source.note[language]}</span>` : ""}`)}</dl></div></section>`;
}

function featureTable(scene: Scene, { contract }: AuditModelView): Html {
  const { words, language } = scene;
  const texts = words.auditModel;
  return html`<section class="ruled" aria-labelledby="features"><h2 id="features">${texts.features}</h2><details class="numbers"><summary>${texts.featuresFold(String(contract.features.length))}</summary><div class="table-room"><table><thead><tr><th scope="col">${texts.feature}</th><th scope="col">${texts.sensitivity}</th><th scope="col">${texts.purpose}</th><th scope="col">${texts.basis}</th><th scope="col">${words.auditDecision.policy}</th></tr></thead><tbody>${contract.features.map((feature) => html`<tr><th scope="row">${capital(feature.label[language])} <code>${feature.name}</code></th><td>${words.incident.sensitivities[feature.sensitivity]}</td><td>${feature.purpose}</td><td>${contract.bases[feature.basis]?.articles.join(", ") ?? feature.basis}</td><td>${policyWords(feature, scene)}</td></tr>`)}</tbody></table></div></details></section>`;
}

/** Before anything is published. */
export function noModelPage(scene: Scene, log: { size: number; root: string }): Html {
  const { words } = scene;
  return page(scene, {
    title: words.auditSections.models,
    kind: "expert",
    sections: auditSections(scene, "models"),
    logLine: { ...log, entry: null, seal: "unchecked" },
    main: html`<h1>${words.auditSections.models}</h1><p class="lead">${words.auditModel.none}</p>`,
  });
}
