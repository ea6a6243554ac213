import { html } from "hono/html";
import type { AgendaLine } from "../../subjects/requests/agenda.ts";
import { agendaHeads, agendaLegend, agendaRow, agendaScale } from "../figures/agenda.ts";
import { bars } from "../figures/day-bars.ts";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { LogCondition, OperatorVerbs, VersionLine } from "./deps.ts";
import {
  aliasTags,
  articlesIn,
  clockRowOf,
  dateOf,
  dayWords,
  dueWords,
  modelNames,
  operatorSections,
  providerWords,
  sealOf,
} from "./frame.ts";
import { incidentForm } from "./incident-form.ts";
import { epochTable } from "./keys.ts";

/** Rows of the first screen; the rest is one link away. */
const SHOWN = 10;
const REVIEWS_SHOWN = 5;
const HOLDS_SHOWN = 5;
export const OVERSIGHT_DAYS = 90;

type Answer<V extends keyof OperatorVerbs> = OperatorVerbs[V] extends (...asked: never[]) => infer R
  ? Awaited<R>
  : never;

export interface TodayView {
  place: Answer<"place">;
  agenda: readonly AgendaLine[];
  counts: { all: number; reviews: number };
  oversight: Answer<"oversight">;
  holds: Answer<"holds">;
  versions: readonly VersionLine[];
  epochs: Answer<"epochs">;
  log: LogCondition;
  now: Date;
}

/** An operator's first screen: what is due, and whether everything else stands as it should. */
export function todayPage(scene: Scene, view: TodayView): Html {
  const { words, numbers } = scene;
  const { agenda, place, counts, holds, log } = view;
  const { today } = place;
  const late = agenda.filter(({ due }) => due !== null && due < today).length;
  const dueToday = agenda.filter(({ due }) => due === today).length;
  const first = agenda.find(({ due }) => due !== null && due <= today);
  const texts = words.today;
  const pressing = [late > 0 ? texts.late(late) : "", dueToday > 0 ? texts.dueToday(dueToday) : ""]
    .join(" ")
    .trim();
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "today"),
    logLine: { size: log.size, root: log.root, entry: null, seal: sealOf(log) },
    main: html`<div class="title-line"><div><h1>${numbers.longDay(dateOf(today))}</h1><p class="lead">${pressing === "" ? texts.nothingDue : html`<strong class="alarm">${pressing}</strong>`} ${texts.counts(counts.all, counts.reviews, holds.length)} ${logWords(scene, log)}</p></div>${first === undefined ? "" : html`<a class="button" href="${requestAddress(first)}">${texts.attend(words.operator.rights[first.right])}</a>`}</div>
<div class="today-columns"><div>${requestSection(scene, view)}<section class="ruled" aria-labelledby="incident"><div class="section-line"><h2 id="incident">${texts.incident}</h2><p class="note">${texts.incidentTerms}</p></div>${incidentForm(scene, { typed: {}, wrong: [], models: modelNames(view.versions), timeZone: place.timeZone })}</section></div>
<div>${reviewSection(scene, view)}${holdSection(scene, view)}</div></div>
<div class="columns two wide-left">${modelSection(scene, view)}<section class="ruled" aria-labelledby="keys"><div class="section-line"><h2 id="keys"><a href="/operator/keys">${texts.keys}</a></h2><p class="note">${providerWords(scene, view.epochs.provider)}</p></div>${epochTable(scene, view.epochs)}</section></div>
${logSection(scene, view)}`,
  });
}

const requestAddress = ({ id }: AgendaLine): string => `/operator/requests/${id}`;

function logWords({ words }: Scene, { lastCheck, checkpoints }: LogCondition): Html {
  const texts = words.today;
  if (checkpoints.alarm !== null) return html`<strong class="alarm">${texts.alarm}</strong>`;
  if (lastCheck === null) return html`${texts.unchecked}`;
  return lastCheck.ok ? html`${texts.whole}` : html`<strong class="alarm">${texts.touched}</strong>`;
}

function requestSection(scene: Scene, view: TodayView): Html {
  const { words } = scene;
  const { agenda, place, counts } = view;
  const texts = words.today;
  return html`<section class="ruled" aria-labelledby="requests"><div class="section-line"><h2 id="requests">${texts.byDeadline}</h2>${agendaLegend(texts)}</div>
${agenda.length === 0 ? html`<p class="sheet"><strong>${texts.empty}</strong> ${texts.emptyNote}</p>` : agendaTable(scene, agenda.slice(0, SHOWN), place.today)}
<p class="note">${words.operator.whole(place.timeZone, place.calendar)} <a href="/operator/requests">${texts.all(counts.all)}</a></p></section>`;
}

/** Requests along time: whose they are stands nowhere. */
export function agendaTable(scene: Scene, lines: readonly AgendaLine[], today: string, states = false): Html {
  const { words, numbers } = scene;
  const texts = words.today;
  const rows = lines.map((line) => clockRowOf(line, today));
  const scale = agendaScale(rows, today);
  return html`<table class="agenda"><caption class="sr">${texts.byDeadline}</caption><thead><tr><th scope="col">${texts.request}</th><th scope="col">${texts.rule}</th><th scope="col" class="line">${agendaHeads(scale, (day) => dayWords(numbers, day, today), texts.today)}</th><th scope="col">${texts.due}</th>${states ? html`<th scope="col">${words.requestList.state}</th>` : ""}</tr></thead>
<tbody>${lines.map((line, i) => {
    const right = words.operator.rights[line.right];
    const due = dueWords(scene, line, today);
    const rule =
      line.due === null && line.target !== null && line.stoppedSince === null
        ? texts.ruleOfTarget
        : line.rule === null
          ? ""
          : articlesIn(line.rule);
    const sentence = texts.sentence(right, dayWords(numbers, line.received, today), due.text);
    return html`<tr><th scope="row"><a href="${requestAddress(line)}">${right}</a> <code>${line.id.slice(0, 8)}</code></th><td class="rule">${rule}</td><td class="line">${agendaRow(rows[i]!, scale, sentence)}</td><td class="due${due.late ? " alarm" : ""}">${due.text}</td>${states ? html`<td class="quiet">${words.operator.states[line.state]}</td>` : ""}</tr>`;
  })}</tbody></table>`;
}

