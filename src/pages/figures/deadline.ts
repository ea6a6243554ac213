import { scaleUtc } from "d3-scale";
import { html } from "hono/html";
import type { RequestState } from "../../subjects/requests/states.ts";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

/** One request's clock on a line of its own. Days are YYYY-MM-DD. */
export interface DeadlineLine {
  received: string;
  today: string;
  /** When it was answered or ended; null while it is open. */
  closed: string | null;
  /** The last day by law, or the controller's own target. */
  end: { day: string; own: boolean } | null;
  /** Since when the clock stands still. */
  stoppedSince: string | null;
}

const WIDTH = 280;
const [LEFT, RIGHT] = [6, WIDTH - 6];
const MIDDLE = 12;
/** What a day's words take of the line's length. */
const LABEL = 62;
const DAY_MS = 86_400_000;

const dateOf = (day: string): Date => new Date(`${day}T00:00:00Z`);

/**
 * A dot at receipt, thick to today, thin to the day on which it is due; dashed towards the controller's own target; hatched
 * while the clock stands still, and then without a due mark; crimson on the last day and after; a diamond where it ended.
 * @param words of the days under the line
 */
export function deadlineFigure(
  line: DeadlineLine,
  words: { received: string; end: string | null; closed: string | null },
  sentence: string,
): Html {
  const { received, today, closed, end, stoppedSince } = line;
  const late = closed === null && end !== null && !end.own && today >= end.day;
  const reach = [closed ?? today, ...(end ? [end.day] : [])].toSorted().at(-1)!;
  const from = dateOf(received).getTime();
  const to = Math.max(dateOf(reach).getTime(), from + DAY_MS);
  // A clock without an end leaves room after today: the line is not over.
  const x = scaleUtc(
    [new Date(from), new Date(end === null && closed === null ? to + (to - from) * 0.6 : to)],
    [LEFT, RIGHT],
  );
  const place = (day: string) => at(x(dateOf(day)));
  const now = place(closed ?? today);
  return html`<svg class="deadline${late ? " late" : ""}" viewBox="0 0 ${WIDTH} 40" role="img" aria-label="${sentence}">${
    end === null ? "" : rest(place(end.day), now, end.own, closed !== null)
  }${run(LEFT, late && end ? place(end.day) : now, stoppedSince === null ? null : place(stoppedSince))}<circle class="clock-dot" cx="${LEFT}" cy="${MIDDLE}" r="5"/>${
    closed === null
      ? html`<path class="clock-now" d="M${now} ${MIDDLE - 9}V${MIDDLE + 9}"/>`
      : html`<path class="clock-closed" d="M${now} ${MIDDLE - 7}l4.5 7l-4.5 7l-4.5 -7z"/>`
  }${labels(line, words, now)}</svg>`;
}

function run(start: number, now: number, stopped: number | null): Html {
  const to = stopped ?? now;
  const still =
    stopped === null
      ? ""
      : html`<rect class="clock-still" fill="url(#hatch-gone)" x="${stopped}" y="${MIDDLE - 6}" width="${Math.max(at(now - stopped), 6)}" height="12"/>`;
  return html`<path class="clock-run" d="M${start} ${MIDDLE}H${to}"/>${still}`;
}

function rest(end: number, now: number, own: boolean, over: boolean): Html {
  const way =
    end >= now
      ? html`<path class="clock-left${own ? " own" : ""}" d="M${now} ${MIDDLE}H${end}"/>`
      : html`<path class="clock-over" d="M${end} ${MIDDLE}H${now}"/>`;
  return html`${way}<path class="clock-end${own ? " own" : ""}${over ? " past" : ""}" d="M${end} ${MIDDLE - 9}V${MIDDLE + 9}"/>`;
}

function labels({ end }: DeadlineLine, words: Parameters<typeof deadlineFigure>[1], now: number): Html {
  const closedAt = Math.min(Math.max(now, LEFT + LABEL + 22), RIGHT);
  const closed =
    words.closed === null
      ? ""
      : html`<text class="strong" x="${closedAt}" y="36" text-anchor="${closedAt > RIGHT - LABEL / 2 ? "end" : "middle"}">${words.closed}</text>`;
  const due =
    words.end === null || end === null || words.closed !== null
      ? ""
      : html`<text class="strong" x="${RIGHT}" y="36" text-anchor="end">${words.end}</text>`;
  return html`<text x="${LEFT - 5}" y="36">${words.received}</text>${closed}${due}`;
}

/** The state as a square: half while it is open, full when it is done, struck through when it was refused or ended. */
export function stateSquare(state: RequestState): Html {
  const inside =
    state === "answered"
      ? html`<path class="square-full" d="M0 0h12v12H0z"/>`
      : state === "refused" || state === "cancelled"
        ? html`<path class="square-line" d="M0.75 11.25L11.25 0.75"/>`
        : html`<path class="square-full" d="M0 0h6v12H0z"/>`;
  return html`<svg class="state-square" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path class="square-line" d="M0.75 0.75h10.5v10.5H0.75z"/>${inside}</svg>`;
}
