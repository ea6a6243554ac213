import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, linear, sideOf } from "./svg.ts";

/** A reason as it weighs: positive is for the favourable outcome. `lower` ≤ `toward` ≤ `upper`. */
export interface Weight {
  toward: number;
  lower: number;
  upper: number;
}

const BAR_WIDTH = 346;

/**
 * Full from zero to the nearer bound of the interval, pale and outlined from bound to bound, a tick at the estimate;
 * all pale when zero lies inside. The zero line runs on above and below, so that rows join.
 */
export function reasonBar(weight: Weight, domain: readonly [number, number], sentence: string): Html {
  const x = linear(domain, [2, BAR_WIDTH - 2]);
  return html`<svg class="reason-bar" viewBox="0 0 ${BAR_WIDTH} 24" role="img" aria-label="${sentence}">${barShapes(weight, x, 4, 16)}<path class="axis" d="M${at(x(0))} -60V84"/></svg>`;
}

/** Which side is which, over the bars, around the same zero line. */
export function reasonHeads(
  domain: readonly [number, number],
  words: { for: string; against: string },
): Html {
  const zero = at(linear(domain, [2, BAR_WIDTH - 2])(0));
  return html`<svg class="reason-heads" viewBox="0 0 ${BAR_WIDTH} 26" aria-hidden="true" focusable="false"><text class="side-against" x="${zero - 27}" y="14" text-anchor="end">${words.against}</text><text class="side-for" x="${zero + 27}" y="14">${words.for}</text><path class="arrow side-against" d="M${zero - 8} 9h-12m4-4-4 4 4 4"/><path class="arrow side-for" d="M${zero + 8} 9h12m-4-4 4 4-4 4"/></svg>`;
}

/** The example beside "how sure this is". */
export function sampleBar(sentence: string): Html {
  const x = linear([0, 1], [2, 158]);
  return html`<svg class="sample-bar" width="160" height="32" viewBox="0 0 160 32" role="img" aria-label="${sentence}">${barShapes({ toward: 0.84, lower: 0.72, upper: 0.97 }, x, 8, 16)}<path class="axis" d="M2 2V30"/></svg>`;
}

function barShapes(
  { toward, lower, upper }: Weight,
  x: (value: number) => number,
  y: number,
  height: number,
): Html {
  const side = sideOf(toward);
  const sure = lower > 0 ? lower : upper < 0 ? upper : 0;
  const [from, to] = [Math.min(x(0), x(sure)), Math.max(x(0), x(sure))];
  const pale = at(x(upper) - x(lower));
  return html`${pale < 0.5 ? "" : html`<rect class="pale-${side.name}" x="${at(x(lower))}" y="${y}" width="${pale}" height="${height}"/>`}${
    sure === 0
      ? ""
      : html`<rect class="${side.name}"${side.fill} x="${at(from)}" y="${y}" width="${at(to - from)}" height="${height}"/>`
  }${pale < 0.5 ? "" : html`<path class="tick" d="M${at(x(toward))} ${y - 2}V${y + height + 2}"/>`}`;
}
