import type { Language } from "../decisions/decision.ts";

/** English dates read day first, as the design language asks; digits are the same as in `en`. */
const LOCALE: Record<Language, string> = { "pt-BR": "pt-BR", en: "en-GB" };
const MS_PER_HOUR = 3_600_000;

/** How a page of one language writes numbers and times. Times are UTC; pages say so. */
export interface Numbers {
  /** 18432 → 18.432 */
  count(value: number): string;
  /** At least `decimals` places, up to `most`. U+2212 for minus, no plus. */
  plain(value: number, decimals?: number, most?: number): string;
  /** As `plain` with a plus; what rounds to zero has no sign. */
  signed(value: number, decimals?: number, most?: number): string;
  /** 20 de agosto de 2026, 09:12 */
  longTime(at: Date): string;
  /** 20 ago 2026 */
  shortDate(at: Date): string;
  /** Quinta-feira, 20 de agosto de 2026 */
  longDay(at: Date): string;
  /** 40 s, 14 min, 3 h */
  duration(seconds: number): string;
  /** 20 ago 2026, 09 h; `hour` in whole hours since 1970-01-01T00:00Z */
  hour(hour: number): string;
  /** Two ends with a spaced en dash. */
  range(from: string, to: string): string;
  /** Two signed ends with an ellipsis, since a dash would read as a minus. */
  interval(lower: number, upper: number, decimals?: number): string;
}

export function numbersFor(language: Language): Numbers {
  const locale = LOCALE[language];
  const write = (value: number, options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(locale, options).format(value === 0 ? 0 : value).replace("-", "−");
  const places = (decimals: number, most: number) => ({
    minimumFractionDigits: decimals,
    maximumFractionDigits: Math.max(decimals, most),
  });
  const plain: Numbers["plain"] = (value, decimals = 2, most = decimals) =>
    write(value, { ...places(decimals, most), signDisplay: "negative" });
  const signed: Numbers["signed"] = (value, decimals = 2, most = decimals) =>
    write(value, { ...places(decimals, most), signDisplay: "exceptZero" });
  const utc = (at: Date, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(at);
  const shortDate = (at: Date) => {
    const month = utc(at, { month: "short" }).replace(".", "").slice(0, 3);
    return `${utc(at, { day: "numeric" })} ${month} ${at.getUTCFullYear()}`;
  };
  const twoDigits = (n: number) => String(n).padStart(2, "0");
  return {
    count: (value) => write(value, { maximumFractionDigits: 0 }),
    plain,
    signed,
    longTime: (at) =>
      `${utc(at, { day: "numeric", month: "long", year: "numeric" })}, ${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}`,
    shortDate,
    longDay(at) {
      const weekday = utc(at, { weekday: "long" });
      const day = utc(at, { day: "numeric", month: "long", year: "numeric" });
      return `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)}, ${day}`;
    },
    duration(seconds) {
      const [value, unit] =
        seconds < 120
          ? [seconds, "s"]
          : seconds < 7200
            ? [seconds / 60, "min"]
            : ([seconds / 3600, "h"] as const);
      return `${write(Math.round(value), {})} ${unit}`;
    },
    hour: (hour) => {
      const at = new Date(hour * MS_PER_HOUR);
      return `${shortDate(at)}, ${twoDigits(at.getUTCHours())} h`;
    },
    range: (from, to) => `${from} – ${to}`,
    interval: (lower, upper, decimals = 2) => `${signed(lower, decimals)} … ${signed(upper, decimals)}`,
  };
}

/** Decimal places that a step needs: 0.01 → 2, 0.25 → 2, 5 → 0. */
export function decimalsOf(step: number): number {
  const [digits = "", exponent = "0"] = String(step).split("e");
  return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent));
}

/**
 * The parts rounded so that, as shown, they add up to the total as shown (largest remainder): each goes to the
 * step below or above it, so none changes its sign.
 * @returns multiples of 10^−decimals; when the parts do not sum to the total, what is missing stays missing.
 */
export function roundToSum(parts: readonly number[], total: number, decimals = 2): number[] {
  const scale = 10 ** decimals;
  const floors = parts.map((part) => Math.floor(part * scale + 1e-9));
  const missing = Math.round(total * scale) - floors.reduce((sum, part) => sum + part, 0);
  const byRemainder = parts
    .map((part, i) => ({ i, remainder: part * scale - floors[i]! }))
    .filter(({ remainder }) => remainder > 1e-9)
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of byRemainder.slice(0, Math.max(0, missing))) floors[i]! += 1;
  return floors.map((part) => part / scale);
}

/** Hex in groups of four, as people compare digests. */
export function grouped(hex: string): string {
  return hex.match(/.{1,4}/g)?.join(" ") ?? "";
}
