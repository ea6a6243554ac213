import { html } from "hono/html";
import type { Fault } from "../../errors.ts";
import type { Contract } from "../../models/contract.ts";
import { inputWords, outcomeWords } from "../contract-words.ts";
import type { MyDecision } from "../deps.ts";
import { arrow } from "../figures/marks.ts";
import { csrfField, page } from "../layout.ts";
import { fieldId, inputField, pointerStep, type Typed } from "../product/form.ts";
import type { Html, Scene } from "../scene.ts";
import { gist } from "./decisions.ts";
import type { DataUse, FormRight, ToldRecipients } from "./request-deps.ts";
import { customerSections, responsible } from "./sections.ts";

/** Fields before the rest is folded away. */
const SHOWN_FIELDS = 10;
/** Decisions that may be chosen from; older ones are reached by their own page. */
export const MOST_CHOICES = 40;

export interface Chosen {
  contract: Contract;
  mine: MyDecision;
}

/** What may be wrong with a form that came back. */
export type WrongField = "statement" | "email" | "because" | "inputs";

export interface AskView {
  right: FormRight;
  /** For rights about one decision: that one, or those that there are to choose from. */
  decision: Chosen | null;
  choices: readonly Chosen[];
  /** The decision is named by its number, and nothing of it is shown: a representative's mandate does not reach it. */
  byNumber: boolean;
  /** For rights about a use of data. */
  uses: readonly DataUse[];
  tellsByMail: boolean;
  typed: Readonly<Record<string, string>>;
  wrong: readonly WrongField[];
  faults: readonly Fault[];
  /** A refusal of the whole, by its code. */
  refused: string | null;
  /** Of a revocation: whether erasing along with it is in reach, or the way to a proof that reaches it. */
  erasing: { allowed: boolean; prove: string | null };
}

/** The form of one right: what it is, what it is about, and what the person wants to say. */
export function askPage(scene: Scene, view: AskView): Html {
  const words = scene.words.ask;
  const { right } = view;
  const title = words.titles[right];
  return page(scene, {
    title,
    kind: "customer",
    sections: customerSections(scene, "requests"),
    main: html`<p class="back">${arrow("left")} <a href="/me/requests">${words.back}</a></p>
<h1>${title}</h1><p class="lead">${words.leads[right]}</p>
${summary(scene, view)}
${body(scene, view)}
${responsible(scene)}`,
  });
}

function body(scene: Scene, view: AskView): Html {
  const words = scene.words.ask;
  const { right, decision, choices, uses } = view;
  if (right === "review" || right === "correction") {
    if (decision === null && !view.byNumber) return choosing(scene, right, choices);
  } else if (right !== "recipients" && uses.length === 0)
    return html`<div class="sheet empty"><p>${words.noUses}</p></div>`;
  const second = html`<a class="button second" href="/me/requests">${words.cancel}</a>`;
  return html`<form class="asking" method="post" action="/me/ask/${right}" novalidate>${csrfField(scene.csrf ?? "")}${decision === null ? (view.byNumber ? numberField(scene, view) : "") : about(scene, decision)}
${right === "correction" && decision !== null ? correcting(scene, decision, view) : ""}
${right === "objection" || right === "restriction" || right === "consent_revocation" ? usesOf(scene, view) : ""}
${right === "restriction" ? becauses(scene, view) : ""}
${right === "consent_revocation" ? alsoErase(scene, view) : ""}
${right === "recipients" || right === "consent_revocation" ? "" : statement(scene, view, right)}
${view.tellsByMail && right !== "recipients" ? email(scene, view) : ""}
<p class="buttons"><button class="button" type="submit">${words.buttons[right]}</button> ${second}</p></form>`;
}

