import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import { growth } from "../figures/growth.ts";
import { seal } from "../figures/marks.ts";
import { numbersTable, page } from "../layout.ts";
import { grouped } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";
import { auditSections } from "./frame.ts";
import type { Comparison, LogHistory } from "./log-verbs.ts";
import { verifyForm, verifyScript } from "./verify-form.ts";

export interface AuditLogView {
  history: LogHistory;
  /** What was asked to be compared, as typed. */
  typed: { kept: string; to: string };
  comparison: Comparison | null;
  refused: Pick<Problem, "code"> | null;
}

/** The log for an auditor: how it grew, what was erased and why, who saw it, and the ways to check it. */
export function auditLogPage(scene: Scene, view: AuditLogView): Html {
  const { words, numbers } = scene;
  const texts = words.auditLog;
  const { history } = view;
  const seals = view.comparison === null ? "unchecked" : view.comparison.holds ? "holds" : "broken";
  const since = history.growth[0];
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: auditSections(scene, "log"),
    mono: true,
    module: verifyScript(),
    logLine: { size: history.size, root: history.root, entry: null, seal: seals },
    main: html`<h1>${texts.title}</h1><p class="lead">${since === undefined ? texts.empty : texts.lead(numbers.count(history.size), numbers.hour(since.hour), numbers.count(history.erased), numbers.count(history.pending))}</p>
${growthSection(scene, history)}
<div class="columns two"><div>${compareSection(scene, view)}${verifySection(scene, history)}</div><div>${checkpointSection(scene, history)}${witnessSection(scene, history)}${erasureSection(scene, history)}</div></div>`,
  });
}

function growthSection(
  { words, numbers, ...scene }: Scene,
  { growth: points, erasures, published, size }: LogHistory,
): Html {
  const texts = words.auditLog;
  if (points.length === 0) return html``;
  const sentence = texts.growthSentence(
    numbers.count(size),
    numbers.hour(points[0]!.hour),
    numbers.hour(points.at(-1)!.hour),
  );
  const figure = growth(
    { points, erasures, published },
    { sentence, count: numbers.count, day: (at) => numbers.shortDate(at).slice(0, -5) },
  );
  const every = Math.max(1, Math.ceil(points.length / 12));
  const shown = points.filter((_, i) => i % every === 0 || i === points.length - 1);
  return html`<section class="ruled" aria-labelledby="growth"><div class="section-line"><h2 id="growth">${texts.growth}</h2><ul class="legend"><li><svg width="26" height="12" viewBox="0 0 26 12" aria-hidden="true"><path class="growth-line" d="M0 6H26"/></svg> ${texts.entries}</li><li><svg width="10" height="14" viewBox="0 0 10 14" aria-hidden="true"><path class="growth-erasure" d="M5 0V14"/></svg> ${texts.erasureEntry}</li><li><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><circle class="growth-checkpoint" cx="6" cy="6" r="4.5"/></svg> ${texts.published}</li></ul></div>${figure}${numbersTable(
    { words, numbers, ...scene },
    [texts.hour, texts.entries],
    shown.map(({ hour, size: entries }) => [numbers.hour(hour), numbers.count(entries)]),
  )}</section>`;
}

function compareSection({ words, numbers }: Scene, { typed, comparison, refused }: AuditLogView): Html {
  const texts = words.auditLog;
  const verdict =
    comparison === null
      ? ""
      : comparison.holds
        ? html`<p class="verdict">${seal("holds")} <strong>${words.shell.seals.holds}</strong> ${texts.consistent(numbers.count(comparison.from), numbers.count(comparison.to), numbers.count(comparison.hashes))} <span>${texts.byServer}</span></p><p class="note"><a href="/log/consistency?from=${comparison.from}&amp;to=${comparison.to}">${texts.proofFile}</a></p>`
        : html`<p class="verdict broken">${seal("broken")} <strong>${words.shell.seals.broken}</strong> ${texts.inconsistent(numbers.count(comparison.from), numbers.count(comparison.to))} <code>${comparison.code ?? ""}</code></p>`;
  const said =
    refused === null
      ? ""
      : html`<div class="sheet refusal" role="alert"><p><strong>${texts.notCompared}</strong> ${words.problem.byCode[refused.code] ?? ""} <code>${refused.code}</code></p></div>`;
  return html`<section class="ruled" aria-labelledby="compare"><h2 id="compare">${texts.compare}</h2><p class="note">${texts.compareLead}</p>${said}${verdict}
<form class="step-form" method="get" action="/audit/log"><label for="kept">${texts.kept}</label><textarea id="kept" name="kept" rows="4" maxlength="4000" required spellcheck="false" aria-describedby="kept-hint"${refused ? html` aria-invalid="true"` : ""}>${typed.kept}</textarea><p class="field-hint" id="kept-hint">${texts.keptHint}</p><label for="to">${texts.to}</label><input id="to" name="to" type="text" inputmode="numeric" autocomplete="off" value="${typed.to}" placeholder="${texts.head}"><p class="buttons"><button class="button" type="submit">${texts.compareButton}</button></p></form></section>`;
}

