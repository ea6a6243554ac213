import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, linear } from "./svg.ts";

export interface ScoreLine {
  score: number;
  threshold: number;
  /** Ends of the axis: 0 and 1 for a probability. */
  domain: readonly [number, number];
  /** Whether scores above the threshold are the favourable ones. */
  highIsFor: boolean;
  words: { you: string; limit: string; low: string; high: string; sentence: string };
}

/** A customer's score on its line, drawn twice, for a wide screen and a phone: text must keep its size. */
export function scoreLine(line: ScoreLine): Html {
  return html`${drawn(line, 920, "wide")}${drawn(line, 328, "narrow")}`;
}

function drawn(
  { score, threshold, domain, highIsFor, words }: ScoreLine,
  width: number,
  kind: "wide" | "narrow",
): Html {
  const x = linear(domain, [4, width - 4]);
  const you = at(Math.min(Math.max(x(score), 4), width - 4));
  const limit = at(x(threshold));
  const [low, high] = highIsFor ? ["against", "for"] : ["for", "against"];
  const youAnchor = you < 40 ? "start" : you > width - 40 ? "end" : "middle";
  // Words that would touch give way: the limit's word stands on the side with more room.
  const limitLeft = limit > width * 0.6;
  return html`<svg class="score-line ${kind}" viewBox="0 0 ${width} 78" role="img" aria-label="${words.sentence}">
<rect class="soft-${low}" x="4" y="33" width="${at(limit - 4)}" height="10"/><rect class="soft-${high}" x="${limit}" y="33" width="${at(width - 4 - limit)}" height="10"/>
<path class="axis" d="M${limit} 25V51"/><path class="pointer" d="M${you - 8} 23h16v10l-8 12-8-12z"/>
<text class="strong" x="${you}" y="15" text-anchor="${youAnchor}">${words.you}</text>
<text class="strong small" x="${limit + (limitLeft ? -8 : 8)}" y="70" text-anchor="${limitLeft ? "end" : "start"}">${words.limit}</text>
${kind === "narrow" && limit < 130 ? "" : html`<text class="quiet small" x="4" y="70">${words.low}</text>`}
${kind === "narrow" && (limitLeft ? limit > width - 90 : limit > width - 170) ? "" : html`<text class="quiet small" x="${width - 4}" y="70" text-anchor="end">${words.high}</text>`}</svg>`;
}

/** The small line of an auditor's list row. The number stands beside it, so it is not read out. */
export function miniScoreLine(
  score: number,
  threshold: number | null,
  domain: readonly [number, number],
  toward: number,
): Html {
  const x = linear(domain, [2, 118]);
  const place = at(Math.min(Math.max(x(score), 2), 118));
  return html`<svg class="mini-score" width="120" height="16" viewBox="0 0 120 16" aria-hidden="true" focusable="false"><path class="mini-line" d="M0 8H120"/>${
    threshold === null ? "" : html`<path class="axis" d="M${at(x(threshold))} 3V13"/>`
  }<rect class="flat-${toward >= 0 ? "for" : "against"}" x="${place - 2}" y="3" width="5" height="10"/></svg>`;
}