/** What is wrong, above the form, with a link to each field. */
function summary(scene: Scene, { right, wrong, faults, refused, decision }: AskView): Html | "" {
  const { words } = scene;
  if (refused !== null)
    return html`<div class="sheet refusal" role="alert"><p><strong>${words.ask.refusedTitle}</strong> ${words.problem.byCode[refused] ?? ""} <code>${refused}</code></p></div>`;
  if (wrong.length === 0) return "";
  const said: Record<WrongField, [anchor: string, text: string]> = {
    statement: ["statement", words.ask.missing],
    email: ["email", words.ask.emailWrong],
    because: ["because-accuracy_contested", words.ask.becauseMissing],
    inputs: [fieldId(0), words.ask.nothingChanged],
  };
  const ofInputs =
    right !== "correction" || decision === null
      ? []
      : decision.contract.features.flatMap((feature, i) =>
          faults.some(({ pointer }) => pointer === `/inputs/${pointerStep(feature.name)}`)
            ? [[fieldId(i), feature.label[scene.language]] as const]
            : [],
        );
  const lines = [
    ...ofInputs,
    ...wrong.filter((field) => field !== "inputs" || ofInputs.length === 0).map((field) => said[field]),
  ];
  return html`<div class="sheet refusal" role="alert"><p><strong>${words.ask.wrong}</strong></p><ul>${lines.map(([anchor, text]) => html`<li><a href="#${anchor}">${text}</a></li>`)}</ul></div>`;
}

const decisionLine = (scene: Scene, { contract, mine }: Chosen): Html =>
  html`<strong>${contract.title[scene.language]}</strong>: ${outcomeWords(contract, mine.decision.outcome, scene.language).label}<br><span class="quiet">${gist(scene, contract, mine.inputs)} · ${scene.numbers.shortDate(new Date(mine.at))}</span>`;

function about(scene: Scene, chosen: Chosen): Html {
  return html`<input type="hidden" name="decision" value="${chosen.mine.decision.id}"><div class="about-decision"><h2>${scene.words.ask.theDecision}</h2><p>${decisionLine(scene, chosen)}</p></div>`;
}

function numberField({ words }: Scene, { typed }: AskView): Html {
  const texts = words.mandates;
  const given = typed.decision ?? "";
  const bad = given !== "" && !/^[0-9a-f-]{36}$/.test(given);
  return html`<div class="own-words"><label for="decision">${texts.number}</label><input id="decision" name="decision" type="text" required maxlength="36" autocomplete="off" value="${given}" aria-describedby="decision-hint${bad ? " decision-error" : ""}"${bad ? html` aria-invalid="true"` : ""}><p class="field-hint" id="decision-hint">${texts.numberHint}</p>${bad ? html`<p class="field-error" id="decision-error">${texts.numberWrong}</p>` : ""}</div>`;
}

function choosing(scene: Scene, right: FormRight, choices: readonly Chosen[]): Html {
  const words = scene.words.ask;
  if (choices.length === 0) return html`<div class="sheet empty"><p>${words.noDecision}</p></div>`;
  return html`<section class="ruled"><h2>${words.which}</h2><ul class="askable">${choices.map((chosen) => html`<li><a href="/me/ask/${right}?decision=${chosen.mine.decision.id}">${decisionLine(scene, chosen)}</a></li>`)}</ul></section>`;
}

/** The fields of the decision's package, each with what was used: only what differs is sent on. */
function correcting(scene: Scene, { contract, mine }: Chosen, { typed, faults }: AskView): Html {
  const { language, words, numbers } = scene;
  const inputs: Typed = Object.fromEntries(
    contract.features.map(({ name }) => [name, typed[`input:${name}`] ?? String(mine.inputs[name] ?? "")]),
  );
  const faultOf = (name: string) => faults.find(({ pointer }) => pointer === `/inputs/${pointerStep(name)}`);
  const fields = contract.features.map((feature, i) => {
    const used = mine.inputs[feature.name];
    const was = used === undefined ? "" : words.ask.was(inputWords(feature, used, language));
    return inputField(scene, feature, i, inputs, faultOf(feature.name), { was });
  });
  const folded = contract.features.slice(SHOWN_FIELDS);
  const isOpen = folded.some(({ name }) => faultOf(name) || inputs[name] !== String(mine.inputs[name] ?? ""));
  return html`<div class="try-fields">${fields.slice(0, SHOWN_FIELDS)}</div>${folded.length === 0 ? "" : html`<details class="more-fields"${isOpen ? html` open` : ""}><summary>${words.ask.more(numbers.count(folded.length))}</summary><div class="try-fields">${fields.slice(SHOWN_FIELDS)}</div></details>`}`;
}

function radio(name: string, value: string, label: string | Html, note: string, checked: boolean): Html {
  return html`<div class="right-choice"><input type="radio" id="${name}-${value}" name="${name}" value="${value}"${checked ? html` checked` : ""}><label for="${name}-${value}">${label}${note === "" ? "" : html`<br><span class="quiet">${note}</span>`}</label></div>`;
}

