import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import type { Contract } from "../../models/contract.ts";
import { isSentByHand, type StepTaken } from "../../subjects/requests/request.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import { capital, featureNamed, inputWords } from "../contract-words.ts";
import { arrow } from "../figures/marks.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { OpenedForOperator, OperatorStep } from "./deps.ts";
import { dateOf, doneNote, operatorSections, refusal } from "./frame.ts";

export interface RequestView extends OpenedForOperator {
  done: boolean;
  /** A form that was not taken, with what was typed. */
  refused: { step: OperatorStep; problem: Problem; typed: Record<string, string> } | null;
  log: { size: number; root: string };
}

/** Steps that need words. */
const WITH_WORDS: ReadonlySet<OperatorStep> = new Set([
  "extend",
  "identity",
  "clarification",
  "answer",
  "correct",
  "refuse",
  "lift",
]);
export const needsWords = (step: OperatorStep): boolean => WITH_WORDS.has(step);

/** A request with the person's words, its clocks and steps, and the forms of what can be done now. */
export function requestPage(scene: Scene, view: RequestView): Html {
  const { words, numbers } = scene;
  const { request } = view;
  const texts = words.requestPage;
  const title = words.operator.rights[request.right];
  return page(scene, {
    title,
    kind: "expert",
    sections: operatorSections(scene, "requests"),
    mono: true,
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<p class="back">${arrow("left")} <a href="/operator/requests">${texts.back}</a></p>
<div class="title-line"><h1>${title}</h1><p><span class="flag">${words.operator.states[request.state]}</span></p></div>
${doneNote(scene, view.done)}
<div class="columns two">${asked(scene, view)}${clocks(scene, view)}</div>
<section class="ruled" aria-labelledby="todo"><h2 id="todo">${texts.todo}</h2>${refusal(scene, view.refused?.problem ?? null, texts.closed)}${todo(scene, view)}</section>
${steps(scene, request.content.steps)}
<p class="note">${texts.readings} ${texts.received} ${numbers.longTime(request.receivedAt)} UTC.</p>`,
  });
}

function asked(scene: Scene, { request, contract }: RequestView): Html {
  const { words } = scene;
  const texts = words.requestPage;
  const { statement, decision, model, because, inputs } = request.content.asked;
  return html`<section class="ruled" aria-labelledby="asked"><h2 id="asked">${texts.asked}</h2>
${statement === undefined ? html`<p class="note">${texts.noWords}</p>` : html`<blockquote>${statement}</blockquote>`}
<dl class="facts"><dt>${texts.who}</dt><dd><code>${request.content.subject}</code><br><span class="quiet">${texts.proven(request.content.proof)}</span></dd>${decision === undefined ? "" : html`<dt>${texts.decision}</dt><dd><code>${decision}</code></dd>`}${model === undefined ? "" : html`<dt>${texts.model}</dt><dd>${model}</dd>`}${because === undefined ? "" : html`<dt>${texts.because}</dt><dd>${because}</dd>`}${inputs === undefined ? "" : html`<dt>${texts.inputs}</dt><dd>${Object.entries(inputs).map(([name, value]) => html`${featureLabel(scene, contract, name)}: <strong>${valueWords(scene, contract, name, value)}</strong><br>`)}</dd>`}${request.content.channel === undefined ? "" : html`<dt>${texts.received}</dt><dd>${words.intake.cameBy(words.intake.channels[request.content.channel])}</dd>`}<dt>${texts.reference}</dt><dd><code>${request.reference}</code></dd></dl></section>`;
}

const featureLabel = ({ language }: Scene, contract: Contract | null, name: string): string => {
  const feature = contract && featureNamed(contract, name);
  return feature ? capital(feature.label[language]) : name;
};
const valueWords = (
  { language }: Scene,
  contract: Contract | null,
  name: string,
  value: string | number,
): string => (contract ? inputWords(featureNamed(contract, name), value, language) : String(value));

function clocks({ words, numbers }: Scene, { request }: RequestView): Html {
  const texts = words.requestPage;
  const shown = request.content.steps.at(-1)?.clocks ?? [];
  return html`<section class="ruled" aria-labelledby="clocks"><h2 id="clocks">${texts.clocks}</h2><dl class="facts">${shown.map(
    ({ regime, due, immediate, target, rule, calendar }) => {
      const when = due !== null ? numbers.shortDate(dateOf(due)) : immediate ? texts.immediate : texts.still;
      return html`<dt>${texts.regimes[regime]}</dt><dd><strong>${when}</strong>${target === undefined ? "" : html` · ${words.today.target} ${numbers.shortDate(dateOf(target))}`}<br><span class="quiet">${rule}; ${calendar}</span></dd>`;
    },
  )}</dl></section>`;
}

function todo(scene: Scene, view: RequestView): Html {
  const texts = scene.words.requestPage;
  const { request, steps: possible, refused } = view;
  if (possible.length === 0) return html`<p class="note">${texts.closed}</p>`;
  const note =
    request.right === "review"
      ? texts.byReviewer
      : isOpen(request.state) && !possible.includes("answer") && !possible.includes("correct")
        ? texts.byService
        : null;
  return html`${note === null ? "" : html`<p class="note">${note}</p>`}<div class="steps-to-take">${possible.map(
    (step, i) => {
      const open = refused === null ? i === 0 && note === null : refused.step === step;
      return html`<details name="steps"${open ? html` open` : ""}><summary>${step === "answer" && isSentByHand(request) ? texts.sent.title : texts.forms[step].title}</summary>${form(scene, view, step)}</details>`;
    },
  )}</div>`;
}

function form(scene: Scene, { request, grounds, contract, refused }: RequestView, step: OperatorStep): Html {
  const texts = scene.words.requestPage;
  const forms = { ...texts.forms, ...(isSentByHand(request) ? { answer: texts.sent } : {}) };
  const { note, button } = forms[step];
  const typed = refused?.step === step ? refused.typed : {};
  const missing = refused?.step === step && needsWords(step) && (typed.text ?? "").trim() === "";
  const label = "text" in forms[step] ? (forms[step] as { text: string }).text : "";
  const inputs = step === "correct" ? Object.entries(request.content.asked.inputs ?? {}) : [];
  return html`<form class="step-form" method="post" action="/operator/requests/${request.id}/${step}">${scene.csrf === null ? "" : csrfField(scene.csrf)}<p class="note">${note}</p>
${step === "refuse" ? html`<label for="ground">${texts.ground}</label><select id="ground" name="ground" required>${grounds.map(({ code, articles }) => html`<option value="${code}"${typed.ground === code ? html` selected` : ""}>${(texts.grounds as Record<string, string>)[code] ?? code} (${articles.join(", ")})</option>`)}</select>` : ""}
${inputs.map(([name, value]) => html`<label for="input-${name}">${featureLabel(scene, contract, name)} <code>${name}</code></label><input id="input-${name}" name="input:${name}" value="${typed[`input:${name}`] ?? String(value)}" autocomplete="off">`)}
${needsWords(step) ? html`<label for="text-${step}">${label}</label><textarea id="text-${step}" name="text" rows="4" maxlength="4000" required${missing ? html` aria-invalid="true"` : ""}>${typed.text ?? ""}</textarea>` : ""}
<p class="buttons"><button class="button${step === "refuse" ? " second" : ""}" type="submit">${button}</button></p></form>`;
}

function steps({ words, numbers }: Scene, taken: readonly StepTaken[]): Html {
  const texts = words.requestPage;
  return html`<section class="ruled" aria-labelledby="steps"><h2 id="steps">${texts.steps}</h2><ol class="time-line">${taken.map(({ at, action, by, text, articles, logIndex }) => html`<li><time datetime="${at}">${numbers.longTime(new Date(at))}</time><div><p><strong>${texts.actions[action]}</strong> · ${words.operator.parties[by]}${articles === undefined ? "" : html` · ${articles.join(", ")}`}</p>${text === undefined ? "" : html`<p>${text}</p>`}<p class="quiet">${texts.entry} ${numbers.count(logIndex)}</p></div></li>`)}</ol></section>`;
}
