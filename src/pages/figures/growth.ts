import { scaleLinear, scaleUtc } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";
import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

export interface Growth {
  /** Ascending: how many entries there were at an hour (whole hours since 1970). */
  points: readonly { hour: number; size: number }[];
  /** Erasure entries: where they stand and how many gaps each justifies. */
  erasures: readonly { hour: number; entry: number; gaps: number }[];
  /** The published checkpoint. */
  published: { at: Date; size: number } | null;
}

export interface GrowthWords {
  sentence: string;
  count(value: number): string;
  day(at: Date): string;
}

const MS_PER_HOUR = 3_600_000;

/** The log's size along time as steps, its erasure entries as black bars on it. Drawn wide and for a phone. */
export function growth(of: Growth, words: GrowthWords): Html {
  return html`${drawn(of, words, 1200, "wide")}${drawn(of, words, 328, "narrow")}`;
}

function drawn(
  { points, erasures, published }: Growth,
  words: GrowthWords,
  width: number,
  kind: "wide" | "narrow",
): Html {
  const height = 190;
  const [left, bottom] = [56, height - 24];
  const first = new Date(points[0]!.hour * MS_PER_HOUR);
  const last = new Date(Math.max((points.at(-1)!.hour + 1) * MS_PER_HOUR, first.getTime() + MS_PER_HOUR));
  const x = scaleUtc([first, last], [left, width - 16]);
  const y = scaleLinear([0, points.at(-1)!.size], [bottom, 14]).nice(4);
  const xOf = (hour: number) => x(new Date(hour * MS_PER_HOUR));
  const steps = line<Growth["points"][number]>(
    ({ hour }) => at(xOf(hour)),
    ({ size }) => at(y(size)),
  ).curve(curveStepAfter)(points);
  const ticks = x
    .ticks(kind === "wide" ? 8 : 3)
    .filter((tick) => x(tick) > left + 20 && x(tick) < width - 30);
  const isDay = last.getTime() - first.getTime() > 2 * 86_400_000;
  const write = (tick: Date) =>
    isDay ? words.day(tick) : `${String(tick.getUTCHours()).padStart(2, "0")}:00`;
  return html`<svg class="growth ${kind}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.sentence}"><path class="grid" d="${y
    .ticks(4)
    .map((tick) => `M${left} ${at(y(tick))}H${width - 8}`)
    .join(
      "",
    )}"/>${y.ticks(4).map((tick) => html`<text x="${left - 8}" y="${at(y(tick)) + 4}" text-anchor="end">${words.count(tick)}</text>`)}${ticks.map((tick) => html`<text x="${at(x(tick))}" y="${height - 6}" text-anchor="middle">${write(tick)}</text>`)}<path class="axis" d="M${left} ${bottom}H${width - 8}"/><path class="growth-line" d="${steps ?? ""}H${width - 16}"/>${erasures.map(({ hour, entry }) => html`<path class="growth-erasure" d="M${at(xOf(hour))} ${at(y(entry)) - 7}V${at(y(entry)) + 7}"/>`)}${published === null || published.at < first ? "" : html`<circle class="growth-checkpoint" cx="${at(Math.min(x(published.at), width - 16))}" cy="${at(y(published.size))}" r="4.5"/>`}</svg>`;
}
