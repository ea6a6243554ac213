import { html } from "hono/html";
import type { Contract } from "../../models/contract.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import {
  capital,
  featureNamed,
  inputWords,
  motifOf,
  motifSentence,
  outcomeWords,
} from "../contract-words.ts";
import type { Aftermath, MyDecision, Opening } from "../deps.ts";
import { motif } from "../figures/motif.ts";
import { page } from "../layout.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";
import type { MandateVerbs } from "./mandate-deps.ts";
import { actedForMe, mayActFor } from "./mandates.ts";
import type { OwnRequest } from "./request-deps.ts";
import { customerSections, responsible, responsibleLine } from "./sections.ts";
import { openRequestOn, standingOf, standingWords } from "./standing.ts";

export interface CustomerDecisions {
  items: { contract: Contract; mine: MyDecision }[];
  opened: readonly Opening[];
  after: Aftermath;
  requests: readonly OwnRequest[];
  /** The person's own; empty while somebody acts for them. */
  mandates: Awaited<ReturnType<MandateVerbs["mine"]>>;
  /** How many newer ones stand on pages before this one. */
  skipped: number;
}

/** Rows of a page. The motifs of more would make it heavy on a slow phone. */
export const DECISIONS_A_PAGE = 25;
/** Openings that are shown; a copy of the person's data has all of them. */
const [MOST_BY_OTHERS, MOST_BY_ONESELF] = [60, 30];

/** The customer's first page: what was decided, who looked, and the way to a copy or to erasure. */
export function customerDecisions(scene: Scene, view: CustomerDecisions): Html {
  const { items, skipped } = view;
  const { me } = scene.words;
  const shown = items.slice(skipped, skipped + DECISIONS_A_PAGE);
  const next = skipped + DECISIONS_A_PAGE < items.length ? skipped + DECISIONS_A_PAGE : null;
  return page(scene, {
    title: me.title,
    kind: "customer",
    sections: customerSections(scene, "decisions"),
    main: html`<h1>${me.title}</h1>
${items.length === 0 ? "" : html`<p class="lead">${me.summary(items.length)}</p>`}${responsibleLine(scene)}${openRequests(scene, view.requests)}${mayActFor(scene, view.mandates.held)}
${items.length === 0 ? html`<div class="sheet empty"><p><strong>${me.none}</strong> ${me.noneNext}</p></div>` : html`<ul class="my-decisions">${shown.map((item) => row(scene, view, item))}</ul>`}${next === null ? "" : html`<p class="buttons"><a class="button second" href="/me?after=${next}">${me.older}</a></p>`}
${actedForMe(scene, view.mandates.given)}
${openings(scene, view.opened)}
${mayAsk(scene, "erasure") ? html`<section class="ruled"><h2>${me.records}</h2><p>${me.recordsText}</p><p class="buttons"><a class="button second" href="/me/erase">${me.recordsLink}</a></p></section>` : ""}
${responsible(scene)}`,
  });
}

/** What waits, on the first screen: open requests, and whether one of them waits for the person. */
function openRequests({ words, numbers }: Scene, requests: readonly OwnRequest[]): Html | "" {
  const open = requests.filter(({ state }) => isOpen(state));
  if (open.length === 0) return "";
  const waits = open.some(({ stoppedSince }) => stoppedSince !== null);
  return html`<p class="note"><a href="/me/requests">${words.requests.open(numbers.count(open.length), open.length === 1)}</a>${waits ? html` <strong>${words.requests.waitsForYou}</strong>` : ""}</p>`;
}

function row(
  scene: Scene,
  view: CustomerDecisions,
  { contract, mine }: CustomerDecisions["items"][number],
): Html {
  const { language, numbers, words } = scene;
  const { at, decision, inputs } = mine;
  const bars = motifOf(contract, decision, language);
  const touched = standingWords(
    scene,
    contract,
    standingOf(decision, view.after),
    openRequestOn(decision.id, view.requests),
  );
  const decided = outcomeWords(contract, decision.outcome, language).label;
  const said =
    touched === "" ? decided : html`${decided} ${words.standing.byProgram}; <strong>${touched}</strong>`;
  return html`<li>${motif(bars, { width: 88, height: 38 }, motifSentence(bars, scene))}<div><a class="title" href="/me/decisions/${decision.id}">${contract.title[language]}</a><p>${said}</p><p class="quiet">${gist(scene, contract, inputs)}</p></div><time datetime="${at}">${numbers.shortDate(new Date(at))}</time></li>`;
}

/** Who looked and why: others first, since that is what one cannot know; one's own readings are folded away. */
function openings(scene: Scene, opened: readonly Opening[]): Html {
  const { me } = scene.words;
  const list = (some: readonly Opening[], most: number) =>
    html`<ul class="openings">${some.slice(0, most).map((opening) => openingRow(scene, opening))}</ul>${some.length > most ? html`<p class="note">${me.openedMore(scene.numbers.count(some.length - most))} <a href="/me/copy">${me.openedCopy}</a></p>` : ""}`;
  const others = opened.filter(({ role }) => role !== "subject");
  const own = opened.filter(({ role }) => role === "subject");
  return html`<section class="ruled" id="opened"><h2>${me.opened}</h2><p class="note">${others.length === 0 ? me.openedNone : html`${me.openedLead} ${scene.words.shell.utc}.`}</p>
${others.length === 0 ? "" : list(others, MOST_BY_OTHERS)}${own.length === 0 ? "" : html`<details class="own-openings"><summary>${me.openedBySelf(scene.numbers.count(own.length), own.length === 1)}</summary>${list(own, MOST_BY_ONESELF)}</details>`}</section>`;
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
