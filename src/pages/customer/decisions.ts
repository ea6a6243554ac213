import { html } from "hono/html";
import type { Contract } from "../../models/contract.ts";
import {
  capital,
  featureNamed,
  inputWords,
  motifOf,
  motifSentence,
  outcomeWords,
} from "../contract-words.ts";
import type { MyDecision, Opening } from "../deps.ts";
import { motif } from "../figures/motif.ts";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { customerSections, responsible } from "./sections.ts";

export interface CustomerDecisions {
  items: { contract: Contract; mine: MyDecision }[];
  opened: readonly Opening[];
}

/** The customer's first page: what was decided, who looked, and the way to a copy or to erasure. */
export function customerDecisions(scene: Scene, { items, opened }: CustomerDecisions): Html {
  const { me } = scene.words;
  return page(scene, {
    title: me.title,
    kind: "customer",
    sections: customerSections(scene, "decisions"),
    main: html`<h1>${me.title}</h1>
${items.length === 0 ? html`<div class="sheet empty"><p><strong>${me.none}</strong> ${me.noneNext}</p></div>` : html`<p class="lead">${me.summary(items.length)}</p><ul class="my-decisions">${items.map(({ contract, mine }) => row(scene, contract, mine))}</ul>`}
<section class="ruled" id="opened"><h2>${me.opened}</h2><p class="note">${opened.length === 0 ? me.openedNone : html`${me.openedLead} ${scene.words.shell.utc}.`}</p>
${opened.length === 0 ? "" : html`<ul class="openings">${opened.map((opening) => openingRow(scene, opening))}</ul>`}</section>
<section class="ruled"><h2>${me.records}</h2><p>${me.recordsText}</p><p class="buttons"><a class="button second" href="/me/erase">${me.recordsLink}</a></p></section>
${responsible(scene)}`,
  });
}

function row(scene: Scene, contract: Contract, { at, decision, inputs }: MyDecision): Html {
  const { language, numbers } = scene;
  const bars = motifOf(contract, decision, language);
  return html`<li>${motif(bars, { width: 88, height: 38 }, motifSentence(bars, scene))}<div><a class="title" href="/me/decisions/${decision.id}">${contract.title[language]}</a><p>${outcomeWords(contract, decision.outcome, language).label}</p><p class="quiet">${gist(scene, contract, inputs)}</p></div><time datetime="${at}">${numbers.shortDate(new Date(at))}</time></li>`;
}

/** The first two numbers of the motif tell one decision from another better than any number of ours. */
export function gist({ language }: Scene, contract: Contract, inputs: MyDecision["inputs"]): string {
  return contract.motif
    .filter((name) => typeof inputs[name] === "number")
    .slice(0, 2)
    .map((name) => {
      const feature = featureNamed(contract, name);
      return `${capital(feature?.label[language] ?? name)}: ${inputWords(feature, inputs[name]!, language)}`;
    })
    .join(" · ");
}

function openingRow(scene: Scene, { hour, role, purpose, what, about }: Opening): Html {
  const { me, roles, purposes, whats } = scene.words;
  return html`<li><time>${scene.numbers.hour(hour)}</time><div><p><strong>${roles[role] ?? role}</strong> ${purposes[purpose] ?? purpose}</p><p class="quiet">${me.openedWhat} ${whats[what] ?? what}${about === null ? "" : html`, <a href="/me/decisions/${about}">${about.slice(0, 8)}</a>`}</p></div></li>`;
}
