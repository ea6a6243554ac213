import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, linear, type Scale, sideOf, ticks } from "./svg.ts";

const PLOT_WIDTH = 372;
const ROW = 31;

/** A step of the waterfall, in score units. `toward` says on which side it counts; `interval` is around `value`. */
export interface Step {
  value: number;
  interval: readonly [lower: number, upper: number] | null;
  toward: number;
}

/** Where each step starts and ends, and the axis that holds them all with their whiskers. */
export interface Cascade {
  steps: (Step & { from: number; to: number })[];
  domain: [number, number];
  x: Scale;
  marks: number[];
}

export function cascade(
  base: number,
  score: number,
  threshold: number | null,
  steps: readonly Step[],
): Cascade {
  let level = base;
  const placed = steps.map((step) => {
    const from = level;
    level += step.value;
    return { ...step, from, to: level };
  });
  const reached = placed.flatMap(({ from, to, interval }) => [
    from,
    to,
    ...(interval ?? []).map((end) => from + end),
  ]);
  const all = [base, score, ...(threshold === null ? [] : [threshold]), ...reached];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = (high - low || 1) * 0.05;
  const domain: [number, number] = [low - room, high + room];
  return { steps: placed, domain, x: linear(domain, [6, PLOT_WIDTH - 6]), marks: ticks(domain, 5) };
}

/** Grid and threshold run on above and below the row's own height; the cell cuts them off, so that rows join. */
function ground({ x, marks }: Cascade, threshold: number | null): Html {
  return html`${marks.map((mark) => html`<path class="grid" d="M${at(x(mark))} -60V${ROW + 60}"/>`)}${
    threshold === null ? "" : html`<path class="threshold" d="M${at(x(threshold))} -60V${ROW + 60}"/>`
  }`;
}

const open = html`<svg class="plot" width="${PLOT_WIDTH}" height="${ROW}" viewBox="0 0 ${PLOT_WIDTH} ${ROW}"`;

export function axisRow(figure: Cascade, sentence: string, write: (value: number) => string): Html {
  const { x, marks } = figure;
  return html`${open} role="img" aria-label="${sentence}">${marks.map((mark) => {
    const place = at(x(mark));
    return html`<path class="grid" d="M${place} 24V${ROW + 60}"/><text x="${place}" y="18" text-anchor="${place < 16 ? "start" : place > PLOT_WIDTH - 16 ? "end" : "middle"}">${write(mark)}</text>`;
  })}</svg>`;
}

export function baseRow(figure: Cascade, base: number, threshold: number | null): Html {
  const place = at(figure.x(base));
  return html`${open} aria-hidden="true">${ground(figure, threshold)}<path class="join" d="M${place} 16V${ROW + 60}"/><circle class="start-dot" cx="${place}" cy="16" r="4.5"/></svg>`;
}

export function stepRow(figure: Cascade, index: number, threshold: number | null): Html {
  const { x, steps } = figure;
  const { from, to, interval, toward } = steps[index]!;
  const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
  const side = sideOf(toward);
  return html`${open} aria-hidden="true">${ground(figure, threshold)}<path class="join" d="M${at(x(from))} -60V16M${at(x(to))} 16V${ROW + 60}"/><rect class="${side.name}"${side.fill} x="${at(left)}" y="8" width="${Math.max(at(right - left), 1)}" height="16"/>${
    interval === null ? "" : whisker(x(from + interval[0]), x(from + interval[1]))
  }</svg>`;
}

function whisker(left: number, right: number): Html | "" {
  if (right - left < 1) return "";
  const path = `M${at(left)} 16H${at(right)}M${at(left)} 12V20M${at(right)} 12V20`;
  return html`<path class="halo" d="${path}"/><path class="whisker" d="${path}"/>`;
}

export function scoreRow(figure: Cascade, score: number, threshold: number | null, word: string): Html {
  const { x } = figure;
  const place = at(x(score));
  const limit = threshold === null ? 0 : at(x(threshold));
  const left = limit > PLOT_WIDTH - 90 || (place > limit && place < limit + 90);
  return html`${open} aria-hidden="true">${ground(figure, threshold)}<path class="join" d="M${place} -60V8"/><path class="end-mark" d="M${place} 6l6 10-6 10-6-10z"/>${
    threshold === null
      ? ""
      : html`<text class="strong" x="${limit + (left ? -7 : 7)}" y="25" text-anchor="${left ? "end" : "start"}">${word}</text>`
  }</svg>`;
}
