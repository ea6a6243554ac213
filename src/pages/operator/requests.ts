import { html } from "hono/html";
import type { AgendaLine } from "../../subjects/requests/agenda.ts";
import type { RequestLine } from "../../subjects/requests/list.ts";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { operatorSections } from "./frame.ts";
import { agendaTable } from "./today.ts";

export interface RequestsView {
  place: { today: string; timeZone: string; calendar: string };
  open: readonly AgendaLine[];
  closed: readonly RequestLine[];
  log: { size: number; root: string };
}

/** Every request that is kept: the open ones by deadline, then the closed ones. */
export function requestsPage(scene: Scene, { place, open, closed, log }: RequestsView): Html {
  const { words, numbers } = scene;
  const texts = words.requestList;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "requests"),
    logLine: { ...log, entry: null, seal: "unchecked" },
    main: html`<div class="title-line"><div><h1>${texts.title}</h1><p class="lead">${texts.lead}</p></div><a class="button second" href="/operator/intake">${words.intake.link}</a></div>
<section class="ruled" aria-labelledby="open"><h2 id="open">${texts.open}</h2>${open.length === 0 ? html`<p class="sheet"><strong>${words.today.empty}</strong> ${words.today.emptyNote}</p>` : agendaTable(scene, open, place.today, true)}<p class="note">${words.operator.whole(place.timeZone, place.calendar)}</p></section>
<section class="ruled" aria-labelledby="closed"><h2 id="closed">${texts.closed}</h2>${
      closed.length === 0
        ? html`<p class="note">${texts.closedEmpty}</p>`
        : html`<table class="rows"><thead><tr><th scope="col">${words.today.request}</th><th scope="col">${texts.received}</th><th scope="col">${texts.state}</th></tr></thead><tbody>${closed.map(({ id, right, receivedAt, state }) => html`<tr><th scope="row"><a href="/operator/requests/${id}">${words.operator.rights[right]}</a> <code>${id.slice(0, 8)}</code></th><td>${numbers.shortDate(receivedAt)}</td><td>${words.operator.states[state]}</td></tr>`)}</tbody></table>`
    }</section>`,
  });
}
