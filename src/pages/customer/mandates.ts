import { html } from "hono/html";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { GivenMandate, ShownMandate } from "./mandate-deps.ts";
import { customerSections, responsible } from "./sections.ts";

export interface MandatesView {
  given: readonly GivenMandate[];
  held: readonly ShownMandate[];
  done: "ended" | "over" | "stopped" | null;
  mayEnd: boolean;
  /** Where a stronger proof of identity is given, which ending one needs; null: nowhere from here. */
  prove: string | null;
}

/** Uses that are shown of a mandate; the copy of the person's data has all of them. */
const MOST_USES = 40;
/** Uses on the first screen. */
const NEWEST_USES = 5;

/** Whom one may act for, and who may act for oneself: each with its use, and with the way to end it. */
export function mandatesPage(scene: Scene, view: MandatesView): Html {
  const { given, held, done, prove, mayEnd } = view;
  const texts = scene.words.mandates;
  return page(scene, {
    title: texts.title,
    kind: "customer",
    sections: customerSections(scene, "mandates"),
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>
${done === null ? "" : html`<p class="sheet" role="status">${texts.notes[done]}</p>`}
<section class="ruled" aria-labelledby="held"><h2 id="held">${texts.held}</h2>${held.length === 0 ? html`<p class="note">${texts.heldNone}</p>` : html`<ul class="mandates">${held.map((one) => heldRow(scene, one, mayEnd))}</ul>`}</section>
<section class="ruled" aria-labelledby="given"><h2 id="given">${texts.given}</h2>${given.length === 0 ? html`<p class="note">${texts.givenNone}</p>` : html`<p class="note">${texts.givenNote}</p><ul class="mandates">${given.map((one) => givenRow(scene, one, mayEnd))}</ul>`}</section>
${mayEnd ? "" : html`<p class="note">${texts.endProof}${prove === null ? "" : html` <a href="${prove}">${scene.words.requests.prove}</a>`}</p>`}
${responsible(scene)}`,
  });
}

const dayOf = ({ numbers }: Scene, day: string): string => numbers.shortDate(new Date(`${day}T00:00:00Z`));

/** Until when it reaches, or since when it does not. */
function lasting(scene: Scene, { recordedAt, until, inForce, revoked }: ShownMandate): string {
  const texts = scene.words.mandates;
  const recorded = scene.numbers.shortDate(new Date(recordedAt));
  if (revoked)
    return texts.ended(recorded, scene.numbers.shortDate(new Date(revoked.at)), texts.enders[revoked.by]);
  return (inForce ? texts.lasts : texts.overSince)(recorded, dayOf(scene, until));
}

const rightsList = ({ words }: Scene, { rights }: ShownMandate): Html =>
  html`<p class="quiet">${words.mandates.scope} ${rights.map((right) => words.operator.rights[right]).join(" · ")}</p>`;

const button = (scene: Scene, action: string, label: string, kind = ""): Html =>
  html`<form method="post" action="${action}">${csrfField(scene.csrf ?? "")}<button class="button${kind}" type="submit">${label}</button></form>`;

const ending = (scene: Scene, { id, inForce }: ShownMandate, mayEnd: boolean): Html | "" =>
  inForce && mayEnd ? button(scene, `/me/mandates/${id}/end`, scene.words.mandates.end, " second") : "";

function heldRow(scene: Scene, mandate: ShownMandate, mayEnd: boolean): Html {
  const texts = scene.words.mandates;
  const { id, inForce, name } = mandate;
  const current = scene.acting?.mandate === id;
  const act = current
    ? html`<a class="button" href="/me/acting">${texts.goOn}</a>`
    : button(scene, `/me/mandates/${id}/act`, texts.act);
  return html`<li><p class="title">${name ?? texts.unnamed}</p><p>${lasting(scene, mandate)}</p>${rightsList(scene, mandate)}${inForce ? html`<div class="buttons">${act}${ending(scene, mandate, mayEnd)}</div>` : ""}</li>`;
}

function givenRow(scene: Scene, mandate: GivenMandate, mayEnd: boolean): Html {
  const { numbers, words } = scene;
  const texts = words.mandates;
  const { id, name, evidence, uses, reference } = mandate;
  const list =
    uses.length === 0
      ? html`<p class="note">${texts.neverUsed}</p>`
      : html`<details class="uses"><summary>${texts.used(numbers.count(uses.length), uses.length === 1)}</summary>${usesList(scene, uses.slice(0, MOST_USES))}${uses.length > MOST_USES ? html`<p class="note">${words.me.openedMore(numbers.count(uses.length - MOST_USES))} <a href="/me/copy">${words.me.openedCopy}</a></p>` : ""}</details>`;
  return html`<li id="m-${id}"><p class="title">${name ?? texts.unnamedRepresentative}</p><p>${lasting(scene, mandate)}</p>${rightsList(scene, mandate)}<p class="quiet">${texts.evidence} ${evidence.note}</p><p class="quiet">${texts.reference} <code>${reference}</code></p>${list}<div class="buttons">${ending(scene, mandate, mayEnd)}</div></li>`;
}

const usesList = (scene: Scene, uses: GivenMandate["uses"]): Html =>
  html`<ul class="openings">${uses.map(({ at, what }) => html`<li><time datetime="${at}">${scene.numbers.longTime(new Date(at))}</time><div><p>${useWords(scene, what)}</p></div></li>`)}</ul><p class="note">${scene.words.shell.utc}</p>`;

/** On a person's first screen: who acted for them of late, when, and under which mandate. Nothing where nobody may. */
export function actedForMe(scene: Scene, given: readonly GivenMandate[]): Html | "" {
  if (given.length === 0) return "";
  const texts = scene.words.mandates;
  const newest = given
    .flatMap((mandate) => mandate.uses.slice(0, NEWEST_USES).map((use) => ({ ...use, mandate })))
    .toSorted((a, b) => b.at.localeCompare(a.at))
    .slice(0, NEWEST_USES);
  const inForce = given.filter((mandate) => mandate.inForce).length;
  return html`<section class="ruled" aria-labelledby="acted"><h2 id="acted">${texts.acted}</h2><p class="note">${texts.mayAct(inForce)} <a href="/me/mandates#given">${texts.seeGiven}</a></p>${newest.length === 0 ? html`<p class="note">${texts.neverActed}</p>` : html`<ul class="openings">${newest.map(({ at, what, mandate }) => html`<li><time datetime="${at}">${scene.numbers.longTime(new Date(at))}</time><div><p><strong>${mandate.name ?? texts.unnamedRepresentative}</strong> ${useWords(scene, what)}</p><p class="quiet"><a href="/me/mandates#m-${mandate.id}">${texts.underMandate(scene.numbers.shortDate(new Date(mandate.recordedAt)), dayOf(scene, mandate.until))}</a></p></div></li>`)}</ul>`}</section>`;
}

/** Whom one may act for, on one's own first screen. */
export function mayActFor(scene: Scene, held: readonly ShownMandate[]): Html | "" {
  const count = held.filter(({ inForce }) => inForce).length;
  return count === 0
    ? ""
    : html`<p class="note"><a href="/me/mandates">${scene.words.mandates.mayActFor(count)}</a></p>`;
}

type UseWord = keyof Scene["words"]["mandates"]["uses"];

/** What a representative did, by the pattern of the call or of the page. */
const USES: readonly [RegExp, UseWord][] = [
  [/^GET (\/v1\/me\/decisions|\/me)$/, "decisions"],
  [/^GET \/me\/decisions\//, "decision"],
  [/^GET (\/v1)?\/me\/access$/, "access"],
  [/^POST \/me\/copy$/, "asked"],
  [/^GET \/(v1\/me\/copies\/[^/]+\/files|me\/copy)\/./, "file"],
  [/^GET \/(v1\/me\/copies|me\/copy)/, "copies"],
  [/^(DELETE \/v1\/me|POST \/me\/erase)$/, "erased"],
  [/^GET \/me\/(ask|erase)/, "form"],
  [/^POST \/v1\/me\/requests\/[a-z_]+$/, "asked"],
  [/^POST \/me\/ask\//, "asked"],
  [/^GET (\/v1)?\/me\/requests$/, "requests"],
  [/^GET (\/v1)?\/me\/requests\//, "request"],
  [/^POST (\/v1)?\/me\/requests\//, "step"],
];

/** In words; what a right names itself stands behind it. */
export function useWords({ words }: Scene, what: string): string {
  const use = USES.find(([pattern]) => pattern.test(what))?.[1] ?? "other";
  const last = what.split("/").at(-1) ?? "";
  const names = words.operator.rights as Record<string, string>;
  const right = use === "asked" || use === "form" ? names[last] : undefined;
  return right === undefined ? words.mandates.uses[use] : `${words.mandates.uses[use]}: ${right}`;
}
