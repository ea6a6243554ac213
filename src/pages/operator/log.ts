import { html } from "hono/html";
import type { RememberedAudit } from "../../db/last-audit.ts";
import type { Problem } from "../../errors.ts";
import { seal } from "../figures/marks.ts";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { LogCondition } from "./deps.ts";
import { doneNote, operatorSections, refusal, sealOf } from "./frame.ts";

export interface LogView {
  log: LogCondition;
  done: boolean;
  refused: Pick<Problem, "code"> | null;
}

/** How the log stands: size, what is published, witnesses, alarms, the last check, and what can be done. */
export function logPage(scene: Scene, view: LogView): Html {
  const { words, numbers } = scene;
  const texts = words.logState;
  const { log } = view;
  const { checkpoints, witnesses, published, stamp } = log;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "log"),
    mono: true,
    logLine: { size: log.size, root: log.root, entry: null, seal: sealOf(log) },
    main: html`<h1>${texts.title}</h1>${doneNote(scene, view.done)}
<div class="columns"><section class="ruled" aria-labelledby="state"><h2 id="state">${texts.published}</h2><dl class="facts"><dt>${texts.size}</dt><dd>${numbers.count(log.size)}</dd><dt>${texts.published}</dt><dd>${published === null ? words.today.noCheckpoint : texts.publishedAt(numbers.count(published.size), numbers.longTime(published.at))}</dd><dt>${texts.time}</dt><dd>${stamp === null ? texts.noTime : texts.publishedAt(numbers.count(stamp.size), numbers.longTime(stamp.at))}</dd><dt>${texts.faults}</dt><dd>${checkpoints.faults.length === 0 ? texts.noFaults : checkpoints.faults.map(({ at, code }) => html`${at}: <code>${code}</code><br>`)}</dd></dl>${act(scene, "publish", texts.publishNow, "second")}</section>
${checkSection(scene, log.lastCheck, view.refused)}
<section class="ruled" aria-labelledby="alarm"><h2 id="alarm">${texts.alarm}</h2>${checkpoints.alarm === null ? html`<p>${texts.noAlarm}</p>` : html`<div class="sheet refusal" role="alert"><p><strong>${words.today.alarm}</strong> ${texts.alarmText}</p><p>${checkpoints.alarm.detail} <code>${checkpoints.alarm.code}</code></p>${act(scene, "alarm", texts.clear, "erasing")}</div>`}</section></div>
<section class="ruled" aria-labelledby="witnesses"><h2 id="witnesses">${texts.witnesses}</h2>${
      witnesses.length === 0
        ? html`<p class="note">${texts.noWitnesses}</p>`
        : html`<table class="rows"><thead><tr><th scope="col">${texts.witness}</th><th scope="col" class="number">${texts.seen}</th><th scope="col">${texts.answer}</th><th scope="col">${texts.asked}</th></tr></thead><tbody>${witnesses.map(({ name, size, answer, askedAt }) => html`<tr><th scope="row">${name}</th><td class="number">${numbers.count(size)}</td><td${answer === "ok" ? "" : html` class="alarm"`}><code>${answer}</code></td><td>${numbers.longTime(askedAt)}</td></tr>`)}</tbody></table>`
    }</section>`,
  });
}

function act({ csrf }: Scene, name: string, label: string, kind: string): Html {
  return html`<form method="post" action="/operator/log/${name}">${csrf === null ? "" : csrfField(csrf)}<p class="buttons"><button class="button ${kind}" type="submit">${label}</button></p></form>`;
}

function checkSection(scene: Scene, last: RememberedAudit | null, refused: LogView["refused"]): Html {
  const { words, numbers, csrf } = scene;
  const texts = words.logState;
  const verdict =
    last === null
      ? html`${seal("unchecked")} ${texts.never}`
      : last.ok
        ? html`${seal("holds")} <strong>${texts.holds(numbers.count(last.entries))}</strong> ${numbers.longTime(last.at)} UTC`
        : html`${seal("broken")} <strong class="alarm">${texts.broken(last.finding?.code ?? "", last.finding?.entry === null || last.finding === null ? "–" : numbers.count(last.finding.entry))}</strong> ${numbers.longTime(last.at)} UTC`;
  return html`<section class="ruled" aria-labelledby="check"><h2 id="check">${texts.check}</h2><p class="verdict">${verdict}</p>${refusal(scene, refused)}
<form class="step-form" method="post" action="/operator/log/check">${csrf === null ? "" : csrfField(csrf)}<p class="note">${texts.checkNote}</p><label for="kept">${texts.kept}</label><textarea id="kept" name="kept" rows="4" maxlength="10000" spellcheck="false" autocomplete="off"></textarea><p class="buttons"><button class="button" type="submit">${texts.checkNow}</button></p></form></section>`;
}
