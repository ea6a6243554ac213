import { html } from "hono/html";
import type { Contract } from "../../models/contract.ts";
import type { StepTaken } from "../../subjects/requests/request.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import { capital, featureNamed, inputWords, outcomeWords } from "../contract-words.ts";
import { stateSquare } from "../figures/deadline.ts";
import { arrow } from "../figures/marks.ts";
import { csrfField, page } from "../layout.ts";
import { type Html, mayRead, type Scene } from "../scene.ts";
import { deadline } from "./deadline.ts";
import type { OwnRequest } from "./request-deps.ts";
import { customerSections, responsible } from "./sections.ts";

export interface RequestView {
  today: string;
  request: OwnRequest;
  /** Of the decision that it is about; null where it is about none, or that one is gone. */
  contract: Contract | null;
  /** Whether something that it stopped is stopped still. */
  stops: boolean;
  /** Where a stronger proof of identity is given; null: nowhere from here. */
  prove: string | null;
  /** What just happened to it. */
  done: "asked" | "open" | "moved" | null;
  /** The answer to a question came back empty or unusable. */
  unanswered?: string;
}

/** One request of a person's: where it stands, what is wanted of them, what was answered and why, every step. */
export function requestPage(scene: Scene, view: RequestView): Html {
  const { request, today, done } = view;
  const words = scene.words.request;
  const title = scene.words.requests.names[request.right];
  const notes = { asked: words.asked, open: words.alreadyOpen, moved: words.moved };
  return page(scene, {
    title,
    kind: "customer",
    sections: customerSections(scene, "requests"),
    main: html`<p class="back">${arrow("left")} <a href="/me/requests">${words.back}</a></p>
<h1>${title}</h1><p class="request-state">${stateSquare(request.state)} ${scene.words.requests.states[request.state]}</p>
${done === null ? "" : html`<p class="sheet" role="status">${notes[done]}</p>`}
${request.channel === undefined ? "" : html`<p class="note">${scene.words.intake.cameBy(scene.words.intake.channels[request.channel])}</p>`}<div class="clock-alone">${deadline(scene, request, today)}</div>
${request.words === null ? withoutWords(scene, view) : withWords(scene, view, request.words)}
${clocks(scene, request)}
${responsible(scene)}`,
  });
}

function withoutWords(scene: Scene, { prove }: RequestView): Html {
  const words = scene.words.requests;
  return html`<div class="sheet"><p>${words.proveToRead}</p>${prove === null ? "" : html`<p class="buttons"><a class="button" href="${prove}">${words.prove}</a></p>`}</div>`;
}

function withWords(scene: Scene, view: RequestView, told: NonNullable<OwnRequest["words"]>): Html {
  const { request } = view;
  const words = scene.words.request;
  const open = isOpen(request.state);
  return html`${open ? wanted(scene, view, told.steps) : answer(scene, view, told)}
${asked(scene, view, told.asked)}
${open ? html`<section class="ruled" aria-labelledby="next"><h2 id="next">${words.next}</h2><p>${nextText(scene, request)}</p></section>` : ""}
${steps(scene, told.steps)}
${view.stops && scene.acting === null ? lifting(scene, request) : ""}
${open ? cancelling(scene, request) : ""}
${request.forgetAt === null ? "" : html`<p class="note after">${words.kept(scene.numbers.longDay(request.forgetAt))}</p>`}`;
}

function nextText({ words }: Scene, { right, byHand }: OwnRequest): string {
  if (byHand) return words.intake.next;
  const texts = words.request.nextText;
  return right === "review" || right === "correction" || right === "objection" ? texts[right] : texts.other;
}

