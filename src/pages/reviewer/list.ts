import { html } from "hono/html";
import type { AgendaLine } from "../../subjects/requests/agenda.ts";
import { page, type Section } from "../layout.ts";
import { dateOf, doneNote, dueWords } from "../operator/frame.ts";
import type { Html, Scene } from "../scene.ts";

export const reviewerSections = ({ words }: Scene): Section[] => [
  { href: "/reviews", label: words.reviewDesk.section, current: true },
];

export interface ReviewsView {
  waiting: readonly AgendaLine[];
  today: string;
  done: boolean;
}

/** A reviewer's first screen: which decisions wait for a human's second look. */
export function reviewsPage(scene: Scene, { waiting, today, done }: ReviewsView): Html {
  const { words, numbers } = scene;
  const texts = words.reviewDesk;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: reviewerSections(scene),
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>${done ? html`<p class="sheet" role="status">${texts.done}</p>` : doneNote(scene, false)}
${
  waiting.length === 0
    ? html`<p class="sheet"><strong>${texts.empty}</strong></p>`
    : html`<table class="rows"><thead><tr><th scope="col">${words.today.request}</th><th scope="col">${words.requestList.received}</th><th scope="col">${words.today.due}</th><th scope="col">${words.requestList.state}</th><th></th></tr></thead><tbody>${waiting.map(
        (line) => {
          const due = dueWords(scene, line, today);
          return html`<tr><th scope="row"><code>${line.id.slice(0, 8)}</code></th><td>${numbers.shortDate(dateOf(line.received))}</td><td${due.late ? html` class="alarm"` : ""}>${due.text}</td><td>${words.operator.states[line.state]}</td><td class="act"><a class="button small" href="/reviews/${line.id}">${texts.open}</a></td></tr>`;
        },
      )}</tbody></table>`
}<p class="note">${texts.meaningful}</p>`,
  });
}
