import { scaleLinear } from "d3-scale";
import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

const WIDTH = 84;
const HEIGHT = 18;

/** Counts a day as bars, the oldest first. A day without any is a gap on the line. */
export function bars(counts: readonly number[], sentence: string): Html {
  const y = scaleLinear([0, Math.max(1, ...counts)], [0, HEIGHT - 1]);
  const place = WIDTH / counts.length;
  return html`<svg class="day-bars" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${sentence}">${counts.map((count, i) => (count === 0 ? "" : html`<rect class="day-bar" x="${at(i * place)}" y="${at(HEIGHT - 1 - y(count))}" width="${at(place - 1.5)}" height="${at(y(count))}"/>`))}<path class="mini-line" d="M0 ${HEIGHT - 0.5}H${WIDTH}"/></svg>`;
}
