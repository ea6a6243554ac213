import { html } from "hono/html";
import type { SessionMandate } from "../../http/sessions.ts";
import type { RequestRight } from "../../subjects/requests/rights.ts";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { askedAt } from "./requests.ts";
import { customerSections, responsible } from "./sections.ts";

/** Where a representative finds what the mandate lets them do; null for what no page does. */
function addressOf(right: RequestRight, rights: readonly RequestRight[]): string | null {
  switch (right) {
    case "access_complete":
      return "/me/copy";
    // A form that shows what a decision used is no smaller a thing than reading it.
    case "correction":
      return rights.includes("access_complete") ? askedAt(right) : null;
    // These answer themselves on pages that complete access opens, and in no form of their own.
    case "confirmation":
    case "access_simplified":
    case "explanation":
      return rights.includes("access_complete") ? "/me" : null;
    default:
      return askedAt(right);
  }
}

/** The way to a decision whose number one has been given. */
function byNumber({ words }: Scene): Html {
  const texts = words.mandates;
  return html`<section class="ruled" aria-labelledby="one"><h2 id="one">${texts.one}</h2><form class="asking" method="get" action="/me/acting"><div class="own-words"><label for="decision">${texts.number}</label><input id="decision" name="decision" type="text" required maxlength="36" autocomplete="off"></div><p class="buttons"><button class="button second" type="submit">${texts.oneButton}</button></p></form></section>`;
}

/** A representative's first screen: for whom, and each right that the mandate names with the way to use it. */
export function actingPage(scene: Scene, { rights }: SessionMandate): Html {
  const { words } = scene;
  const texts = words.mandates;
  const reading = rights.includes("access_complete")
    ? html`<li><a class="title" href="/me">${texts.seeDecisions}</a><p class="quiet">${texts.seeDecisionsText}</p></li>`
    : "";
  const rows = rights.map((right) => {
    const address = addressOf(right, rights);
    const title = words.operator.rights[right];
    return html`<li>${address === null ? html`<strong>${title}</strong>` : html`<a class="title" href="${address}">${title}</a>`}<p class="quiet">${address === null ? texts.byCall : texts.rights[right]}</p></li>`;
  });
  return page(scene, {
    title: texts.actingTitle,
    kind: "customer",
    sections: customerSections(scene, "mandates"),
    main: html`<h1>${texts.actingTitle}</h1><p class="lead">${texts.actingLead}</p>
<section class="ruled" aria-labelledby="may"><h2 id="may">${texts.may}</h2><ul class="askable">${reading}${rows}</ul></section>
${rights.includes("explanation") ? byNumber(scene) : ""}
<p class="note after">${texts.seen} <a href="/me/mandates">${texts.back}</a></p>
${responsible(scene)}`,
  });
}