const daysSince = (day: string, today: string) =>
  Math.round((dateOf(today).getTime() - dateOf(day).getTime()) / 86_400_000);

function reviewSection(scene: Scene, { agenda, place, counts, oversight }: TodayView): Html {
  const { words, numbers } = scene;
  const texts = words.today;
  const waiting = agenda.filter(({ right }) => right === "review");
  const { all, reviewers } = oversight;
  const minutes = all.medianSeconds === null ? "" : numbers.duration(all.medianSeconds);
  const flagged = reviewers.filter(({ flags }) => flags.length > 0);
  return html`<section class="ruled" aria-labelledby="reviews"><div class="section-line"><h2 id="reviews">${texts.reviews}</h2><p class="note">${numbers.count(counts.reviews)}</p></div>
${waiting.length === 0 ? html`<p class="note">${texts.noReviews}</p>` : html`<ul class="lines">${waiting.slice(0, REVIEWS_SHOWN).map((line) => html`<li><a href="${requestAddress(line)}"><code>${line.id.slice(0, 8)}</code></a><span>${words.operator.states[line.state]}</span><span class="quiet">${texts.waiting(daysSince(line.received, place.today))}</span></li>`)}</ul>`}
<p class="note">${all.reviews === 0 || all.overrideRate === null ? texts.noOversight(OVERSIGHT_DAYS) : texts.oversight(OVERSIGHT_DAYS, numbers.count(all.reviews), numbers.count(all.overridden), `${numbers.plain(100 * all.overrideRate, 0)}%`, minutes)}</p>
${flagged.map(({ reviewer, reviews, medianSeconds }) => html`<p class="note"><strong>${texts.reviewer(reviewer.slice(0, 8))}:</strong> ${texts.stamped(numbers.count(reviews), numbers.duration(medianSeconds ?? 0))} <span class="flag">${texts.checkFlag}</span></p>`)}</section>`;
}

function holdSection(scene: Scene, { holds, place }: TodayView): Html {
  const { words, numbers } = scene;
  const texts = words.today;
  return html`<section class="ruled" aria-labelledby="holds"><h2 id="holds">${texts.holds}</h2>
${holds.length === 0 ? html`<p class="note">${texts.noHolds}</p>` : html`<ul class="lines">${holds.slice(0, HOLDS_SHOWN).map(({ ground, model, until }) => html`<li><strong>${ground}</strong><span>${model ?? texts.anyModel}</span><span class="quiet">${until === null ? texts.open : texts.until(dayWords(numbers, until, place.today))}</span></li>`)}</ul>`}
<p class="note"><a href="/operator/holds">${texts.seeHolds}</a></p></section>`;
}

function modelSection(scene: Scene, { versions }: TodayView): Html {
  const { words, numbers } = scene;
  const texts = words.today;
  return html`<section class="ruled" aria-labelledby="models"><div class="section-line"><h2 id="models"><a href="/operator/models">${texts.models}</a></h2><p class="note"><a href="/operator/models#publish">${texts.publish}</a></p></div>
<table class="rows"><thead><tr><th scope="col">${texts.version}</th><th scope="col">${texts.alias}</th><th scope="col">${texts.decisions14}</th><th scope="col">${texts.published}</th></tr></thead><tbody>${versions.slice(0, SHOWN).map((line) => html`<tr><th scope="row">${line.model} ${line.version}</th><td>${aliasTags(line)}</td><td>${bars(line.perDay, texts.perDay(line.perDay.map((n) => numbers.count(n)).join(" ")))}</td><td class="quiet">${numbers.shortDate(line.publishedAt)}</td></tr>`)}</tbody></table></section>`;
}

function logSection(scene: Scene, { log, now }: TodayView): Html {
  const { words, numbers } = scene;
  const texts = words.today;
  const { published, witnesses, lastCheck, size } = log;
  const upToDate = witnesses.filter(({ answer }) => answer === "ok").length;
  const age = published && numbers.duration(Math.max(0, (now.getTime() - published.at.getTime()) / 1000));
  const fact = (value: string, note: string) => html`<div><dd>${value}</dd><dt>${note}</dt></div>`;
  return html`<section class="ruled log-facts" aria-labelledby="log"><h2 id="log"><a href="/operator/log">${texts.log}</a></h2><dl>${fact(numbers.count(size), texts.entries)}${published === null ? fact("–", texts.noCheckpoint) : fact(numbers.count(published.size), texts.checkpoint(age ?? ""))}${witnesses.length === 0 ? fact("–", texts.noWitnesses) : fact(`${upToDate}/${witnesses.length}`, texts.witnesses)}${lastCheck === null ? fact("–", texts.notChecked) : fact(lastCheck.ok ? "0" : "1+", texts.checked(numbers.longTime(lastCheck.at)))}</dl></section>`;
}
