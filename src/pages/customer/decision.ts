import { html } from "hono/html";
import type { Contract } from "../../models/contract.ts";
import { capital, inputWords, outcomeWords, scoreDomain, sidesOfThreshold } from "../contract-words.ts";
import type { LogProof, MyDecision } from "../deps.ts";
import { arrow, seal } from "../figures/marks.ts";
import { reasonBar, reasonHeads, sampleBar } from "../figures/reason-bar.ts";
import { scoreLine } from "../figures/score-line.ts";
import { numbersTable, page } from "../layout.ts";
import { grouped } from "../numbers.ts";
import type { ProofCheck } from "../proof-check.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";
import { whatWouldChange } from "./changes.ts";
import { gist } from "./decisions.ts";
import { type ReasonRow, type Weighed, weigh } from "./reasons.ts";
import { customerSections, responsible } from "./sections.ts";
import { headlineOf, type StandingView, standingNote } from "./standing.ts";

export interface CustomerDecision {
  contract: Contract;
  mine: MyDecision;
  proof: LogProof;
  check: ProofCheck;
  course: StandingView;
}

/** One decision, for the person it is about: outcome, what counted, how sure, what they can do, the receipt. */
export function customerDecision(scene: Scene, view: CustomerDecision): Html {
  const { contract, mine, course } = view;
  const { language, words, numbers } = scene;
  const { decision } = mine;
  const headline = headlineOf(scene, contract, decision.outcome, course.standing);
  const weighed = weigh(contract, mine, scene);
  return page(scene, {
    title: headline,
    kind: "customer",
    sections: customerSections(scene, "decisions"),
    mono: true,
    main: html`<p class="back">${arrow("left")} <a href="/me">${words.decision.back}</a></p>
<p class="over">${contract.title[language]}<br>${gist(scene, contract, mine.inputs)}<br><time datetime="${mine.at}">${numbers.longTime(new Date(mine.at))} UTC</time></p>
<h1 class="outcome">${headline}</h1>
${standingNote(scene, contract, decision.outcome, course)}
<p class="lead">${scoreSentence(scene, contract, mine)} ${words.decision.byProgram}</p>
<ul class="jumps">${mayAsk(scene, "review") ? html`<li><a href="/me/ask/review?decision=${decision.id}">${words.decision.jump.review}</a></li>` : ""}${mayAsk(scene, "access_complete") ? html`<li><a href="#actions">${words.decision.jump.copy}</a></li>` : ""}${mayAsk(scene, "erasure") ? html`<li><a href="#actions">${words.decision.jump.erase}</a></li>` : ""}</ul>
${line(scene, contract, mine)}
${whatCounted(scene, weighed)}
${whatWouldChange(scene, contract, mine)}
${used(scene, contract, mine)}
${actions(scene, mine)}
${receipt(scene, view)}
${responsible(scene)}`,
  });
}

function scoreSentence({ words, numbers }: Scene, contract: Contract, { decision }: MyDecision): Html {
  const said = html`${words.decision.score} <strong>${numbers.plain(decision.score)}</strong>.`;
  if (decision.threshold === null || contract.output.kind === "multi-classification") return said;
  const favourable = outcomeWords(contract, decision.outcome, "en").favourable;
  const limit = favourable ? words.decision.limit : words.decision.needed[contract.output.highOutput];
  return html`${said} ${limit} <strong>${numbers.plain(decision.threshold)}</strong>.`;
}

function line({ words, numbers, language }: Scene, contract: Contract, { decision }: MyDecision): Html | "" {
  const sides = sidesOfThreshold(contract, language);
  const { score, threshold, base } = decision;
  if (sides === null || threshold === null || contract.output.kind === "multi-classification") return "";
  const outcome = outcomeWords(contract, decision.outcome, language).label;
  return scoreLine({
    score,
    threshold,
    domain: scoreDomain(contract, [score, threshold, base]),
    highIsFor: contract.output.highOutput === "favourable",
    words: {
      you: words.decision.you(numbers.plain(score)),
      limit: words.decision.limitMark(numbers.plain(threshold)),
      ...sides,
      sentence: words.decision.lineSentence(numbers.plain(score), numbers.plain(threshold), outcome),
    },
  });
}

