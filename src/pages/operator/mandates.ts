import { html } from "hono/html";
import { REQUEST_RIGHTS, type RequestRight } from "../../subjects/requests/rights.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { DeskMandate } from "./deps.ts";
import { dateOf, doneNote, operatorSections } from "./frame.ts";

export type MandateField = "person" | "representative" | "rights" | "until" | "evidence";

export interface MandatesView {
  /** What was searched for; null: nothing was. */
  found: readonly DeskMandate[] | null;
  typed: Readonly<Record<string, string>>;
  rights: readonly RequestRight[];
  wrong: readonly MandateField[];
  done: boolean;
  /** YYYY-MM-DD */
  today: string;
  log: { size: number; root: string };
}

/** Who acts for whom: the form that records a mandate, and the way to those that a person gave. */
export function mandatesPage(scene: Scene, view: MandatesView): Html {
  const texts = scene.words.mandateDesk;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "mandates"),
    mono: true,
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>${doneNote(scene, view.done)}
<section class="ruled" aria-labelledby="find"><h2 id="find">${texts.find}</h2><p class="note">${texts.findLead}</p>
<form class="step-form" method="post" action="/operator/mandates/find">${csrfField(scene.csrf ?? "")}<label for="whose">${texts.person}</label><input id="whose" name="person" type="text" required maxlength="200" autocomplete="off"><p class="buttons"><button class="button second" type="submit">${texts.findButton}</button></p></form>${view.found === null ? "" : foundTable(scene, view.found)}</section>
<section class="ruled" aria-labelledby="record"><h2 id="record">${texts.record}</h2>${summary(scene, view)}${form(scene, view)}</section>`,
  });
}

function foundTable({ words, numbers, csrf }: Scene, found: readonly DeskMandate[]): Html {
  const texts = words.mandateDesk;
  if (found.length === 0) return html`<p class="sheet" role="status">${texts.found(0)}</p>`;
  const act = ({ id, inForce }: DeskMandate) =>
    inForce
      ? html`<form method="post" action="/operator/mandates/${id}/end">${csrfField(csrf ?? "")}<button class="button second small" type="submit">${texts.end}</button></form>`
      : html`<span class="quiet">${texts.over}</span>`;
  return html`<p role="status">${texts.found(found.length)}</p><table class="rows"><thead><tr><th scope="col">${texts.who}</th><th scope="col">${texts.scope}</th><th scope="col">${texts.lasts}</th><th scope="col">${texts.evidence}</th><th scope="col">${texts.uses}</th><th></th></tr></thead><tbody>${found.map((one) => html`<tr><th scope="row">${one.names?.representative ?? ""} <code>${one.representative}</code></th><td>${one.rights.map((right) => words.operator.rights[right]).join(", ")}</td><td>${numbers.shortDate(dateOf(one.until))}</td><td>${one.note}</td><td>${numbers.count(one.uses)}</td><td class="act">${act(one)}</td></tr>`)}</tbody></table>`;
}

const ANCHORS: Record<MandateField, string> = {
  person: "person",
  representative: "representative",
  rights: "right-confirmation",
  until: "until",
  evidence: "paper",
};

function summary({ words }: Scene, { wrong }: MandatesView): Html | "" {
  if (wrong.length === 0) return "";
  const texts = words.mandateDesk;
  return html`<div class="sheet refusal" role="alert"><p><strong>${words.operator.refusedTitle}</strong> ${texts.wrong}</p><ul>${wrong.map((field) => html`<li><a href="#${ANCHORS[field]}">${texts.wrongs[field]}</a></li>`)}</ul></div>`;
}

function form(scene: Scene, view: MandatesView): Html {
  const { words, csrf } = scene;
  const { typed, rights, wrong } = view;
  const texts = words.mandateDesk;
  const bad = (field: MandateField) => (wrong.includes(field) ? html` aria-invalid="true"` : "");
  const text = (name: string, label: string, hint: string, field: MandateField, most = 200) =>
    html`<label for="${name}">${label}</label><input id="${name}" name="${name}" type="text" required maxlength="${most}" autocomplete="off" value="${typed[name] ?? ""}" aria-describedby="${name}-hint"${bad(field)}><p class="field-hint" id="${name}-hint">${hint}</p>`;
  return html`<form class="step-form mandate-form" method="post" action="/operator/mandates" enctype="multipart/form-data">${csrfField(csrf ?? "")}
<div class="columns two"><div>${text("person", texts.person, texts.personHint, "person")}${text("personName", texts.personName, texts.nameHint, "person")}</div><div>${text("representative", texts.representative, texts.personHint, "representative")}${text("representativeName", texts.representativeName, texts.nameHint, "representative")}</div></div>
<fieldset${wrong.includes("rights") ? html` aria-invalid="true"` : ""}><legend>${texts.rights}</legend><div class="right-ticks">${REQUEST_RIGHTS.map((right) => html`<label class="tick"><input type="checkbox" id="right-${right}" name="rights" value="${right}"${rights.includes(right) ? html` checked` : ""}> <span>${words.operator.rights[right]}</span></label>`)}</div></fieldset>
<label for="until">${texts.until}</label><input id="until" name="until" type="date" required min="${view.today}" value="${typed.until ?? ""}" aria-describedby="until-hint"${bad("until")}><p class="field-hint" id="until-hint">${texts.untilHint}</p>
<div class="columns two"><div><label for="paper">${texts.paper}</label><input id="paper" name="paper" type="file" aria-describedby="paper-hint"${bad("evidence")}><p class="field-hint" id="paper-hint">${texts.paperHint}</p></div><div><label for="sha256">${texts.digest}</label><input id="sha256" name="sha256" type="text" maxlength="64" autocomplete="off" value="${typed.sha256 ?? ""}" aria-describedby="sha256-hint"${bad("evidence")}><p class="field-hint" id="sha256-hint">${texts.digestHint}</p></div></div>
<label for="note">${texts.note}</label><textarea id="note" name="note" rows="2" maxlength="1000" required${bad("evidence")}>${typed.note ?? ""}</textarea>
<p class="buttons"><button class="button" type="submit">${texts.button}</button></p></form>`;
}
