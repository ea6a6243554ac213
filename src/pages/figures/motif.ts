import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, sideOf } from "./svg.ts";

/** One place of a motif. `toward` > 0 weighs for the favourable outcome. null: not kept. */
export interface MotifBar {
  label: string;
  toward: number | null;
}

interface Size {
  width: number;
  height: number;
}

/**
 * A decision as small bars around a line, one feature a place, in the package's order.
 * @param sentence what it says, with the numbers: the figure stands in rows too narrow for a table of its own.
 */
export function motif(bars: readonly MotifBar[], { width, height }: Size, sentence: string): Html {
  const largest = Math.max(...bars.map(({ toward }) => Math.abs(toward ?? 0)), Number.MIN_VALUE);
  const place = width / bars.length;
  const middle = height / 2;
  return html`<svg class="motif" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${sentence}">
${bars.map(({ toward }, i) => {
  if (toward === null)
    return html`<rect class="motif-none" x="${at(i * place + 1)}" y="${middle - 2}" width="${at(place - 2)}" height="4"/>`;
  const length = Math.max(at((Math.abs(toward) / largest) * (middle - 1)), toward === 0 ? 0 : 0.8);
  return html`<rect class="flat-${sideOf(toward).name}" x="${at(i * place + 1)}" y="${at(toward >= 0 ? middle - length : middle)}" width="${at(place - 2)}" height="${length}"/>`;
})}<path class="motif-line" d="M0 ${middle}H${width}"/></svg>`;
}

/** The names of a motif's places, upright, as a table's heading. */
export function motifNames(labels: readonly string[], width: number): Html {
  const place = width / labels.length;
  const short = labels.map((label) => (label.length > 14 ? `${label.slice(0, 13).trimEnd()}…` : label));
  return html`<svg class="motif-names" width="${width}" height="92" viewBox="0 0 ${width} 92" aria-hidden="true" focusable="false">${short.map(
    (label, i) =>
      html`<text transform="translate(${at((i + 0.5) * place + 4)} 90) rotate(-90)">${label}</text>`,
  )}</svg>`;
}

/** The large motif of the start page: hatched, with names, wide or (`narrow`) for a phone. */
export function largeMotif(
  bars: readonly MotifBar[],
  words: { for: string; against: string },
  sentence: string,
  narrow: boolean,
): Html {
  const [left, width] = narrow ? [0, 328] : [82, 560];
  const height = 200;
  const middle = 86;
  const place = (width - left) / bars.length;
  const largest = Math.max(...bars.map(({ toward }) => Math.abs(toward ?? 0)));
  const thick = narrow ? 30 : 42;
  return html`<svg class="large-motif ${narrow ? "narrow" : "wide"}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${sentence}">
${narrow ? "" : html`<text class="side-for" x="0" y="${middle - 10}">${words.for}</text><text class="side-against" x="0" y="${middle + 20}">${words.against}</text>`}
${bars.map(({ label, toward }, i) => {
  const value = toward ?? 0;
  const length = at((Math.abs(value) / largest) * (value >= 0 ? 82 : 104));
  const side = sideOf(value);
  const x = at(left + i * place + (place - thick) / 2);
  const centre = at(x + thick / 2);
  return html`<rect class="${side.name}"${side.fill} x="${x}" y="${at(value >= 0 ? middle - length : middle)}" width="${thick}" height="${length}"/>${
    narrow
      ? html`<text transform="translate(${centre + 4} ${value >= 0 ? middle + 8 : middle - 8}) rotate(-90)" text-anchor="${value >= 0 ? "end" : "start"}">${label}</text>`
      : html`<text x="${centre}" y="${value >= 0 ? middle + 17 : middle - 8}" text-anchor="middle">${label}</text>`
  }`;
})}<path class="axis" d="M0 ${middle}H${width}"/></svg>`;
}
