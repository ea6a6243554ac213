import { html } from "hono/html";
import type { Contract } from "../../models/contract.ts";
import type { IncidentDeadline } from "../../subjects/deadlines/incident.ts";
import { type IncidentScope, MOST_PEOPLE } from "../../subjects/incident.ts";
import { capital } from "../contract-words.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { dateOf, operatorSections } from "./frame.ts";
import { INCIDENT_FIELDS, type IncidentForm, incidentForm } from "./incident-form.ts";

export interface IncidentView {
  form: IncidentForm;
  /** null before anything was asked */
  scope: IncidentScope | null;
  deadlines: readonly IncidentDeadline[];
  /** Of the versions that were touched. */
  contracts: readonly Contract[];
  log: { size: number; root: string };
  unconfirmed: boolean;
}

/** Which people and which data were touched, by when who must be told, and the way to the people. */
export function incidentPage(scene: Scene, view: IncidentView): Html {
  const texts = scene.words.incident;
  const { form, scope } = view;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "incident"),
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>
${form.wrong.length === 0 ? "" : html`<div class="sheet refusal" role="alert"><p><strong>${texts.wrong}</strong> ${form.wrong.map((name) => html`<a href="#incident-${name}">${texts[name]}</a> `)}</p></div>`}
${incidentForm(scene, form)}
${scope === null ? "" : html`<div class="columns">${touched(scene, scope)}${byVersion(scene, scope)}${deadlines(scene, view.deadlines)}</div>${features(scene, view.contracts)}${reveal(scene, view, scope)}`}`,
  });
}

function touched({ words, numbers }: Scene, scope: IncidentScope): Html {
  const texts = words.incident;
  const row = (name: string, value: number, note = "") =>
    html`<div><dt>${name}${note ? html`<br><small>${note}</small>` : ""}</dt><dd>${numbers.count(value)}</dd></div>`;
  return html`<section class="ruled" aria-labelledby="touched"><h2 id="touched">${texts.people(numbers.count(scope.people))}</h2><p class="note">${scope.people === 0 ? texts.nobody : texts.peopleNote}</p>
<dl class="counts"><div><dt><strong>${texts.decisions}</strong></dt></div>${row(texts.made, scope.made)}${row(texts.opened, scope.opened)}${row(texts.gone, scope.gone)}${row(texts.lists, scope.lists, texts.listsNote)}${row(texts.requests, scope.requests)}</dl></section>`;
}

function byVersion({ words, numbers }: Scene, { byVersion: rows }: IncidentScope): Html {
  const texts = words.incident;
  return html`<section class="ruled" aria-labelledby="versions"><h2 id="versions">${texts.byVersion}</h2><table class="rows"><thead><tr><th scope="col">${texts.model}</th><th scope="col" class="number">${texts.decisions}</th><th scope="col" class="number">${texts.titular}</th></tr></thead><tbody>${rows.map(({ model, version, decisions, people }) => html`<tr><th scope="row">${model} ${version}</th><td class="number">${numbers.count(decisions)}</td><td class="number">${numbers.count(people)}</td></tr>`)}</tbody></table></section>`;
}

function deadlines({ words, numbers }: Scene, rows: readonly IncidentDeadline[]): Html {
  const texts = words.incident;
  return html`<section class="ruled" aria-labelledby="deadlines"><h2 id="deadlines">${texts.deadlines}</h2><dl class="facts">${rows.map(
    ({ regime, at, day, peopleToo, rule }) => {
      const when =
        at === null ? (day === null ? "" : numbers.shortDate(dateOf(day))) : `${numbers.longTime(at)} UTC`;
      return html`<dt>${regime === "gdpr" ? texts.gdpr : texts.anpd}</dt><dd><strong>${when}</strong><br><span class="quiet">${rule}</span></dd><dt>${texts.titular}</dt><dd>${peopleToo ? html`<strong>${when}</strong>` : texts.without}</dd>`;
    },
  )}</dl><p class="note">${texts.notLaw}</p></section>`;
}

function features({ words, language }: Scene, contracts: readonly Contract[]): Html {
  const texts = words.incident;
  const seen = new Map(
    contracts.flatMap((contract) => contract.features.map((one) => [one.name, one] as const)),
  );
  if (seen.size === 0) return html``;
  return html`<section class="ruled" aria-labelledby="data"><h2 id="data">${texts.features}</h2><ul class="data-kinds">${[...seen.values()].map(({ name, label, sensitivity }) => html`<li><span>${capital(label[language])} <code>${name}</code></span> <span class="quiet">${texts.sensitivities[sensitivity]}</span></li>`)}</ul></section>`;
}

function reveal(scene: Scene, { form, unconfirmed }: IncidentView, { people }: IncidentScope): Html {
  const texts = scene.words.incident;
  if (people === 0) return html``;
  const hidden = INCIDENT_FIELDS.map(
    (name) => html`<input type="hidden" name="${name}" value="${form.typed[name] ?? ""}">`,
  );
  return html`<section class="sheet framed" aria-labelledby="reveal"><h2 id="reveal">${texts.reveal}</h2><p>${texts.revealNote}</p>${people > MOST_PEOPLE ? html`<p class="note">${texts.tooMany(scene.numbers.count(MOST_PEOPLE))}</p>` : html`<form method="post" action="/operator/incident">${scene.csrf === null ? "" : csrfField(scene.csrf)}${hidden}<label class="tick${unconfirmed ? " refused" : ""}"><input type="checkbox" name="confirm" value="yes" required${unconfirmed ? html` aria-invalid="true" aria-describedby="confirm-error"` : ""}> ${texts.confirm}</label>${unconfirmed ? html`<p class="field-error" id="confirm-error">${texts.unconfirmed}</p>` : ""}<p class="buttons"><button class="button second" type="submit">${texts.button}</button></p></form>`}</section>`;
}
