import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import type { ReviewFile } from "../../subjects/reviews/review.ts";
import { capital, inputWords, outcomeWords, scoreDomain, sidesOfThreshold } from "../contract-words.ts";
import { type ReasonRow, weigh } from "../customer/reasons.ts";
import { arrow } from "../figures/marks.ts";
import { reasonBar, reasonHeads } from "../figures/reason-bar.ts";
import { csrfField, page } from "../layout.ts";
import type { ShownRequest } from "../operator/deps.ts";
import { refusal } from "../operator/frame.ts";
import type { Html, Scene } from "../scene.ts";
import { reviewerSections } from "./list.ts";

export interface ReviewView {
  file: Omit<ReviewFile, "request"> & { request: ShownRequest };
  /** A conclusion that was not taken, with what was typed. */
  refused: { problem: Pick<Problem, "code"> | null; typed: Record<string, string> } | null;
}

/** Everything a reviewer must have seen, and the form that concludes. */
export function reviewPage(scene: Scene, view: ReviewView): Html {
  const { words, language, numbers } = scene;
  const texts = words.reviewDesk;
  const { request, vaulted, standing, contract } = view.file;
  const { decision } = vaulted;
  const outcome = (code: string) => outcomeWords(contract, code, language).label;
  return page(scene, {
    title: texts.caseTitle(contract.title[language]),
    kind: "expert",
    sections: reviewerSections(scene),
    mono: true,
    main: html`<p class="back">${arrow("left")} <a href="/reviews">${texts.back}</a></p><h1>${texts.caseTitle(contract.title[language])}</h1>
<p class="quiet">${words.requestPage.entry} ${numbers.count(view.file.logIndex)} · ${decision.model} ${decision.version} · ${numbers.longTime(new Date(vaulted.at))} UTC · <code>${decision.id}</code></p>
<div class="columns two"><section class="ruled" aria-labelledby="view"><h2 id="view">${texts.view}</h2><blockquote>${request.content.asked.statement ?? ""}</blockquote></section>
<section class="ruled" aria-labelledby="decided"><h2 id="decided">${texts.decided}</h2><p class="would-be">${outcome(decision.outcome)}, ${numbers.plain(decision.score)}</p>${limit(scene, view)}<p>${standing.outcome === null ? texts.annulled : texts.standing(outcome(standing.outcome))}</p></section></div>
${reasons(scene, view)}${inputs(scene, view)}
${conclude(scene, view)}`,
  });
}

function limit({ words, language, numbers }: Scene, { file: { vaulted, contract } }: ReviewView): Html {
  const { threshold, score, base } = vaulted.decision;
  const sides = sidesOfThreshold(contract, language);
  if (threshold === null || sides === null) return html``;
  const [low, high] = scoreDomain(contract, [score, threshold, base]);
  return html`<p class="quiet">${words.audit.threshold} ${numbers.plain(threshold, 2, 6)} · ${sides.low}: ${numbers.plain(low)} – ${numbers.plain(threshold)} · ${sides.high}: ${numbers.plain(threshold)} – ${numbers.plain(high)}</p>`;
}

function reasons(scene: Scene, { file: { vaulted, contract, logIndex } }: ReviewView): Html {
  const { words, numbers } = scene;
  const weighed = weigh(contract, { ...vaulted, logIndex }, scene);
  const row = (one: ReasonRow) =>
    html`<li><span class="sentence">${one.sentence}</span><span class="certain">${numbers.signed(one.shown)} · ${one.certain}</span>${reasonBar(one, weighed.domain, words.decision.bar(one.sentence, numbers.signed(one.shown), numbers.signed(one.interval[0]), numbers.signed(one.interval[1])))}</li>`;
  return html`<section class="ruled" aria-labelledby="reasons"><h2 id="reasons">${words.reviewDesk.reasons}</h2><div class="reasons">${reasonHeads(weighed.domain, words.sides)}<ul class="reason-rows">${[...weighed.rows, ...weighed.small].map(row)}</ul></div></section>`;
}

function inputs({ words, language }: Scene, { file: { vaulted, contract } }: ReviewView): Html {
  return html`<section class="ruled" aria-labelledby="inputs"><h2 id="inputs">${words.reviewDesk.inputs}</h2><dl class="all-inputs">${contract.features.flatMap((feature) => (Object.hasOwn(vaulted.inputs, feature.name) ? [html`<div><dt>${capital(feature.label[language])}</dt><dd>${inputWords(feature, vaulted.inputs[feature.name]!, language)}</dd></div>`] : []))}</dl></section>`;
}

function conclude(scene: Scene, { file, refused }: ReviewView): Html {
  const { words, language, csrf } = scene;
  const texts = words.reviewDesk;
  const typed = refused?.typed ?? {};
  const others = file.outcomes.filter(({ code }) => code !== file.standing.outcome);
  const choice = (value: string, label: Html, note: string) =>
    html`<div class="choice"><label><input type="radio" name="result" value="${value}" required${typed.result === value ? html` checked` : ""}> ${label}</label>${note === "" ? "" : html`<p class="field-hint">${note}</p>`}</div>`;
  return html`<section class="sheet framed" aria-labelledby="conclude"><h2 id="conclude">${texts.conclude}</h2>${refused === null ? "" : refused.problem === null ? html`<div class="sheet refusal" role="alert"><p><strong>${texts.missing}</strong></p></div>` : refusal(scene, refused.problem, texts.sameOutcome)}
<form class="step-form" method="post" action="/reviews/${file.request.id}">${csrf === null ? "" : csrfField(csrf)}<fieldset><legend>${texts.result}</legend>
${choice("upheld", html`${texts.upheld}`, texts.upheldNote)}${others.map(({ code, label }) => choice(`changed:${code}`, html`${texts.changed}: <strong>${label[language]}</strong>`, ""))}${choice("annulled", html`${texts.annul}`, texts.annulNote)}</fieldset>
<label for="grounds">${texts.grounds}</label><textarea id="grounds" name="grounds" rows="5" maxlength="4000" required aria-describedby="grounds-hint">${typed.grounds ?? ""}</textarea><p class="field-hint" id="grounds-hint">${texts.groundsNote}</p>
<p class="buttons"><button class="button" type="submit">${texts.button}</button></p></form></section>`;
}
