import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, linear } from "./svg.ts";

export interface ChangeLine {
  from: number;
  to: number;
  threshold: number;
  domain: readonly [number, number];
  /** Whether scores above the threshold are the favourable ones. */
  highIsFor: boolean;
  words: { from: string; to: string; threshold: string; sentence: string };
}

const WIDTH = 328;
/** Labels nearer than this to each other would touch. */
const LABEL = 40;

/** From where a score was to where it would be, across the limit: a ring, an arrow, and the limit's mark. */
export function changeLine({ from, to, threshold, domain, highIsFor, words }: ChangeLine): Html {
  const x = linear(domain, [4, WIDTH - 4]);
  const within = (value: number) => at(Math.min(Math.max(x(value), 4), WIDTH - 4));
  const [start, end, limit] = [within(from), within(to), within(threshold)];
  const [low, high] = highIsFor ? ["against", "for"] : ["for", "against"];
  const right = end >= start;
  const way = right ? 1 : -1;
  // The arrow's head ends where the score would be; where the way is short, the head is all of it.
  const shaft = [start + 5 * way, end - 8 * way] as const;
  const near = Math.abs(end - start) < LABEL;
  const anchor = (own: number, other: number) => {
    if (near) return own < other || (own === other && right) ? "end" : "start";
    return own < 20 ? "start" : own > WIDTH - 20 ? "end" : "middle";
  };
  return html`<svg class="change-line" viewBox="0 0 ${WIDTH} 58" role="img" aria-label="${words.sentence}"><rect class="soft-${low}" x="4" y="26" width="${at(limit - 4)}" height="6"/><rect class="soft-${high}" x="${limit}" y="26" width="${at(WIDTH - 4 - limit)}" height="6"/><path class="axis" d="M${limit} 19V39"/>${
    (shaft[1] - shaft[0]) * way > 0
      ? html`<path class="change-way" d="M${at(shaft[0])} 29H${at(shaft[1])}"/>`
      : ""
  }<circle class="change-from" cx="${start}" cy="29" r="5"/><path class="pointer" d="M${at(end - 9 * way)} 22.5L${end} 29L${at(end - 9 * way)} 35.5z"/><text class="quiet small" x="${limit}" y="13" text-anchor="middle">${words.threshold}</text><text class="quiet small" x="${start}" y="54" text-anchor="${anchor(start, end)}">${words.from}</text><text class="strong small" x="${end}" y="54" text-anchor="${anchor(end, start)}">${words.to}</text></svg>`;
}
