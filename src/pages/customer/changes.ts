import { html } from "hono/html";
import type { ToldCounterfactuals, ToldWay } from "../../decisions/counterfactual-words.ts";
import type { Contract } from "../../models/contract.ts";
import { capital, featureNamed, type Manner, outcomeWords, scoreDomain } from "../contract-words.ts";
import type { MyDecision } from "../deps.ts";
import { changeLine } from "../figures/change-line.ts";
import type { Html } from "../scene.ts";

/** What would have changed an unfavourable outcome; nothing where there is nothing to be changed. */
export function whatWouldChange(scene: Manner, contract: Contract, mine: MyDecision): Html | "" {
  const told = mine.counterfactuals;
  if (told === undefined || told.state === "favourable") return "";
  const { language, words } = scene;
  const { change } = words.decision;
  const notHere = notChangeable(contract, mine, told);
  return html`<section class="ruled" id="changes"><h2>${change.title}</h2>
${
  told.state === "found"
    ? html`<ul class="changes">${told.ways.map((way) => html`<li><p>${way.text[language]}</p>${line(scene, contract, mine, way)}</li>`)}</ul>`
    : html`<p>${told.statement[language]}${told.state === "computing" ? html` <a href="/me/decisions/${mine.decision.id}#changes">${change.again}</a>` : ""}</p>`
}
${told.noPromise === null ? "" : html`<p class="note">${told.noPromise[language]}${notHere === null ? "" : ` ${change.notHere(capital(notHere.label[language]))}`}</p>`}</section>`;
}

/** Of what weighed against the person and cannot be changed, the heaviest: they may ask why it is missing here. */
function notChangeable(contract: Contract, { decision }: MyDecision, told: ToldCounterfactuals) {
  const { sign } = outcomeWords(contract, decision.outcome, "en");
  const considered = new Set(told.considered.map(({ feature }) => feature));
  const [heaviest] = Object.entries(decision.attributions)
    .filter(([name, { value }]) => sign * value < 0 && !considered.has(name))
    .sort(([, a], [, b]) => sign * (a.value - b.value));
  return (heaviest && featureNamed(contract, heaviest[0])) ?? null;
}

function line(scene: Manner, contract: Contract, { decision }: MyDecision, way: ToldWay): Html | "" {
  const { numbers, words } = scene;
  const { score, threshold } = decision;
  if (threshold === null || contract.output.kind === "multi-classification") return "";
  const [from, to, limit] = [score, way.score, threshold].map((value) => numbers.plain(value)) as [
    string,
    string,
    string,
  ];
  return changeLine({
    from: score,
    to: way.score,
    threshold,
    domain: scoreDomain(contract, [score, way.score, threshold]),
    highIsFor: contract.output.highOutput === "favourable",
    words: { from, to, threshold: limit, sentence: words.decision.change.line(from, to, limit) },
  });
}
