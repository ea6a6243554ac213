import { html } from "hono/html";
import type { LastEntry } from "./deps.ts";
import { clocksDoor, reasonsDoor, textDoor, treeDoor } from "./figures/doors.ts";
import { entryMark, FULL_STRIP, logStrip, type Shown, shownAs } from "./figures/log-strip.ts";
import { seal } from "./figures/marks.ts";
import { largeMotif } from "./figures/motif.ts";
import { numbersTable, page } from "./layout.ts";
import type { Html, Scene } from "./scene.ts";

export interface StartView {
  size: number;
  root: string;
  last: readonly LastEntry[];
}

/** Weights of the made-up example in the heading. */
const EXAMPLE = [-0.06, -0.14, -0.035, 0.005, 0.12, -0.135, -0.06, 0.035];

/** Public: four doors, each with its question, and the log as anybody may see it. */
export function startPage(scene: Scene, view: StartView): Html {
  const { words, numbers } = scene;
  const { start, sides } = words;
  const bars = EXAMPLE.map((toward, i) => ({ label: start.exampleFeatures[i]!, toward }));
  const { figures } = start;
  return page(scene, {
    title: start.title,
    kind: "public",
    main: html`<div class="hero"><div><h1 class="start-title">${start.title}</h1><p class="start-lead">${start.lead}</p></div>
<figure><figcaption><strong>${start.drawn}</strong><span>${start.example}</span></figcaption>${largeMotif(bars, sides, start.exampleSentence, false)}${largeMotif(bars, sides, start.exampleSentence, true)}<p class="narrow quiet">${sides.toward}</p>${numbersTable(
      scene,
      [words.auditDecision.feature, words.decision.weight],
      bars.map(({ label, toward }) => [label, numbers.signed(toward, 3)]),
    )}</figure></div>
<div class="doors">
${door(start.customer, reasonsDoor(figures.reasonRows, figures.reasons), html`<a class="button" href="/me">${start.customer.enter}</a>`)}
${door(start.auditor, treeDoor(figures.tree), html`<a class="button second" href="/audit/decisions">${start.auditor.enter}</a>`)}
${door(start.product, textDoor(['{ "outcome": "refused",', '  "score": 0.41,', '  "reasons": [ ... ] }'], figures.answer, "POST /v1/models/.../decisions"), html`<a class="button second" href="/product">${start.product.enter}</a>`)}
${door(start.operator, clocksDoor(figures.clocks), html`<p class="door-ways"><a class="button second" href="/operator">${start.operator.enter}</a> <a href="/reviews">${start.operator.reviewer}</a></p>`)}
</div>
${publicLog(scene, view)}`,
  });
}

interface DoorWords {
  who: string;
  question: string;
  tasks: readonly string[];
}

function door({ who, question, tasks }: DoorWords, figure: Html, enter: Html): Html {
  return html`<section class="door"><p class="over">${who}</p><h2>${question}</h2>${figure}<ul>${tasks.map((task) => html`<li>${task}</li>`)}</ul>${enter}</section>`;
}

function publicLog(scene: Scene, { size, root, last }: StartView): Html {
  const { words, numbers } = scene;
  const { log } = words.start;
  const shown = new Map<Shown, number>();
  for (const entry of last) shown.set(shownAs(entry), (shown.get(shownAs(entry)) ?? 0) + 1);
  const erased = (shown.get("erased") ?? 0) + (shown.get("pending") ?? 0);
  return html`<section class="public-log"><div><h2 class="over">${log.title}</h2><p class="log-size">${words.shell.entries(numbers.count(size))}</p>
<p class="note">${seal("unchecked")} ${words.shell.seals.unchecked} ${log.root} <code>${root
    .slice(0, 16)
    .match(/.{1,4}/g)
    ?.join(
      " ",
    )}</code></p><p class="note">${log.explain}</p><p><a href="/log/checkpoint">${log.check}</a></p></div>
${
  last.length === 0
    ? html`<p class="note">${log.empty}</p>`
    : html`<figure>${logStrip(last, size, log.sentence(numbers.count(size), numbers.count(erased)))}<div class="ends" aria-hidden="true">${
        last.length < FULL_STRIP
          ? html`<span>${numbers.range(numbers.count(last[0]!.index), numbers.count(size - 1))}</span>`
          : html`<span>${numbers.count(last[0]!.index)}</span><span>${numbers.count(size - 1)}</span>`
      }</div>
<figcaption><span>${log.last(numbers.count(last.length))}</span><ul class="legend">${[...shown].map(([kind, count]) => html`<li><svg width="8" height="32" viewBox="0 0 8 32" aria-hidden="true">${entryMark(kind, 0, 0)}</svg> ${words.kinds[kind]} <span class="quiet">${numbers.count(count)}</span></li>`)}</ul></figcaption></figure>`
}</section>`;
}
