import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import type { Contract } from "../../models/contract.ts";
import { CHANNELS } from "../../subjects/requests/request.ts";
import { HANDING_OUT, PROOF_OF, REQUEST_RIGHTS } from "../../subjects/requests/rights.ts";
import { arrow } from "../figures/marks.ts";
import { csrfField, page } from "../layout.ts";
import { inputField, pointerStep, readTyped } from "../product/form.ts";
import type { Html, Scene } from "../scene.ts";
import { operatorSections } from "./frame.ts";

const FIELDS = [
  ...["right", "subject", "channel", "receivedOn", "proof", "evidence"],
  ...["statement", "decision", "model", "because", "email"],
] as const;
export type IntakeField =
  | "right"
  | "subject"
  | "channel"
  | "receivedOn"
  | "proof"
  | "evidence"
  | "statement"
  | "decision"
  | "model"
  | "because"
  | "email";

export interface IntakeView {
  typed: Readonly<Record<string, string>>;
  wrong: readonly IntakeField[];
  refused: Problem | null;
  /** Of the decision that a correction is about: its fields. */
  contract: Contract | null;
  models: readonly string[];
  /** YYYY-MM-DD: the days of receipt that can be named. */
  today: string;
  oldest: string;
  log: { size: number; root: string };
}

/** The form that takes down a request which came otherwise than by the person's own call. */
export function intakePage(scene: Scene, view: IntakeView): Html {
  const texts = scene.words.intake;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "requests"),
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<p class="back">${arrow("left")} <a href="/operator/requests">${texts.back}</a></p><h1>${texts.title}</h1><p class="lead">${texts.lead}</p>${summary(scene, view)}${form(scene, view)}`,
  });
}

function summary({ words }: Scene, { wrong, refused }: IntakeView): Html | "" {
  const texts = words.intake;
  if (refused !== null) {
    const said =
      (texts.refusals as Record<string, string>)[refused.code] ?? words.problem.byCode[refused.code];
    return html`<div class="sheet refusal" role="alert"><p><strong>${words.operator.refusedTitle}</strong> ${said ?? ""} <code>${refused.code}</code></p></div>`;
  }
  if (wrong.length === 0) return "";
  const fields = FIELDS.filter((field) => wrong.some((one) => one === field)) as IntakeField[];
  return html`<div class="sheet refusal" role="alert"><p><strong>${words.operator.refusedTitle}</strong> ${texts.wrong}</p><ul>${fields.map((field) => html`<li><a href="#intake-${field}">${texts.wrongs[field]}</a></li>`)}</ul></div>`;
}

function form(scene: Scene, view: IntakeView): Html {
  const { words, csrf } = scene;
  const { typed, wrong, models, today, oldest } = view;
  const texts = words.intake;
  const about = (name: IntakeField, hint: boolean) =>
    html`${wrong.includes(name) ? html` aria-invalid="true"` : ""}${hint ? html` aria-describedby="${name}-hint"` : ""}`;
  const label = (name: IntakeField) => html`<label for="intake-${name}">${texts.fields[name]}</label>`;
  const hint = (name: IntakeField) => (texts.hints as Partial<Record<IntakeField, string>>)[name];
  const under = (name: IntakeField) =>
    hint(name) === undefined ? "" : html`<p class="field-hint" id="${name}-hint">${hint(name)}</p>`;
  const input = (name: IntakeField, kind: Html | string) =>
    html`${label(name)}<input id="intake-${name}" name="${name}" ${kind} autocomplete="off" value="${typed[name] ?? ""}"${about(name, hint(name) !== undefined)}>${under(name)}`;
  const select = (name: IntakeField, options: readonly (readonly [value: string, text: string])[]) =>
    html`${label(name)}<select id="intake-${name}" name="${name}"${about(name, hint(name) !== undefined)}>${options.map(([value, text]) => html`<option value="${value}"${typed[name] === value ? html` selected` : ""}>${text}</option>`)}</select>${under(name)}`;
  const area = (name: IntakeField, rows: number) =>
    html`${label(name)}<textarea id="intake-${name}" name="${name}" rows="${rows}" maxlength="4000"${about(name, hint(name) !== undefined)}>${typed[name] ?? ""}</textarea>${under(name)}`;
  const rights = REQUEST_RIGHTS.map((right) => {
    const level = texts.needs(PROOF_OF[right]);
    return [
      right,
      `${words.operator.rights[right]} (${level}${HANDING_OUT.has(right) ? `, ${texts.byHand}` : ""})`,
    ] as const;
  });
  const because = words.ask.becauses;
  const grounds = (Object.keys(because) as (keyof typeof because)[]).map(
    (code) => [code, because[code]] as const,
  );
  return html`<form class="step-form intake" method="post" action="/operator/intake" novalidate>${csrfField(csrf ?? "")}
<section class="ruled"><h2>${texts.came}</h2>${select(
    "channel",
    CHANNELS.map((channel) => [channel, texts.channels[channel]] as const),
  )}${input("receivedOn", html`type="date" required min="${oldest}" max="${today}"`)}</section>
<section class="ruled"><h2>${texts.who}</h2>${input("subject", html`type="text" required maxlength="200"`)}${select(
    "proof",
    ([3, 2, 1] as const).map((level) => [String(level), texts.levels[level]] as const),
  )}${area("evidence", 2)}</section>
<section class="ruled"><h2>${texts.what}</h2>${select("right", rights)}${area("statement", 4)}${input("decision", html`type="text" maxlength="36"`)}${view.contract ? corrected(scene, view, view.contract) : ""}${select("model", [["", words.today.anyModel], ...models.map((model) => [model, model] as const)])}${select("because", [["", words.operator.none], ...grounds])}
<label class="tick"><input type="checkbox" name="erase" value="yes"${typed.erase === "yes" ? html` checked` : ""}> <span>${texts.erase}</span></label>${input("email", html`type="email" maxlength="320"`)}</section>
<p class="buttons"><button class="button" type="submit">${texts.button}</button></p></form>`;
}

/** The package's fields, empty: what is filled in is what should have been; what the decision used stays closed. */
function corrected(scene: Scene, { typed, refused }: IntakeView, contract: Contract): Html {
  const texts = scene.words.intake;
  const values = readTyped(contract, typed);
  const fields = contract.features.map((feature, i) => {
    const fault = refused?.faults.find(({ pointer }) => pointer === `/inputs/${pointerStep(feature.name)}`);
    return inputField(scene, feature, i, values, fault);
  });
  return html`<fieldset class="corrected"><legend>${texts.inputs}</legend><p class="field-hint">${texts.inputsHint}</p><div class="try-fields">${fields}</div></fieldset>`;
}
