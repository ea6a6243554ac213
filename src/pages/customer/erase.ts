import { html } from "hono/html";
import type { ErasureOutcome, ErasureOutlook } from "../deps.ts";
import { csrfField, page } from "../layout.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";
import { customerSections, responsible } from "./sections.ts";

/**
 * The step before an erasure: a copy is offered first, then what goes and what stays is named with its article.
 * @param unconfirmed the form came back without its box ticked
 */
export function eraseStep(scene: Scene, outlook: ErasureOutlook, unconfirmed = false): Html {
  const { erased, refused, ends, requestDays } = outlook;
  const { language } = scene;
  const words = scene.words.erase;
  const anything = erased.length > 0 || refused.length > 0;
  return page(scene, {
    title: words.title,
    kind: "customer",
    sections: customerSections(scene, "records"),
    main: html`<h1>${words.title}</h1><p class="lead">${words.lead}</p>
<section class="sheet framed" aria-labelledby="copy"><h2 id="copy">${words.copyTitle}</h2><p>${words.copyText}</p><p class="buttons">${mayAsk(scene, "access_complete") ? html`<a class="button" href="/me/access" download>${words.copyButton}</a> <a class="button second" href="/me/copy">${scene.words.copies.title}</a>` : scene.words.mandates.noCopy}</p>
<div class="goes-stays"><div><h3>${words.goes}</h3><ul class="dashes">${erased.length === 0 ? html`<li>${anything ? words.goesNone : words.nothing}</li>` : html`${erased.map(({ text, entries }) => html`<li>${words.goesFor(text[language])} <span class="quiet count">${words.entries(entries)}</span></li>`)}${refused.length === 0 ? html`<li>${words.alsoGoes}</li>` : ""}`}</ul></div>
<div><h3>${words.stays}</h3><ul class="dashes"><li>${words.staysLog}</li>${anything ? html`${recordsLeft(scene, erased)}<li>${words.staysRequests(requestDays)}</li>` : ""}${refused.map(({ text, reason, article }) => html`<li>${words.staysFor(text[language], reason[language], article)}</li>`)}</ul></div></div>
${erased.length === 0 ? html`<p class="buttons"><a class="button second" href="/me">${words.back}</a></p>` : confirmation(scene, ends, unconfirmed)}</section>
${responsible(scene)}`,
  });
}

/** What stays of the records without a name, by the promise of each package. */
function recordsLeft({ words, language }: Scene, erased: ErasureOutlook["erased"]): Html[] {
  const said = erased.flatMap(({ records }) => {
    if (records === "deleted") return [];
    if (records === "detached") return [words.erase.staysRecords];
    return [words.erase.staysRetained(records.retained.duty[language], records.retained.months)];
  });
  return [...new Set(said)].map((text) => html`<li>${text}</li>`);
}

function confirmation({ words, csrf }: Scene, ends: ErasureOutlook["ends"], unconfirmed: boolean): Html {
  const { erase } = words;
  const ending =
    ends.length === 0
      ? ""
      : html`<div class="erasure-ends"><p><strong>${erase.ends(ends.length)}</strong></p><ul class="dashes">${ends.map(({ id, right }) => html`<li><a href="/me/requests/${id}">${words.requests.names[right]}</a></li>`)}</ul><p class="note">${erase.endsWait}</p></div>`;
  const alsoEnds =
    ends.length === 0
      ? ""
      : html`<label class="tick${unconfirmed ? " refused" : ""}"><input type="checkbox" name="ends" value="yes" required${unconfirmed ? html` aria-invalid="true" aria-describedby="confirm-error"` : ""}> ${erase.endsField}</label>`;
  return html`${ending}${moments(erase.steps, erase.stepsSentence)}
<form method="post" action="/me/erase" class="confirm">${csrfField(csrf ?? "")}<label class="tick${unconfirmed ? " refused" : ""}"><input type="checkbox" name="confirm" value="yes" required${unconfirmed ? html` aria-invalid="true" aria-describedby="confirm-error"` : ""}> ${erase.confirmField}</label>${alsoEnds}
${unconfirmed ? html`<p class="field-error" id="confirm-error">${erase.confirmMissing}</p>` : ""}
<p class="buttons"><button class="button erasing" type="submit">${erase.button}</button> <a class="button second" href="/me">${erase.back}</a></p></form>`;
}

function moments(steps: Scene["words"]["erase"]["steps"], sentence: string): Html {
  return html`<div class="moments"><svg viewBox="0 0 700 14" preserveAspectRatio="none" role="img" aria-label="${sentence}"><path class="moment-line" d="M0 7H700"/></svg><ol><li class="done"><strong>${steps.now}</strong> ${steps.nowText}</li><li class="half"><strong>${steps.next}</strong> ${steps.nextText}</li><li class="open"><strong>${steps.last}</strong> ${steps.lastText}</li></ol></div>`;
}

/** What only the person keeps from here on: the key to the certificate, as a file and to be read off. */
function handOver({ words }: Scene, erased: ErasureOutcome["erased"]): Html | "" {
  const keys = erased.flatMap(({ certificate }) => certificate ?? []);
  if (keys.length === 0) return "";
  const kept = JSON.stringify({ keys });
  const texts = words.certificate;
  return html`<section class="sheet framed kept-key" aria-labelledby="kept-key"><h2 id="kept-key">${texts.keepTitle}</h2><p>${texts.keepText}</p>
<p class="buttons"><a class="button" href="data:application/json;base64,${Buffer.from(kept).toString("base64")}" download="motivo-erasure-key.json">${texts.keepButton}</a></p>
<p class="quiet">${texts.shown}</p><code class="key-text">${kept}</code>
<form method="post" action="/certificate"><input type="hidden" name="key" value="${kept}"><p class="buttons"><button class="button second" type="submit">${texts.now}</button></p></form>
<p class="note">${texts.laterText} <a href="/certificate">/certificate</a>. ${texts.check}</p></section>`;
}

/** What was done, and what was refused on which ground. Shown once, in answer to the form. */
export function eraseDone(
  scene: Scene,
  { erased, refused }: ErasureOutcome,
  texts: ReadonlyMap<string, string>,
): Html {
  const { language } = scene;
  const words = scene.words.erase;
  const title =
    erased.length === 0 ? words.refusedTitle : refused.length === 0 ? words.doneTitle : words.partlyTitle;
  const named = (purpose: string) => texts.get(purpose) ?? purpose;
  return page(scene, {
    title,
    kind: "customer",
    sections: scene.csrf === null ? [] : customerSections(scene, "records"),
    main: html`<h1>${title}</h1>${
      erased.length === 0
        ? ""
        : html`<p class="lead">${words.doneText}</p>
${handOver(scene, erased)}
<section class="ruled"><h2>${words.gone}</h2><ul class="dashes">${erased.map(({ purpose, entries }) => html`<li>${words.goesFor(named(purpose))} <span class="quiet count">${words.entries(entries)}</span></li>`)}</ul>${erased.some(({ underWay }) => underWay) ? html`<p class="note">${words.underWay}</p>` : ""}</section>`
    }
${refused.length === 0 ? "" : html`<section class="ruled"><h2>${words.kept}</h2><ul class="dashes">${refused.map(({ purpose, reason, article }) => html`<li>${words.staysFor(named(purpose), reason[language], article)}</li>`)}</ul><p class="note">${words.complain}</p></section>`}
<p class="buttons"><a class="button second" href="/">${words.leave}</a></p>
${responsible(scene)}`,
  });
}