function usesOf(scene: Scene, { uses, typed }: AskView): Html {
  const { words, language } = scene;
  const note = ({ given, articles }: DataUse) =>
    (given ? words.ask.given : words.ask.notGiven)(articles.join("; "));
  const several = uses.length > 1;
  return html`<fieldset><legend>${words.ask.uses}</legend>${several ? radio("model", "all", words.ask.allUses, "", (typed.model ?? "all") === "all") : ""}${uses.map((use) => radio("model", use.model, html`<strong>${use.title[language]}</strong>: ${use.purpose[language]}`, note(use), several ? typed.model === use.model : true))}</fieldset>`;
}

function becauses({ words }: Scene, { typed, wrong }: AskView): Html {
  const texts = words.ask.becauses;
  const bad = wrong.includes("because");
  return html`<fieldset${bad ? html` aria-describedby="because-error"` : ""}><legend>${words.ask.because}</legend>${(Object.keys(texts) as (keyof typeof texts)[]).map((code) => radio("because", code, texts[code], "", typed.because === code))}${bad ? html`<p class="field-error" id="because-error">${words.ask.becauseMissing}</p>` : ""}</fieldset>`;
}

function alsoErase({ words }: Scene, { erasing, typed }: AskView): Html {
  if (!erasing.allowed)
    return html`<p class="note">${words.ask.eraseProof}${erasing.prove === null ? "" : html` <a href="${erasing.prove}">${words.requests.prove}</a>`}</p>`;
  return html`<label class="tick"><input type="checkbox" name="erase" value="yes"${typed.erase === "yes" ? html` checked` : ""}> <span>${words.ask.erase}<br><span class="quiet">${words.ask.eraseNote}</span></span></label>`;
}

function statement(
  { words }: Scene,
  { typed, wrong }: AskView,
  right: keyof Scene["words"]["ask"]["statements"],
): Html {
  const bad = wrong.includes("statement");
  const value = typed.statement ?? "";
  return html`<div class="own-words"><label for="statement">${words.ask.statements[right]}</label><textarea id="statement" name="statement" rows="${right === "review" || right === "objection" ? 7 : 4}" maxlength="4000" aria-describedby="statement-hint${bad ? " statement-error" : ""}"${bad ? html` aria-invalid="true"` : ""}>${value}</textarea><p class="field-hint" id="statement-hint">${words.ask.statementHints[right]}</p>${bad ? html`<p class="field-error" id="statement-error">${value.trim() === "" ? words.ask.missing : words.ask.unusable}</p>` : ""}</div>`;
}

function email({ words }: Scene, { typed, wrong }: AskView): Html {
  const bad = wrong.includes("email");
  return html`<div class="own-words"><label for="email">${words.ask.email}</label><input id="email" name="email" type="email" autocomplete="email" value="${typed.email ?? ""}" aria-describedby="email-hint${bad ? " email-error" : ""}"${bad ? html` aria-invalid="true"` : ""}><p class="field-hint" id="email-hint">${words.ask.emailHint}</p>${bad ? html`<p class="field-error" id="email-error">${words.ask.emailWrong}</p>` : ""}</div>`;
}

/** The answer to who was given a person's data, which the service gives at once. */
export function recipientsPage(scene: Scene, uses: readonly ToldRecipients[]): Html {
  const { words, language } = scene;
  const names = (some: readonly string[]) => (some.length === 0 ? words.ask.nobody : some.join(", "));
  return page(scene, {
    title: words.ask.titles.recipients,
    kind: "customer",
    sections: customerSections(scene, "requests"),
    main: html`<p class="back">${arrow("left")} <a href="/me/requests">${words.ask.back}</a></p><h1>${words.ask.titles.recipients}</h1>
${uses.length === 0 ? html`<p class="lead">${words.ask.noUses}</p>` : ""}${uses.map(({ title, clients, told }) => html`<section class="ruled"><h2>${title[language]}</h2><dl class="recipients"><dt>${words.ask.clients}</dt><dd>${names(clients)}</dd><dt>${words.ask.toldTo}</dt><dd>${names(told)}</dd></dl></section>`)}
<p class="note">${words.ask.openedBelow} <a href="/me#opened">${words.ask.openedLink}</a>.</p>
${responsible(scene)}`,
  });
}
