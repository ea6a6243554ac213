import { html } from "hono/html";
import type { RequestRight } from "../../subjects/requests/rights.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import type { Both } from "../deps.ts";
import { stateSquare } from "../figures/deadline.ts";
import { csrfField, page } from "../layout.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";
import { dayWords, deadline } from "./deadline.ts";
import type { OwnRequest, RequestVerbs } from "./request-deps.ts";
import { customerSections, responsible, responsibleLine } from "./sections.ts";

/** Rows that are shown, so that the page stays light; the others stand in a copy of the person's data. */
const [MOST_OPEN, MOST_CLOSED] = [30, 20];

export interface RequestsView {
  today: string;
  requests: readonly OwnRequest[];
  stops: Awaited<ReturnType<RequestVerbs["stops"]>>;
  /** By model, for the names of what is stopped. */
  titles: ReadonlyMap<string, Both>;
}

/** How a person's requests stand, with their deadlines, what they have stopped, and what else may be asked for. */
export function requestsPage(scene: Scene, view: RequestsView): Html {
  const words = scene.words.requests;
  // What waits for the person comes first: nothing moves until they answer.
  const open = view.requests
    .filter(({ state }) => isOpen(state))
    .toSorted((a, b) => Number(b.stoppedSince !== null) - Number(a.stoppedSince !== null));
  const closed = view.requests.filter(({ state }) => !isOpen(state));
  const rows = (some: readonly OwnRequest[], most: number) =>
    html`<ul class="request-rows">${some.slice(0, most).map((request) => row(scene, request, view.today))}</ul>${some.length > most ? html`<p class="note after">${scene.words.me.openedMore(scene.numbers.count(some.length - most))} <a href="/me/copy">${scene.words.me.openedCopy}</a></p>` : ""}`;
  return page(scene, {
    title: words.title,
    kind: "customer",
    sections: customerSections(scene, "requests"),
    main: html`<h1>${words.title}</h1><p class="lead">${summary(scene, open, view.today)}</p>${responsibleLine(scene)}
${view.requests.length === 0 ? html`<div class="sheet empty"><p>${words.none}</p></div>` : ""}
${open.length === 0 ? "" : html`<section class="ruled" aria-labelledby="open"><h2 id="open">${words.list}</h2>${rows(open, MOST_OPEN)}</section>`}
${stopped(scene, view)}
${closed.length === 0 ? "" : html`<section class="ruled" aria-labelledby="closed"><h2 id="closed">${words.closedOnes}</h2>${rows(closed, MOST_CLOSED)}</section>`}
${asking(scene)}
${responsible(scene)}`,
  });
}

function summary(scene: Scene, open: readonly OwnRequest[], today: string): Html {
  const words = scene.words.requests;
  if (open.length === 0) return html`${words.noneOpen}`;
  const next = open.flatMap(({ due }) => (due === null || due < today ? [] : [due])).toSorted()[0];
  const waits = open.some(({ state }) => state === "clarification_pending" || state === "identity_pending");
  return html`${words.open(scene.numbers.count(open.length), open.length === 1)}${next === undefined ? "" : html` ${words.nextDay} <strong>${dayWords(scene, next, today)}</strong>.`}${waits ? html` <strong>${words.waitsForYou}</strong>` : ""}`;
}

function row(scene: Scene, request: OwnRequest, today: string): Html {
  const words = scene.words.requests;
  const { id, right, state } = request;
  const said = request.words?.asked.statement;
  const short = said !== undefined && said.length > 160 ? `${said.slice(0, 159).trimEnd()}…` : said;
  const answer = request.words?.steps.at(-1)?.text;
  const last = !isOpen(state) && answer !== undefined ? answer : null;
  return html`<li><div><p><a class="title" href="/me/requests/${id}">${words.names[right]}</a> <span class="request-state">${stateSquare(state)} ${words.states[state]}</span></p>${last === null ? (short === undefined ? "" : html`<p class="quiet">${words.youSaid} “${short}”</p>`) : html`<p class="quiet">${last.length > 200 ? `${last.slice(0, 199).trimEnd()}…` : last}</p>`}</div>${deadline(scene, request, today)}</li>`;
}

function stopped(scene: Scene, { stops, titles }: RequestsView): Html | "" {
  const words = scene.words.requests;
  if (stops.length === 0) return "";
  return html`<section class="ruled" aria-labelledby="stopped"><h2 id="stopped">${words.stopped}</h2><p class="note">${words.stoppedNote}</p><ul class="stops">${stops.map(({ kind, model, request }) => html`<li><p><a href="/me/requests/${request}">${titles.get(model)?.[scene.language] ?? model}</a>: ${words.kinds[kind]}</p>${scene.acting === null ? html`<form method="post" action="/me/requests/${request}/lift">${csrfField(scene.csrf ?? "")}<button class="button second" type="submit">${words.lift}</button></form>` : ""}</li>`)}</ul>${scene.acting === null ? html`<p class="note">${words.liftNote}</p>` : ""}</section>`;
}

const ASKED_AT = {
  review: "/me/ask/review",
  correction: "/me/ask/correction",
  objection: "/me/ask/objection",
  restriction: "/me/ask/restriction",
  consent_revocation: "/me/ask/consent_revocation",
  recipients: "/me/ask/recipients",
  access_complete: "/me/copy",
  erasure: "/me/erase",
} as const;

/** The page on which a right is asked for; one of those that answer themselves has none of its own. */
export const askedAt = (right: RequestRight): string =>
  (ASKED_AT as Partial<Record<RequestRight, string>>)[right] ??
  (right === "portability" ? "/me/copy" : "/me/requests");

function asking(scene: Scene): Html | "" {
  const words = scene.words.requests;
  const rights = (Object.keys(ASKED_AT) as (keyof typeof ASKED_AT)[]).filter((right) => mayAsk(scene, right));
  if (rights.length === 0) return "";
  return html`<section class="ruled" id="ask" aria-labelledby="asks"><h2 id="asks">${words.ask}</h2><ul class="askable">${rights.map((right) => html`<li><a class="title" href="${ASKED_AT[right]}">${words.names[right]}</a><p class="quiet">${words.asks[right]}</p></li>`)}</ul></section>`;
}
