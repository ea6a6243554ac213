import { max, min } from "d3-array";
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

/** Dots of one shade at one attribution; `shade` 0 to 3 from low to high, null without order. */
export interface SwarmCell {
  attribution: number;
  shade: number | null;
  count: number;
}

export const SWARM = { width: 516, height: 38 };
const IMPORTANCE = { width: 200, height: 38 };
const DOT = 5;
/** As many dots as a row's height takes; beyond it one dot stands for more. */
const MOST_IN_COLUMN = 7;

export type LinearScale = ScaleLinear<number, number>;

/** One scale for every row, with zero inside. */
export function swarmScale(rows: readonly (readonly SwarmCell[])[]): LinearScale {
  const values = rows.flat().map(({ attribution }) => attribution);
  const low = Math.min(min(values) ?? -0.1, 0);
  const high = Math.max(max(values) ?? 0.1, 0);
  const room = (high - low || 0.1) * 0.04;
  return scaleLinear([low - room, high + room], [8, SWARM.width - 8]);
}

const columnOf = (scale: LinearScale, attribution: number) => Math.round(scale(attribution) / DOT);

/** How many decisions a dot stands for, so that the fullest column still fits. @param least no dot says less */
export function dotUnit(rows: readonly (readonly SwarmCell[])[], scale: LinearScale, least: number): number {
  const fullest = rows.map((cells) => {
    const columns = Map.groupBy(cells, ({ attribution }) => columnOf(scale, attribution));
    return max([...columns.values()], (own) => own.reduce((sum, { count }) => sum + count, 0)) ?? 0;
  });
  return Math.max(least, Math.ceil((max(fullest) ?? 0) / MOST_IN_COLUMN));
}

/** A row of dots around its middle: a path of round points for each shade, so that a page of them weighs little. */
export function swarmRow(
  cells: readonly SwarmCell[],
  { scale, unit }: { scale: LinearScale; unit: number },
  sentence: string,
): Html {
  const { width, height } = SWARM;
  const columns = Map.groupBy(cells, ({ attribution }) => columnOf(scale, attribution));
  const paths = new Map<number | null, string>();
  for (const [column, own] of columns) {
    const shades = own
      .toSorted((a, b) => (a.shade ?? 0) - (b.shade ?? 0))
      .flatMap(({ shade, count }) =>
        Array.from({ length: Math.max(1, Math.round(count / unit)) }, () => shade),
      );
    shades.slice(0, MOST_IN_COLUMN + 1).forEach((shade, i) => {
      const y = height / 2 + (i - (Math.min(shades.length, MOST_IN_COLUMN + 1) - 1) / 2) * DOT;
      paths.set(shade, `${paths.get(shade) ?? ""}M${column * DOT} ${at(y)}h0`);
    });
  }
  return html`<svg class="swarm" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${sentence}"><path class="grid" d="${gridOf(scale)}"/><path class="swarm-zero" d="M${at(scale(0))} 0V${height}"/>${[
    ...paths,
  ].map(([shade, d]) =>
    shade === null
      ? html`<path class="swarm-rim" d="${d}"/><path class="swarm-hollow" d="${d}"/>`
      : html`<path class="swarm-${shade}" d="${d}"/>`,
  )}</svg>`;
}

const gridOf = (scale: LinearScale) =>
  scale
    .ticks(6)
    .map((tick) => `M${at(scale(tick))} 0V${SWARM.height}`)
    .join("");

/** The attributions over the rows. */
export function swarmHeads(scale: LinearScale, write: (value: number) => string): Html {
  const { width } = SWARM;
  return html`<svg class="swarm" width="${width}" height="18" viewBox="0 0 ${width} 18" aria-hidden="true" focusable="false">${scale
    .ticks(6)
    .filter((tick) => scale(tick) > 18 && scale(tick) < width - 18)
    .map(
      (tick) => html`<text x="${at(scale(tick))}" y="13" text-anchor="middle">${write(tick)}</text>`,
    )}</svg>`;
}

export interface ImportanceBar {
  value: number;
  interval: readonly [lower: number, upper: number];
}

export function importanceScale(bars: readonly ImportanceBar[]): LinearScale {
  return scaleLinear([0, max(bars, ({ interval }) => interval[1]) || 1], [1, IMPORTANCE.width - 8]).nice(3);
}

/** A pale bar to the figure, a whisker over its interval. */
export function importanceBar(
  { value, interval }: ImportanceBar,
  scale: LinearScale,
  sentence: string,
): Html {
  const { width, height } = IMPORTANCE;
  const middle = height / 2;
  const [low, high] = interval.map((end) => at(scale(Math.max(end, 0)))) as [number, number];
  return html`<svg class="importance" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${sentence}"><path class="grid" d="${scale
    .ticks(3)
    .map((tick) => `M${at(scale(tick))} 0V${height}`)
    .join(
      "",
    )}"/><rect class="importance-bar" x="1" y="${middle - 6}" width="${at(Math.max(scale(Math.max(value, 0)) - 1, 0.5))}" height="12"/><path class="whisker" d="M${low} ${middle}H${high}M${low} ${middle - 5}v10M${high} ${middle - 5}v10"/><circle class="clock-dot" cx="${at(scale(Math.max(value, 0)))}" cy="${middle}" r="3.5"/><path class="axis" d="M1 0V${height}"/></svg>`;
}

export function importanceHeads(scale: LinearScale, write: (value: number) => string): Html {
  const { width } = IMPORTANCE;
  return html`<svg class="importance" width="${width}" height="18" viewBox="0 0 ${width} 18" aria-hidden="true" focusable="false">${scale
    .ticks(3)
    .filter((tick) => scale(tick) < width - 16)
    .map(
      (tick) =>
        html`<text x="${at(scale(tick))}" y="13" text-anchor="${tick === 0 ? "start" : "middle"}">${write(tick)}</text>`,
    )}</svg>`;
}
