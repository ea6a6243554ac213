import { html } from "hono/html";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { customerSections } from "./sections.ts";

const nextField = (next: string | null): Html | "" =>
  next === null ? "" : html`<input type="hidden" name="next" value="${next}">`;

/** Offers to send a one-time code. @param next local path to go to once it was given */
export function codeAskPage(scene: Scene, next: string | null): Html {
  const words = scene.words.code;
  return page(scene, {
    title: words.title,
    kind: "customer",
    sections: customerSections(scene, "records"),
    main: html`<h1>${words.title}</h1><p class="lead">${words.lead}</p>
<form method="post" action="/me/code">${csrfField(scene.csrf ?? "")}${nextField(next)}<p class="buttons"><button class="button" type="submit">${words.send}</button> <a class="button second" href="/me">${words.back}</a></p></form>`,
  });
}

/** The field for the code that was sent. @param wrong the one that was given is not right */
export function codeGivePage(
  scene: Scene,
  { id, next, wrong = false }: { id: string; next: string | null; wrong?: boolean },
): Html {
  const words = scene.words.code;
  return page(scene, {
    title: words.title,
    kind: "customer",
    sections: customerSections(scene, "records"),
    main: html`<h1>${words.title}</h1><p class="lead">${words.sent}</p>
<form class="sign-in" method="post" action="/me/code/use">${csrfField(scene.csrf ?? "")}${nextField(next)}<input type="hidden" name="id" value="${id}">
<label for="code">${words.field}</label><input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required${wrong ? html` aria-invalid="true" aria-describedby="code-error"` : ""}>
${wrong ? html`<p class="field-error" id="code-error" role="alert">${words.wrong}</p>` : ""}<p class="buttons"><button class="button" type="submit">${words.give}</button> <a class="button second" href="/me/code${next === null ? "" : `?next=${encodeURIComponent(next)}`}">${words.again}</a></p></form>`,
  });
}