/** What is wanted of the person now: nothing moves until they answer. */
function wanted(
  scene: Scene,
  { request, prove, unanswered }: RequestView,
  steps: readonly StepTaken[],
): Html | "" {
  const words = scene.words.request;
  const csrf = csrfField(scene.csrf ?? "");
  const question = steps.findLast(
    ({ action }) => action === "ask_clarification" || action === "ask_identity",
  )?.text;
  const quoted = question === undefined ? "" : html`<blockquote>${question}</blockquote>`;
  if (request.state === "clarification_pending")
    return html`<section class="sheet framed" aria-labelledby="wanted"><h2 id="wanted">${words.question}</h2>${quoted}
<form method="post" action="/me/requests/${request.id}/clarification">${csrf}<label for="text">${words.answerField}</label><textarea id="text" name="text" rows="5" maxlength="4000" required${unanswered === undefined ? "" : html` aria-invalid="true" aria-describedby="text-error"`}>${unanswered ?? ""}</textarea>${unanswered === undefined ? "" : html`<p class="field-error" id="text-error" role="alert">${unanswered.trim() === "" ? words.answerMissing : scene.words.ask.unusable}</p>`}<p class="buttons"><button class="button" type="submit">${words.answerButton}</button></p></form></section>`;
  // Only the person says that it is them.
  if (request.state === "identity_pending" && scene.acting !== null)
    return html`<section class="sheet framed" aria-labelledby="wanted"><h2 id="wanted">${words.identity}</h2>${quoted}<p>${scene.words.mandates.identity}</p></section>`;
  if (request.state === "identity_pending")
    return html`<section class="sheet framed" aria-labelledby="wanted"><h2 id="wanted">${words.identity}</h2>${quoted}<p>${words.identityText}</p>${
      prove === null
        ? html`<form method="post" action="/me/requests/${request.id}/identity">${csrf}<p class="buttons"><button class="button" type="submit">${words.identityButton}</button></p></form>`
        : html`<p class="buttons"><a class="button" href="${prove}">${scene.words.requests.prove}</a></p>`
    }</section>`;
  return "";
}

function asked(
  scene: Scene,
  { contract }: RequestView,
  { statement, decision, model, because, inputs, erase }: NonNullable<OwnRequest["words"]>["asked"],
): Html | "" {
  const words = scene.words.request;
  const { language } = scene;
  const given = Object.entries(inputs ?? {});
  if (statement === undefined && decision === undefined && model === undefined && !because && !erase)
    return "";
  return html`<section class="ruled" aria-labelledby="asked"><h2 id="asked">${words.whatYouAsked}</h2>
${statement === undefined ? "" : html`<blockquote>${statement}</blockquote>`}
${because === undefined ? "" : html`<p>${words.because}: ${scene.words.ask.becauses[because]}</p>`}
${erase ? html`<p>${words.alsoErase}</p>` : ""}
${
  given.length === 0
    ? ""
    : html`<dl class="inputs">${given.map(([name, value]) => {
        const feature = contract ? featureNamed(contract, name) : undefined;
        return html`<div><dt>${capital(feature?.label[language] ?? name)}</dt><dd>${words.inputs} <strong>${inputWords(feature, value, language)}</strong></dd></div>`;
      })}</dl>`
}
${decision === undefined || contract === null || !mayRead(scene) ? "" : html`<p><a href="/me/decisions/${decision}">${words.decision}</a></p>`}</section>`;
}

/** What came of it, in the words of whoever answered; a refusal with its ground, its articles and where to turn. */
function answer(scene: Scene, view: RequestView, told: NonNullable<OwnRequest["words"]>): Html | "" {
  const { request, contract } = view;
  const words = scene.words.request;
  const last = told.steps.findLast(({ action }) => action === "answer" || action === "refuse");
  if (last === undefined) return "";
  const said = last.text === undefined ? "" : html`<blockquote>${last.text}</blockquote>`;
  const articles =
    last.articles === undefined ? "" : html` <span class="quiet">(${last.articles.join("; ")})</span>`;
  if (last.action === "refuse") {
    const grounds = scene.words.requestPage.grounds as Record<string, string>;
    const named = last.ground === undefined ? undefined : grounds[last.ground];
    const why =
      last.ground === "basis"
        ? words.byBasis
        : last.ground === "kept_by_law"
          ? words.keptByLaw
          : capital(named ?? last.ground ?? "");
    return html`<section class="ruled" aria-labelledby="refused"><h2 id="refused">${words.refused}</h2><p>${why}${articles}</p>${said}<p class="note">${words.remedies}</p></section>`;
  }
  return html`<section class="ruled" aria-labelledby="answer"><h2 id="answer">${words.result}</h2><p><strong>${resultWords(scene, request, contract, told.outcome)}</strong>${articles}</p>${said}${links(scene, request, told)}</section>`;
}

