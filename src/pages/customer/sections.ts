import { html } from "hono/html";
import { officer, type Section } from "../layout.ts";
import { type Html, mayAsk, type Scene } from "../scene.ts";

/** The customer's header or, while one acts for somebody, what the mandate reaches. */
export const customerSections = (
  scene: Scene,
  current: "decisions" | "requests" | "records" | "mandates",
): Section[] => {
  const { words, acting } = scene;
  if (acting === null)
    return [
      { href: "/me", label: words.shell.myDecisions, current: current === "decisions" },
      { href: "/me/requests", label: words.requests.section, current: current === "requests" },
      { href: "/me/erase", label: words.shell.myRecords, current: current === "records" },
    ];
  const texts = words.mandates.sections;
  const sections: [boolean, Section][] = [
    [true, { href: "/me/acting", label: texts.acting, current: current === "mandates" }],
    [
      mayAsk(scene, "access_complete"),
      { href: "/me", label: texts.decisions, current: current === "decisions" },
    ],
    [true, { href: "/me/requests", label: texts.requests, current: current === "requests" }],
    [
      mayAsk(scene, "access_complete") || mayAsk(scene, "portability"),
      { href: "/me/copy", label: texts.copy, current: current === "records" },
    ],
  ];
  return sections.flatMap(([shown, section]) => (shown ? [section] : []));
};

/** The same in one line, for the first screen. */
export const responsibleLine = (scene: Scene): Html =>
  html`<p class="note">${scene.controller}, ${scene.words.decision.controller} ${officer(scene)}.</p>`;

/** Who answers for a decision, and the authority beyond them (LGPD art. 9 IV, 18 §1, 41). */
export function responsible(scene: Scene): Html {
  const { decision } = scene.words;
  return html`<section class="ruled"><h2>${decision.responsible}</h2><p class="note">${scene.controller}, ${decision.controller} ${officer(scene)}. ${decision.authority} <a href="https://www.gov.br/anpd" rel="noreferrer">ANPD</a>.</p></section>`;
}
