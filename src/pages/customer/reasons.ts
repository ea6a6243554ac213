import { drawnFrom } from "../../decisions/scale.ts";
import { certainty } from "../../explain/reasons.ts";
import type { Contract } from "../../models/contract.ts";
import { capital, featureNamed, inputWords, type Manner, outcomeWords } from "../contract-words.ts";
import type { MyDecision } from "../deps.ts";
import type { Weight } from "../figures/reason-bar.ts";
import { roundToSum } from "../numbers.ts";

/** Rows before the rest is folded away. */
const MOST_REASONS = 10;

export interface ReasonRow extends Weight {
  feature: string;
  sentence: string;
  /** In words: how far the number may be trusted. */
  certain: string;
  /** In units of what is explained, rounded so that all rows and the base add up to it as shown. */
  shown: number;
  /** In the same units, around the attribution. */
  interval: readonly [lower: number, upper: number];
}

export interface Weighed {
  rows: ReasonRow[];
  small: ReasonRow[];
  smallSum: number;
  base: number;
  against: number;
  for: number;
  /** What the rows and the base add up to, on the scale that they are on. */
  sum: number;
  /** Where the rows are log odds: what they are of, and the threshold's, as shown. */
  logOdds: { score: number; threshold: number | null } | null;
  /** Every interval has width zero: the method computes, it does not estimate. */
  exact: boolean;
  /** Shared by all bars, so that their lengths compare. */
  domain: [number, number];
}

/**
 * A decision's reasons as a person reads them: what carried the outcome first, uncertain ones last, each by size;
 * the largest ten, the rest apart with their sum.
 */
export function weigh(contract: Contract, { decision, inputs }: MyDecision, manner: Manner): Weighed {
  const { sign, favourable } = outcomeWords(contract, decision.outcome, manner.language);
  const entries = Object.entries(decision.attributions);
  const exact = entries.every(([, { interval }]) => interval[0] === interval[1]);
  const { output, threshold, logOdds } = drawnFrom(decision);
  const [base = 0, ...shown] = roundToSum([decision.base, ...entries.map(([, { value }]) => value)], output);

  const all = entries.map(([name, { value, interval }], i): ReasonRow => {
    const ends = interval.map((end) => sign * end).sort((a, b) => a - b) as [number, number];
    const toward = sign * value;
    const trust = exact ? "exact" : certainty(value, interval);
    return {
      feature: name,
      toward,
      lower: ends[0],
      upper: ends[1],
      shown: shown[i]!,
      interval,
      sentence: sentenceOf(
        contract,
        name,
        inputs[name] ?? "",
        toward,
        exact ? toward !== 0 : trust !== "uncertain",
        manner,
      ),
      certain: {
        exact: manner.words.decision.exact,
        certain: manner.words.decision.certain,
        "almost certain": manner.words.decision.almostCertain,
        uncertain: manner.words.decision.uncertainWord,
      }[trust],
    };
  });
  const bySize = all.toSorted((a, b) => Math.abs(b.toward) - Math.abs(a.toward));
  const carrying = favourable ? 1 : -1;
  const group = (row: ReasonRow) => (!isSure(row) ? 2 : Math.sign(row.toward) === carrying ? 0 : 1);
  const ordered = (rows: ReasonRow[]) => rows.toSorted((a, b) => group(a) - group(b));
  const rows = ordered(bySize.slice(0, MOST_REASONS));
  const small = ordered(bySize.slice(MOST_REASONS));
  const low = Math.min(0, ...all.map(({ lower, toward }) => Math.min(lower, toward)));
  const high = Math.max(0, ...all.map(({ upper, toward }) => Math.max(upper, toward)));
  const sum = (chosen: ReasonRow[]) => chosen.reduce((total, row) => total + row.shown, 0);
  return {
    rows,
    small,
    smallSum: sum(small),
    base,
    against: sum(all.filter(({ shown }) => sign * shown < 0)),
    for: sum(all.filter(({ shown }) => sign * shown > 0)),
    sum: base + sum(all),
    logOdds: logOdds ? { score: decision.score, threshold } : null,
    exact,
    domain: barDomain(low, high),
  };
}

/** Room at both ends; each side gets at least a quarter, so that its word fits over it. */
function barDomain(low: number, high: number): [number, number] {
  const room = (high - low || 1) * 0.03;
  return [Math.min(low - room, -high / 3), Math.max(high + room, -low / 3)];
}

const isSure = ({ lower, upper }: Weight): boolean => lower > 0 || upper < 0;

function sentenceOf(
  contract: Contract,
  name: string,
  input: string | number,
  toward: number,
  sure: boolean,
  { language, words }: Manner,
): string {
  const feature = featureNamed(contract, name);
  const label = capital(feature?.label[language] ?? name);
  if (toward === 0) return words.decision.nothing(label);
  if (!sure || feature === undefined) return words.decision.uncertain(label);
  const text = feature.reasons[toward > 0 ? "for" : "against"][language];
  return text.replaceAll("{value}", () => inputWords(feature, input, language));
}
