import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import { PACKAGE_FILES } from "../../models/package.ts";
import { bars } from "../figures/day-bars.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { VersionLine } from "./deps.ts";
import { aliasTags, doneNote, modelNames, operatorSections, refusal } from "./frame.ts";

export interface ModelsView {
  versions: readonly VersionLine[];
  done: boolean;
  published: { model: string; version: number } | null;
  /** Of a package that does not publish. */
  refused: Problem | null;
  log: { size: number; root: string };
}

/** Every version with its aliases, the way back to another one, and the form that publishes a package. */
export function modelsPage(scene: Scene, view: ModelsView): Html {
  const texts = scene.words.registry;
  const { published, versions } = view;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "models"),
    mono: true,
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>
${published === null ? doneNote(scene, view.done) : html`<p class="sheet" role="status">${texts.published(published.model, String(published.version))}</p>`}
${modelNames(versions).map((model) =>
  modelSection(
    scene,
    model,
    versions.filter((one) => one.model === model),
  ),
)}
${publishSection(scene, view)}`,
  });
}

function modelSection(scene: Scene, model: string, versions: readonly VersionLine[]): Html {
  const { words, numbers, csrf } = scene;
  const texts = words.registry;
  const champion = versions.find(({ aliases }) => aliases.includes("champion"))?.version ?? 0;
  const hidden = csrf === null ? "" : csrfField(csrf);
  const move = ({ version }: VersionLine) =>
    html`<form method="post" action="/operator/models/${model}/alias">${hidden}<input type="hidden" name="alias" value="champion"><input type="hidden" name="version" value="${version}"><button class="button second small" type="submit">${version < champion ? texts.rollBack(String(version)) : texts.promote(String(version))}</button></form>`;
  return html`<section class="ruled" aria-labelledby="model-${model}"><h2 id="model-${model}">${model}</h2><table class="rows"><thead><tr><th scope="col">${words.today.version}</th><th scope="col">${words.today.alias}</th><th scope="col">${words.today.decisions14}</th><th scope="col">${words.today.published}</th><th></th></tr></thead><tbody>${versions.map((line) => html`<tr><th scope="row">${texts.version(String(line.version))}</th><td>${aliasTags(line)}</td><td>${bars(line.perDay, words.today.perDay(line.perDay.map((n) => numbers.count(n)).join(" ")))}</td><td class="quiet">${numbers.shortDate(line.publishedAt)}</td><td class="act">${line.version === champion ? html`<span class="quiet">${words.today.inUse}</span>` : move(line)}</td></tr>`)}</tbody></table>
<details class="other-alias"><summary>${texts.point}</summary><form class="filters" method="post" action="/operator/models/${model}/alias">${hidden}<div class="field"><label for="alias-${model}">${texts.aliasName}</label><input id="alias-${model}" name="alias" type="text" required pattern="[a-z][a-z0-9\\-]*" maxlength="64" autocomplete="off" placeholder="shadow"></div><div class="field"><label for="version-${model}">${words.today.version}</label><select id="version-${model}" name="version">${versions.map(({ version }) => html`<option value="${version}">${version}</option>`)}</select></div><div class="filter-buttons"><button class="button second" type="submit">${texts.pointButton}</button></div></form></details></section>`;
}

/** Pointers and rules of the package's faults; a package is no one's personal data. */
function publishSection(scene: Scene, { refused }: ModelsView): Html {
  const { words, csrf } = scene;
  const texts = words.registry;
  const faults = refused?.faults ?? [];
  const names = Object.keys(PACKAGE_FILES).join(", ");
  return html`<section class="ruled" aria-labelledby="publish"><h2 id="publish">${texts.publish}</h2><p class="note">${texts.publishLead}</p>${refusal(scene, refused, refused?.message)}${faults.length === 0 ? "" : html`<h3>${texts.faults}</h3><ul class="faults">${faults.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`}
<form class="step-form" method="post" action="/operator/models" enctype="multipart/form-data">${csrf === null ? "" : csrfField(csrf)}<label for="files">${texts.folder}</label><input id="files" name="files" type="file" multiple required aria-describedby="files-hint"><p class="field-hint" id="files-hint"><code>${names}</code></p><p class="buttons"><button class="button" type="submit">${texts.button}</button></p></form></section>`;
}
