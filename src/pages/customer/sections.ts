import { html } from "hono/html";
import { officer, type Section } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";

/** The customer's header. */
export const customerSections = (
  { words }: Scene,
  current: "decisions" | "requests" | "records",
): Section[] => [
  { href: "/me", label: words.shell.myDecisions, current: current === "decisions" },
  { href: "/me/requests", label: words.requests.section, current: current === "requests" },
  { href: "/me/erase", label: words.shell.myRecords, current: current === "records" },
];

/** The same in one line, for the first screen. */
export const responsibleLine = (scene: Scene): Html =>
  html`<p class="note">${scene.controller}, ${scene.words.decision.controller} ${officer(scene)}.</p>`;

/** Who answers for a decision, and the authority beyond them (LGPD art. 9 IV, 18 §1, 41). */
export function responsible(scene: Scene): Html {
  const { decision } = scene.words;
  return html`<section class="ruled"><h2>${decision.responsible}</h2><p class="note">${scene.controller}, ${decision.controller} ${officer(scene)}. ${decision.authority} <a href="https://www.gov.br/anpd" rel="noreferrer">ANPD</a>.</p></section>`;
}
