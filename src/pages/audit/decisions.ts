import { html } from "hono/html";
import type { AuditedDecision, DecisionRecord, RecordState } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import { labelOf, motifOf, motifSentence, outcomeWords, scoreDomain } from "../contract-words.ts";
import type { AuditFilter } from "../deps.ts";
import { gone } from "../figures/marks.ts";
import { motif, motifNames } from "../figures/motif.ts";
import { miniScoreLine } from "../figures/score-line.ts";
import { page } from "../layout.ts";
import { decimalsOf } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";
import { FILTER_FIELDS, type FilterField } from "./filter.ts";
import { auditSections } from "./frame.ts";

const MOTIF = { width: 136, height: 30 };
const REASONS_SHOWN = 2;

export interface AuditDecisions {
  items: readonly AuditedDecision[];
  /** By `model@version`, for every kept record of the page. */
  contracts: ReadonlyMap<string, Contract>;
  next: string | null;
  entry: number;
  log: { size: number; root: string };
  filter: AuditFilter;
  /** Fields as they were typed, when they could not be used. */
  refused?: { typed: Record<FilterField, string>; fields: readonly FilterField[] };
  firstPage: boolean;
}

/** The auditor's list: one decision a row, erased ones in their place. */
export function auditDecisions(scene: Scene, view: AuditDecisions): Html {
  const { words, numbers } = scene;
  const { audit } = words;
  const { items, next, log, refused } = view;
  return page(scene, {
    title: audit.title,
    kind: "expert",
    sections: auditSections(scene, "decisions"),
    mono: true,
    logLine: { size: log.size, root: log.root, entry: refused ? null : view.entry, seal: "unchecked" },
    main: html`<div class="title-line"><h1>${audit.title}</h1><p class="quiet">${audit.scope(numbers.count(log.size))}</p></div>
${filters(scene, view)}
${refused ? "" : items.length === 0 ? html`<div class="sheet empty"><p><strong>${audit.noneTitle}</strong> ${audit.none(numbers.count(log.size))} <a href="/audit/decisions">${audit.noneClear}</a></p></div>` : table(scene, view)}
${refused ? "" : html`<div class="below"><p>${items.length === 0 ? "" : audit.legend}</p><p class="pager">${view.firstPage ? "" : html`<a href="${listAddress(view.filter)}">${audit.newest}</a>`} ${next === null ? "" : html`<a rel="next" href="${listAddress(view.filter, next)}">${audit.older}</a>`}</p></div>`}`,
  });
}

function listAddress(filter: AuditFilter, cursor?: string): string {
  const query = new URLSearchParams();
  for (const field of FILTER_FIELDS) if (filter[field] !== undefined) query.set(field, String(filter[field]));
  if (cursor !== undefined) query.set("cursor", cursor);
  return `/audit/decisions${query.size > 0 ? `?${query}` : ""}`;
}

function filters({ words }: Scene, { filter, refused }: AuditDecisions): Html {
  const { audit } = words;
  const labels = {
    model: audit.model,
    version: audit.version,
    outcome: audit.outcome,
    from: audit.from,
    to: audit.to,
  };
  const active = FILTER_FIELDS.some((field) => filter[field] !== undefined);
  const field = (name: FilterField) => {
    const wrong = refused?.fields.includes(name) ?? false;
    const value = refused ? refused.typed[name] : String(filter[name] ?? "");
    const kind =
      name === "from" || name === "to"
        ? html`type="date"`
        : name === "version"
          ? html`type="text" inputmode="numeric"`
          : html`type="text"`;
    return html`<div class="field field-${name}"><label for="filter-${name}">${labels[name]}</label><input id="filter-${name}" name="${name}" ${kind} value="${value}" placeholder="${audit.any}" autocomplete="off"${wrong ? html` aria-invalid="true" aria-describedby="error-${name}"` : ""}>${wrong ? html`<p class="field-error" id="error-${name}">${name === "version" ? audit.badVersion : audit.badDate}</p>` : ""}</div>`;
  };
  const form = html`<form class="filters" method="get" action="/audit/decisions">${FILTER_FIELDS.map(field)}<div class="filter-buttons"><button class="button" type="submit">${audit.show}</button> <a href="/audit/decisions">${audit.clear}</a></div></form>`;
  return html`${refused ? html`<div class="sheet refusal" role="alert"><p><strong>${audit.badFilter}</strong> ${refused.fields.map((name) => html`<a href="#filter-${name}">${labels[name]}</a> `)}</p></div>` : ""}<details class="filter-fold"${active || refused ? html` open` : ""}><summary>${audit.filters}</summary>${form}</details>`;
}

