import { html } from "hono/html";
import type { ToldCopy } from "../../subjects/copies/copy.ts";
import { csrfField, page } from "../layout.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";
import { customerSections, responsible } from "./sections.ts";

/** A copy of everything held: asked for, being made with its progress, ready with its files. */
export function copiesPage(scene: Scene, copies: readonly ToldCopy[]): Html {
  const words = scene.words.copies;
  const making = copies.find(({ state }) => state === "making");
  const others = copies.filter(({ state }) => state !== "making");
  return page(scene, {
    title: words.title,
    kind: "customer",
    sections: customerSections(scene, "records"),
    main: html`<p class="back"><a href="/me">${words.back}</a></p><h1>${words.title}</h1><p class="lead">${words.lead}</p>
${making ? progress(scene, making) : ""}${others.map((copy) => (copy.state === "ready" ? ready(scene, copy) : failed(scene)))}
${
  making
    ? ""
    : asking(
        scene,
        others.some(({ state, kind }) => state === "ready" && kind === "access"),
      )
}
${responsible(scene)}`,
  });
}

function asking(scene: Scene, another: boolean): Html {
  const words = scene.words.copies;
  const csrf = csrfField(scene.csrf ?? "");
  const whole = html`<section class="ruled"><p>${words.makeText}</p><form method="post" action="/me/copy">${csrf}<input type="hidden" name="kind" value="access"><p class="buttons"><button class="button${another ? " second" : ""}" type="submit">${another ? words.again : words.make}</button></p></form>
<p class="at-once"><a href="/me/access" download>${words.elsewhere}</a></p></section>`;
  const given = html`<section class="ruled"><h2>${words.given}</h2><p>${words.givenText}</p><form method="post" action="/me/copy">${csrf}<input type="hidden" name="kind" value="portability"><p class="buttons"><button class="button second" type="submit">${words.givenButton}</button></p></form></section>`;
  return html`${mayAsk(scene, "access_complete") ? whole : ""}${mayAsk(scene, "portability") ? given : ""}`;
}

/** Parts done of parts, in words and as a bar; without scripts the page looks again by itself. */
function progress(scene: Scene, { done, total }: ToldCopy): Html {
  const words = scene.words.copies;
  const told = words.progress(scene.numbers.count(done), scene.numbers.count(total));
  return html`<section class="sheet framed" aria-labelledby="making"><h2 id="making">${words.making}</h2><p class="copy-progress"><progress max="${Math.max(total, 1)}" value="${done}" aria-label="${words.making}">${told}</progress> <span class="count">${told}</span></p><p>${words.makingText}</p><p class="buttons"><a class="button second" href="/me/copy">${words.look}</a></p></section>`;
}

function failed(scene: Scene): Html {
  const words = scene.words.copies;
  return html`<section class="sheet refusal" role="alert"><p><strong>${words.failed}</strong></p><p>${words.failedText}</p></section>`;
}

const FORMATS = [
  ["pdf", /\.pdf$/],
  ["json", /\.json$/],
  ["csv", /\.csv$/],
  ["proof", /\.ndjson$/],
] as const;

function ready(scene: Scene, { id, kind, expiresAt, files }: ToldCopy): Html {
  const words = scene.words.copies;
  const size = (bytes: number) => words.kilobytes(scene.numbers.count(Math.ceil(bytes / 1000)));
  const list = (these: ToldCopy["files"]) =>
    html`<ul class="copy-files">${these.map(({ name, bytes }) => html`<li><a href="/me/copy/${id}/${name}" download="${name}">${name}</a> <span class="quiet count">${size(bytes)}</span></li>`)}</ul>`;
  const groups = FORMATS.flatMap(([format, names]) => {
    const these = files.filter(({ name }) => names.test(name));
    return these.length === 0 ? [] : [html`<h3>${words[format]}</h3>${list(these)}`];
  });
  return html`<section class="sheet framed" aria-labelledby="ready-${kind}"><h2 id="ready-${kind}">${words.kinds[kind]}</h2>${groups}
<p class="note">${words.until(scene.numbers.longDay(new Date(expiresAt)))} ${words.traced}</p>
${scene.acting === null ? html`<form method="post" action="/me/copy/${id}/delete">${csrfField(scene.csrf ?? "")}<p class="buttons"><button class="button second" type="submit">${words.remove}</button></p></form>` : ""}</section>`;
}
