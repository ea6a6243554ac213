import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import type { Hold } from "../../subjects/holds.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { dateOf, doneNote, operatorSections, refusal } from "./frame.ts";

export interface HoldsView {
  holds: readonly Hold[];
  models: readonly string[];
  done: boolean;
  refused: { problem: Pick<Problem, "code">; typed: Record<string, string> } | null;
  log: { size: number; root: string };
}

/** Legal grounds that suspend erasures: those in force, and the form that places one. */
export function holdsPage(scene: Scene, view: HoldsView): Html {
  const { words, numbers, csrf } = scene;
  const texts = words.hold;
  const { holds } = view;
  const lift = ({ id }: Hold) =>
    html`<form method="post" action="/operator/holds/${id}/lift">${csrf === null ? "" : csrfField(csrf)}<button class="button second small" type="submit">${texts.lift}</button></form>`;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "holds"),
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>${doneNote(scene, view.done)}
<section class="ruled" aria-labelledby="in-force"><h2 id="in-force">${texts.inForce}</h2>${
      holds.length === 0
        ? html`<p class="note">${words.today.noHolds}</p>`
        : html`<table class="rows"><thead><tr><th scope="col">${texts.ground}</th><th scope="col">${texts.model}</th><th scope="col">${texts.placed}</th><th scope="col">${texts.until}</th><th></th></tr></thead><tbody>${holds.map((hold) => html`<tr><th scope="row">${hold.ground}</th><td>${hold.model ?? words.today.anyModel}</td><td>${numbers.shortDate(new Date(hold.placedAt))}</td><td>${hold.until === null ? words.today.open : numbers.shortDate(dateOf(hold.until))}</td><td class="act">${lift(hold)}</td></tr>`)}</tbody></table>`
    }</section>
<section class="ruled" aria-labelledby="place"><h2 id="place">${texts.place}</h2>${refusal(scene, view.refused?.problem ?? null)}${placeForm(scene, view)}</section>`,
  });
}

function placeForm({ words, csrf }: Scene, { models, refused }: HoldsView): Html {
  const texts = words.hold;
  const typed = refused?.typed ?? {};
  return html`<form class="step-form" method="post" action="/operator/holds">${csrf === null ? "" : csrfField(csrf)}
<label for="subject">${texts.subject}</label><input id="subject" name="subject" type="text" required maxlength="200" autocomplete="off" value="${typed.subject ?? ""}" aria-describedby="subject-hint"><p class="field-hint" id="subject-hint">${texts.subjectHint}</p>
<label for="ground">${texts.ground}</label><input id="ground" name="ground" type="text" required maxlength="200" autocomplete="off" value="${typed.ground ?? ""}" aria-describedby="ground-hint"><p class="field-hint" id="ground-hint">${texts.groundHint}</p>
<label for="model">${texts.model}</label><select id="model" name="model" aria-describedby="model-hint"><option value="">${words.today.anyModel}</option>${models.map((model) => html`<option value="${model}"${typed.model === model ? html` selected` : ""}>${model}</option>`)}</select><p class="field-hint" id="model-hint">${texts.modelHint}</p>
<label for="until">${texts.until}</label><input id="until" name="until" type="date" value="${typed.until ?? ""}" aria-describedby="until-hint"><p class="field-hint" id="until-hint">${texts.untilHint}</p>
<p class="buttons"><button class="button" type="submit">${texts.button}</button></p></form>`;
}