function resultWords(
  scene: Scene,
  { right, byHand }: OwnRequest,
  contract: Contract | null,
  outcome: Record<string, unknown> | undefined,
): string {
  const words = scene.words.request;
  if (right === "review" && outcome) {
    if (outcome.result === "annulled") return words.reviewed.annulled;
    if (outcome.result === "upheld") return words.reviewed.upheld;
    const code = String(outcome.outcome);
    return words.reviewed.changed(contract ? outcomeWords(contract, code, scene.language).label : code);
  }
  if (byHand) return scene.words.intake.sent;
  return right === "correction" ? words.corrected : words.answered[right];
}

function links(
  scene: Scene,
  { right, byHand }: OwnRequest,
  { asked: of, outcome }: NonNullable<OwnRequest["words"]>,
): Html | "" {
  const words = scene.words.request;
  const to = (href: string, label: string) =>
    html`<p class="buttons"><a class="button second" href="${href}">${label}</a></p>`;
  if (right === "correction" && typeof outcome?.decision === "string" && mayRead(scene))
    return to(`/me/decisions/${outcome.decision}`, words.newDecision);
  if (!byHand && (right === "access_complete" || right === "portability"))
    return to("/me/copy", words.toCopies);
  if (right === "review" && of.decision !== undefined && mayRead(scene))
    return to(`/me/decisions/${of.decision}`, words.decision);
  return "";
}

function steps(scene: Scene, taken: readonly StepTaken[]): Html {
  const words = scene.words.request;
  return html`<section class="ruled" aria-labelledby="steps"><h2 id="steps">${words.steps}</h2><ol class="own-steps">${taken.map(({ at, action, by, who, text, logIndex }) => html`<li><time datetime="${at}">${scene.numbers.longTime(new Date(at))}</time><div><p><strong>${words.actions[action]}</strong> · ${words.parties[by]}${who === undefined ? "" : html` (${who})`}</p>${text === undefined ? "" : html`<p>${text}</p>`}<p class="quiet">${words.entry(scene.numbers.count(logIndex))}</p></div></li>`)}</ol><p class="note">${scene.words.shell.utc}</p></section>`;
}

/** Every law's own clock, with its rule and the calendar that it was read from. */
function clocks(scene: Scene, { clocks: shown }: OwnRequest): Html | "" {
  const { numbers, words } = scene;
  const texts = words.request;
  if (shown.length === 0) return "";
  const dayOf = (day: string) => numbers.shortDate(new Date(`${day}T00:00:00Z`));
  return html`<details class="how-counted"><summary>${texts.rule}</summary><p class="note">${texts.ruleNote}</p><dl class="clock-facts">${shown.map(
    ({ regime, due, immediate, target, rule, calendar }) => {
      const when = due !== null ? dayOf(due) : immediate ? words.requests.atOnce : words.requests.noDay;
      return html`<div><dt>${texts.clockOf[regime]}</dt><dd><strong>${when}</strong>${target === undefined ? "" : html` · ${texts.own} ${dayOf(target)}`}<br><span class="quiet" lang="en">${rule}</span><br><span class="quiet">${texts.calendar}: ${calendar}</span></dd></div>`;
    },
  )}</dl></details>`;
}

function lifting(scene: Scene, { id }: OwnRequest): Html {
  const words = scene.words.requests;
  return html`<section class="ruled"><form method="post" action="/me/requests/${id}/lift">${csrfField(scene.csrf ?? "")}<p>${words.liftNote}</p><p class="buttons"><button class="button second" type="submit">${words.lift}</button></p></form></section>`;
}

function cancelling(scene: Scene, { id }: OwnRequest): Html {
  const words = scene.words.request;
  return html`<details class="taking-back"><summary>${words.cancel}</summary><form method="post" action="/me/requests/${id}/cancel">${csrfField(scene.csrf ?? "")}<p>${words.cancelText}</p><p class="buttons"><button class="button second" type="submit">${words.cancelButton}</button></p></form></details>`;
}