function whatCounted(scene: Scene, weighed: Weighed): Html {
  const { words, numbers } = scene;
  const { decision } = words;
  const { rows, small, logOdds } = weighed;
  const points = logOdds && {
    score: numbers.plain(logOdds.score),
    limit: logOdds.threshold === null ? null : numbers.plain(logOdds.threshold),
    sum: numbers.plain(weighed.sum),
  };
  const total = points ? decision.yourPoints : decision.yourScore;
  return html`<section class="ruled" id="reasons"><h2>${decision.weighed}</h2><p class="note">${decision.weighedLead}</p>
<div class="reasons">${reasonHeads(weighed.domain, words.sides)}
<ul class="reason-rows">${rows.map((row) => reasonRow(scene, weighed, row))}</ul>
${small.length === 0 ? "" : html`<details class="small-reasons"><summary>${decision.small(small.length, numbers.signed(weighed.smallSum))}</summary><ul class="reason-rows">${small.map((row) => reasonRow(scene, weighed, row))}</ul></details>`}</div>
<dl class="sum"><div><dd>${numbers.plain(weighed.base)}</dd><dt>${decision.base}<br><small>${points ? decision.baseNotePoints : decision.baseNote}</small></dt></div><div class="side-against"><dd>${spaced(numbers.signed(weighed.against))}</dd><dt>${decision.against}</dt></div><div class="side-for"><dd>${spaced(numbers.signed(weighed.for))}</dd><dt>${decision.for}</dt></div><div><dd>= ${numbers.plain(weighed.sum)}</dd><dt>${total}</dt></div></dl>${points ? html`<p class="note">${decision.points(points.sum, points.score, points.limit)}</p>` : ""}
${numbersTable(
  scene,
  [decision.reason, decision.weight, decision.margin],
  [
    [decision.base, numbers.plain(weighed.base), ""],
    ...[...rows, ...small].map((row) => [
      row.sentence,
      numbers.signed(row.shown),
      weighed.exact ? decision.exact : numbers.interval(...row.interval),
    ]),
    [total, numbers.plain(weighed.sum), ""],
  ],
)}
<div class="sure">${weighed.exact ? "" : sampleBar(decision.sureSentence)}<div><h3>${decision.sure}</h3><p class="note">${weighed.exact ? decision.exactText : decision.sureText}</p></div></div></section>`;
}

function reasonRow(scene: Scene, weighed: Weighed, row: ReasonRow): Html {
  const { numbers, words } = scene;
  const sentence = words.decision.bar(
    row.sentence,
    numbers.signed(row.shown),
    numbers.signed(row.interval[0]),
    numbers.signed(row.interval[1]),
  );
  return html`<li><span class="sentence">${row.sentence}</span><span class="certain">${row.certain}</span>${reasonBar(row, weighed.domain, sentence)}</li>`;
}

/** A sign that stands for an operation keeps its distance. */
const spaced = (signed: string): string => signed.replace(/^[+−]/, (sign) => `${sign} `);

function used(scene: Scene, contract: Contract, { inputs, decision }: MyDecision): Html {
  const { language, words } = scene;
  return html`<section class="ruled"><h2>${words.decision.used}</h2><p class="note">${words.decision.usedLead}${mayAsk(scene, "correction") && mayAsk(scene, "access_complete") ? html` <a href="/me/ask/correction?decision=${decision.id}">${words.decision.usedLink}</a>` : ""}</p><dl class="inputs">${contract.features
    .filter(({ name }) => Object.hasOwn(inputs, name))
    .map(
      (feature) =>
        html`<div><dt>${capital(feature.label[language])}</dt><dd>${inputWords(feature, inputs[feature.name]!, language)}</dd></div>`,
    )}</dl></section>`;
}

function actions(scene: Scene, { decision }: MyDecision): Html {
  const words = scene.words.decision;
  return html`<section class="ruled" id="actions"><h2>${words.actions}</h2><div class="actions">
${mayAsk(scene, "review") ? html`<div><h3>${words.review}</h3><p class="note">${words.reviewText}</p><a class="button" href="/me/ask/review?decision=${decision.id}">${words.reviewLink}</a></div>` : ""}
${mayAsk(scene, "access_complete") ? html`<div><h3>${words.copy}</h3><p class="note">${words.copyText}</p><a class="button second" href="/me/copy">${words.copy}</a></div>` : ""}
${mayAsk(scene, "erasure") ? html`<div><h3>${words.erase}</h3><p class="note">${words.eraseText}</p><a class="button erasing" href="/me/erase">${words.erase}</a></div>` : ""}</div><p class="note after">${words.more} <a href="/me/requests#ask">${words.moreLink}</a></p></section>`;
}

/** No name, amount, outcome or motif on the slip: it is made to be shown to others. */
function receipt(scene: Scene, { mine, proof, check }: CustomerDecision): Html {
  const { numbers, controller } = scene;
  const words = scene.words.decision;
  const holds = check.path && check.note;
  return html`<section class="ruled receipt-section"><div><h2>${words.receiptTitle}</h2><p>${words.receiptBefore} <strong>${numbers.count(mine.logIndex)}</strong> ${words.receiptAfter}</p><p class="checked${holds ? "" : " broken"}">${seal(holds ? "holds" : "broken")} ${holds ? words.holds : words.broken}</p></div>
<div class="receipt"><div class="receipt-head"><div><h3>${words.receipt}</h3><p>${controller}${check.origin ? html` · ${check.origin}` : ""}</p></div>${seal(holds ? "holds" : "broken", 32)}</div><dl><dt>${words.entry}</dt><dd>${words.entryOf(numbers.count(mine.logIndex), numbers.count(proof.size))}</dd><dt>${words.fingerprint}</dt><dd><code>${grouped(proof.leafHash)}</code></dd><dt>${words.root}</dt><dd><code>${grouped(proof.root)}</code></dd><dt>${words.number}</dt><dd><code>${mine.decision.id}</code></dd></dl></div></section>`;
}