function table(scene: Scene, { items, contracts }: AuditDecisions): Html {
  const { audit } = scene.words;
  // Names stand over the motifs only where every row's motif has the same places.
  const only = contracts.size === 1 ? [...contracts.values()][0]! : null;
  const names =
    only === null
      ? audit.motif
      : html`<span class="sr">${audit.motif}</span>${motifNames(
          only.motif.map((name) => labelOf(only, name, scene.language)),
          MOTIF.width,
        )}`;
  return html`<table class="decisions"><caption class="sr">${audit.list}</caption><thead><tr><th scope="col">${audit.entry}</th><th scope="col">${audit.hour}</th><th scope="col">${audit.modelColumn}</th><th scope="col">${audit.outcome}</th><th scope="col" colspan="2">${audit.scoreColumn}</th><th scope="col">${names}</th><th scope="col">${audit.firstReasons}</th></tr></thead>
<tbody>${items.map((item) => {
    const contract = item.record ? contracts.get(`${item.record.model}@${item.record.version}`) : undefined;
    return item.record && contract
      ? keptRow(scene, item.logIndex, item.record, contract)
      : erasedRow(scene, item);
  })}</tbody></table>`;
}

function keptRow(scene: Scene, logIndex: number, record: DecisionRecord, contract: Contract): Html {
  const { language, numbers, words } = scene;
  const outcome = outcomeWords(contract, record.outcome, language);
  const bars = motifOf(contract, record, language);
  const decimals = decimalsOf(record.step);
  const toward = outcome.favourable ? 1 : -1;
  return html`<tr><th scope="row"><a href="/audit/decisions/${record.id}">${numbers.count(logIndex)}</a></th><td class="hour">${numbers.hour(record.hour)}</td><td class="model">${record.model} <span class="quiet">${record.version}</span></td><td class="side-${toward > 0 ? "for" : "against"}">${outcome.label}</td><td class="line">${miniScoreLine(record.score, record.threshold, scoreDomain(contract, [record.score, record.threshold ?? record.score, record.base]), toward)}</td><td class="number"><span class="sr">${words.audit.scoreColumn} </span>${numbers.plain(record.score, decimals)}</td><td class="motif-cell">${motif(bars, MOTIF, motifSentence(bars, scene, decimals))}</td><td class="codes"><ul>${record.reasons.slice(0, REASONS_SHOWN).map((code) => html`<li><code>${code}</code></li>`)}</ul></td></tr>`;
}

function erasedRow(scene: Scene, { logIndex, hour, model, version, state }: AuditedDecision): Html {
  const { numbers } = scene;
  return html`<tr class="erased"><th scope="row"><a href="/audit/entries/${logIndex}">${numbers.count(logIndex)}</a></th><td class="hour">${numbers.hour(hour)}</td><td class="model">${model ?? ""} <span class="quiet">${version ?? ""}</span></td><td colspan="3" class="why">${erasureWords(scene, state)}</td><td colspan="2" class="hatch">${gone()}</td></tr>`;
}

/** Why a record is not there. The number stays; the entry that justifies the gap is one link away. */
function erasureWords({ words, numbers }: Scene, state: RecordState): Html {
  if (state.state !== "erased") return html`${words.audit.pending}`;
  return html`${words.audit.erasedBy} <a href="/audit/entries/${state.by}">${words.audit.entryLink(numbers.count(state.by))}</a>`;
}
