import type { Cell } from "./game.ts";

/** The languages that reasons are worded in (BCP 47). */
export type Language = "pt-BR" | "en";

export type Interval = readonly [lower: number, upper: number];

/** One feature as it bears on the output. */
export interface Contribution {
  feature: string;
  /** Output units; positive raises the output. */
  attribution: number;
  /** 95 %, around the attribution. */
  interval: Interval;
  /** The value as people read it (see `formatValue`). */
  value: Readonly<Record<Language, string>>;
  /**
   * What the feature says when it speaks for, or against, the favourable outcome; `{value}` stands for the value.
   */
  texts: Readonly<Record<Language, Readonly<{ for: string; against: string }>>>;
}

export interface Outcome {
  /** Whether the person got what they asked for. */
  favourable: boolean;
  /** What a high output means for the person: the probability of repayment is favourable, of default not. */
  highOutput: "favourable" | "unfavourable";
}

export interface Reason {
  feature: string;
  /** Stable across languages and rewordings, as the record keeps it: `AMOUNT_DM:AGAINST`. */
  code: string;
  /** Toward the favourable outcome, or away from it. */
  direction: "for" | "against";
  /** From 1; shared where intervals overlap, the next rank then skipping as in sport. */
  rank: number;
  text: string;
}

/** More than four stop being reasons and become a list: the number that adverse-action practice settled on. */
export const MAX_REASONS = 4;

/** Of all that moves the output: less than this share of it is the rounding of float64 sums, and no reason. */
const ROUNDING = 1e-9;

/**
 * Why the outcome is what it is, in words.
 *
 * What carried the outcome comes first, strongest first. A refusal says that alone, as an adverse-action notice does
 * (12 CFR 1002.9(b)(2): the principal reasons for the refusal): what spoke for the person did not refuse them. After an
 * approval the places left go to the strongest that pulled the other way, in the same falling order of signed
 * contribution. A feature whose interval holds zero is no reason. Empty when the intervals support nothing: then say so,
 * rather than guess.
 */
export function wordReasons(
  contributions: readonly Contribution[],
  outcome: Outcome,
  language: Language,
): Reason[] {
  const sign = outcome.favourable === (outcome.highOutput === "favourable") ? 1 : -1;
  const rounding = ROUNDING * contributions.reduce((sum, { attribution }) => sum + Math.abs(attribution), 0);
  const supported = contributions
    .filter(({ interval: [lower, upper] }) => lower > 0 || upper < 0)
    .filter(({ attribution }) => Math.abs(attribution) > rounding)
    .map((contribution) => ({ ...contribution, toward: sign * contribution.attribution }))
    .sort((a, b) => b.toward - a.toward || (a.feature < b.feature ? -1 : 1));
  const carrying = supported.filter((c) => c.toward > 0).slice(0, MAX_REASONS);
  const places = outcome.favourable ? MAX_REASONS - carrying.length : 0;
  const opposing = places === 0 ? [] : supported.filter((c) => c.toward < 0).slice(-places);

  const listed = [...carrying, ...opposing];
  const ranks = sharedRanks(listed.map(({ interval }) => interval));
  return listed.map(({ feature, toward, value, texts }, i) => {
    const direction = toward > 0 === outcome.favourable ? "for" : "against";
    const text = texts[language][direction].replaceAll("{value}", () => value[language]);
    return { feature, code: reasonCode(feature, direction), direction, rank: ranks[i]!, text };
  });
}

/** Ranks of intervals in their order: whatever overlaps shares one, and so does what lies between. */
function sharedRanks(intervals: readonly Interval[]): number[] {
  const ranks: number[] = [];
  intervals.forEach((interval, i) => {
    const tied = intervals.findIndex((other, j) => j < i && overlap(other, interval));
    ranks[i] = i + 1;
    if (tied !== -1) ranks.fill(ranks[tied]!, tied);
  });
  return ranks;
}

/** `amount_dm`, against → `AMOUNT_DM:AGAINST`. Letters and digits of any script stay. */
export function reasonCode(feature: string, direction: Reason["direction"]): string {
  return `${feature.toUpperCase().replace(/[^\p{L}\p{N}]+/gu, "_")}:${direction.toUpperCase()}`;
}

/**
 * How far an attribution may be trusted, in words a page can use: `certain` within a quarter of its size,
 * `almost certain` when wider but on one side of zero, `uncertain` when zero lies in the interval.
 */
export function certainty(
  attribution: number,
  [lower, upper]: Interval,
): "certain" | "almost certain" | "uncertain" {
  if (lower <= 0 && upper >= 0) return "uncertain";
  return (upper - lower) / 2 <= Math.abs(attribution) / 4 ? "certain" : "almost certain";
}

const MISSING: Record<Language, string> = { "pt-BR": "não informado", en: "not given" };

/** Made once: each takes longer to make than to use a hundred times. */
const NUMBERS: Partial<Record<Language, Intl.NumberFormat>> = {};

/**
 * A cell as people read it: 8487 → `8.487` in pt-BR and `8,487` in en. A missing value (NaN, "") is said to be
 * missing. A label, from the package and in that language, stands in for a category's code, without the unit.
 */
export function formatValue(
  cell: Cell,
  { unit, valueLabel }: { unit?: string | undefined; valueLabel?: string | undefined },
  language: Language,
): string {
  if (cell === "" || Number.isNaN(cell)) return MISSING[language];
  if (valueLabel !== undefined) return valueLabel;
  NUMBERS[language] ??= new Intl.NumberFormat(language, { maximumFractionDigits: 6 });
  const text = typeof cell === "string" ? cell : NUMBERS[language].format(cell);
  if (unit === undefined || unit === "") return text;
  return unit === "%" ? `${text}%` : `${text} ${unit}`;
}

function overlap(a: Interval, b: Interval): boolean {
  return a[0] <= b[1] && b[0] <= a[1];
}