function verifySection(scene: Scene, { vkeys }: LogHistory): Html {
  const { words } = scene;
  const texts = words.verify;
  return html`<section class="ruled" aria-labelledby="verify"><h2 id="verify">${texts.title}</h2><p class="note">${texts.lead}</p>
${verifyForm(scene, { fetch: "/audit/export", vkeys, fetchLabel: texts.fetchExport })}
<p class="buttons"><a class="button second" href="/audit/export" download>${texts.download}</a></p><h3>${texts.outside}</h3><p class="note">${texts.outsideText}</p><pre><code>node audit/cli.ts verify motivo-log.ndjson --key vkey.txt</code></pre><p class="note"><a href="/log/keys">${texts.keyFile}</a></p></section>`;
}

function checkpointSection({ words, numbers }: Scene, { checkpoints }: LogHistory): Html {
  const texts = words.auditLog;
  return html`<section class="ruled" aria-labelledby="checkpoints"><h2 id="checkpoints">${texts.checkpoints}</h2><table class="rows"><thead><tr><th scope="col" class="number">${texts.size}</th><th scope="col">${texts.root}</th><th scope="col">${texts.signers}</th><th scope="col" class="number">${texts.grew}</th></tr></thead><tbody>${checkpoints.map(
    ({ size, root, signers }, i) => {
      const before = checkpoints[i + 1];
      return html`<tr><th scope="row" class="number"><a href="/audit/log?kept=${size}">${numbers.count(size)}</a></th><td><code>${grouped(root.slice(0, 16))}</code></td><td>${new Set(signers).size === 1 ? texts.logAlone : texts.withWitnesses(new Set(signers).size - 1)}</td><td class="number">${before === undefined ? "" : `+${numbers.count(size - before.size)}`}</td></tr>`;
    },
  )}</tbody></table></section>`;
}

function witnessSection({ words, numbers }: Scene, { witnesses, stamp, published }: LogHistory): Html {
  const texts = words.auditLog;
  const state = words.logState;
  return html`<section class="ruled" aria-labelledby="witnesses"><h2 id="witnesses">${texts.witnesses}</h2>${
    witnesses.length === 0
      ? html`<p class="note">${state.noWitnesses}</p>`
      : html`<table class="rows"><thead><tr><th scope="col">${state.witness}</th><th scope="col" class="number">${state.seen}</th><th scope="col">${state.answer}</th></tr></thead><tbody>${witnesses.map(({ name, size, answer }) => html`<tr><th scope="row">${name}</th><td class="number">${numbers.count(size)}</td><td${answer === "ok" ? "" : html` class="alarm"`}><code>${answer}</code></td></tr>`)}</tbody></table>`
  }<dl class="facts"><dt>${state.published}</dt><dd>${published === null ? words.today.noCheckpoint : state.publishedAt(numbers.count(published.size), numbers.longTime(published.at))}</dd><dt>${state.time}</dt><dd>${stamp === null ? state.noTime : html`${state.publishedAt(numbers.count(stamp.size), numbers.longTime(stamp.at))} · <a href="/log/timestamp">RFC 3161</a>`}</dd></dl></section>`;
}

function erasureSection({ words, numbers }: Scene, { erasures }: LogHistory): Html {
  const texts = words.auditLog;
  return html`<section class="ruled" aria-labelledby="erasures"><h2 id="erasures">${texts.erasures}</h2>${
    erasures.length === 0
      ? html`<p class="note">${texts.noErasures}</p>`
      : html`<table class="rows"><thead><tr><th scope="col" class="number">${words.audit.entry}</th><th scope="col">${texts.hour}</th><th scope="col" class="number">${texts.gaps}</th><th scope="col">${texts.noCopy}</th></tr></thead><tbody>${erasures.map(({ entry, hour, gaps, noCopyOpens }) => html`<tr><th scope="row" class="number"><a href="/audit/entries/${entry}">${numbers.count(entry)}</a></th><td>${numbers.hour(hour)}</td><td class="number">${numbers.count(gaps)}</td><td>${noCopyOpens === null ? texts.keyStands : texts.since(numbers.shortDate(noCopyOpens))}</td></tr>`)}</tbody></table>`
  }</section>`;
}
