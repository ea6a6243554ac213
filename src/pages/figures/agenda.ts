import { scaleUtc } from "d3-scale";
import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

/** A clock along time. Days are YYYY-MM-DD. */
export interface ClockRow {
  received: string;
  /** Where it ends: by law, or as the controller's own target. */
  end: { day: string; own: boolean } | null;
  stoppedSince: string | null;
  late: boolean;
}

export interface AgendaScale {
  x(day: string): number;
  /** Days that are named over the rows. */
  named: string[];
  today: string;
}

const WIDTH = 300;
const ROW = 33;
/** What began before and what ends after is drawn to the edge. */
const DAYS_BACK = 16;
const DAYS_ON = 46;
const MS_PER_DAY = 86_400_000;

const dateOf = (day: string) => new Date(`${day}T00:00:00Z`);
const dayOf = (date: Date) => date.toISOString().slice(0, 10);

/** One scale for all rows: from the first receipt to the last due day, within some weeks of today. */
export function agendaScale(rows: readonly ClockRow[], today: string): AgendaScale {
  const now = dateOf(today).getTime();
  const starts = rows.map(({ received }) => dateOf(received).getTime());
  const ends = rows.flatMap(({ end }) => (end === null ? [] : [dateOf(end.day).getTime()]));
  const first = Math.max(Math.min(now - 7 * MS_PER_DAY, ...starts), now - DAYS_BACK * MS_PER_DAY);
  const last = Math.min(Math.max(now + 7 * MS_PER_DAY, ...ends), now + DAYS_ON * MS_PER_DAY);
  const scale = scaleUtc([new Date(first), new Date(last)], [6, WIDTH - 8]).clamp(true);
  const x = (day: string) => scale(dateOf(day));
  const named = scale
    .ticks(4)
    .map(dayOf)
    .filter((day) => Math.abs(x(day) - x(today)) > 44 && x(day) < WIDTH - 24 && x(day) > 20);
  return { x, named, today };
}

/** The days over the rows; `write` makes them words. */
export function agendaHeads(scale: AgendaScale, write: (day: string) => string, todayWord: string): Html {
  return html`<svg class="agenda-line" width="${WIDTH}" height="20" viewBox="0 0 ${WIDTH} 20" aria-hidden="true" focusable="false">${scale.named.map((day) => html`<text x="${at(scale.x(day))}" y="14" text-anchor="middle">${write(day)}</text>`)}<text class="strong small" x="${at(scale.x(scale.today))}" y="14" text-anchor="middle">${todayWord}</text></svg>`;
}

/**
 * A dot at receipt, thick to today, thin to the due mark; dashed where it is the controller's own target; hatched while the
 * clock stands still, without a mark; crimson on the last day and after it.
 */
export function agendaRow(row: ClockRow, scale: AgendaScale, sentence: string): Html {
  const middle = ROW / 2;
  const [start, now] = [at(scale.x(row.received)), at(scale.x(scale.today))];
  const grid = scale.named.map((day) => `M${at(scale.x(day))} 0V${ROW}`).join("");
  return html`<svg class="agenda-line${row.late ? " late" : ""}" width="${WIDTH}" height="${ROW}" viewBox="0 0 ${WIDTH} ${ROW}" role="img" aria-label="${sentence}"><path class="grid" d="${grid}"/><path class="axis" d="M${now} 0V${ROW}"/>${shapes(row, scale, start, now, middle)}</svg>`;
}

function shapes(row: ClockRow, scale: AgendaScale, start: number, now: number, middle: number): Html {
  const dot = html`<circle class="clock-dot" cx="${start}" cy="${middle}" r="4"/>`;
  if (row.stoppedSince !== null && row.end === null) {
    const stopped = at(scale.x(row.stoppedSince));
    return html`<path class="clock-run" d="M${start} ${middle}H${stopped}"/><rect class="clock-still" fill="url(#hatch-gone)" x="${stopped}" y="${middle - 5}" width="${Math.max(at(now - stopped), 6)}" height="10"/>${dot}`;
  }
  if (row.end === null) return html`<path class="clock-run" d="M${start} ${middle}H${now}"/>${dot}`;
  const end = at(scale.x(row.end.day));
  const ran = Math.min(now, end);
  const over = row.late && now > end ? html`<path class="clock-over" d="M${end} ${middle}H${now}"/>` : "";
  const still =
    row.stoppedSince === null
      ? ""
      : html`<rect class="clock-still" fill="url(#hatch-gone)" x="${at(scale.x(row.stoppedSince))}" y="${middle - 5}" width="${Math.max(at(now - scale.x(row.stoppedSince)), 6)}" height="10"/>`;
  return html`<path class="clock-run" d="M${start} ${middle}H${ran}"/>${still}<path class="clock-left${row.end.own ? " own" : ""}" d="M${ran} ${middle}H${end}"/><path class="clock-end${row.end.own ? " own" : ""}" d="M${end} ${middle - 8}V${middle + 8}"/>${over}${dot}`;
}

/** What the three lines mean. */
export function agendaLegend(words: { law: string; target: string; stopped: string }): Html {
  const line = (shape: Html) =>
    html`<svg width="26" height="12" viewBox="0 0 26 12" aria-hidden="true" focusable="false">${shape}</svg>`;
  return html`<ul class="legend"><li>${line(html`<path class="clock-left" d="M0 6H26"/>`)} ${words.law}</li><li>${line(html`<path class="clock-left own" d="M0 6H26"/>`)} ${words.target}</li><li>${line(html`<rect class="clock-still" fill="url(#hatch-gone)" x="0" y="1" width="26" height="10"/>`)} ${words.stopped}</li></ul>`;
}
