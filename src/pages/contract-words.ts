import type { DecisionRecord, Language, RecordedValue } from "../decisions/decision.ts";
import { formatValue } from "../explain/reasons.ts";
import type { Contract, Feature } from "../models/contract.ts";
import type { Numbers } from "./numbers.ts";
import type { Words } from "./words.ts";

/** What a package says about an outcome, and what it means for the person. */
export interface OutcomeWords {
  label: string;
  headline: string;
  favourable: boolean;
  /** 1 when a higher output is better for the person in this decision, −1 when it is worse. */
  sign: 1 | -1;
}

/** An outcome that the package does not declare is shown by its code: the record is older than the words. */
export function outcomeWords({ output }: Contract, code: string, language: Language): OutcomeWords {
  if (output.kind === "multi-classification") {
    const outcome = output.outcomes.find((one) => one.code === code);
    if (!outcome) return { label: code, headline: code, favourable: false, sign: 1 };
    const { label, headline, favourable } = outcome;
    return { label: label[language], headline: headline[language], favourable, sign: favourable ? 1 : -1 };
  }
  const { favourable, unfavourable } = output.outcomes;
  const isFavourable = favourable.code === code;
  const outcome = isFavourable ? favourable : unfavourable.code === code ? unfavourable : null;
  return {
    label: outcome?.label[language] ?? code,
    headline: outcome?.headline[language] ?? code,
    favourable: isFavourable,
    sign: output.highOutput === "favourable" ? 1 : -1,
  };
}

/** The two outcomes of a decision with a threshold, the one below it first; null for a decision among classes. */
export function sidesOfThreshold(
  { output }: Contract,
  language: Language,
): { low: string; high: string } | null {
  if (output.kind === "multi-classification") return null;
  const favourable = output.outcomes.favourable.label[language];
  const unfavourable = output.outcomes.unfavourable.label[language];
  return output.highOutput === "favourable"
    ? { low: unfavourable, high: favourable }
    : { low: favourable, high: unfavourable };
}

/** Ends of a score's axis: a probability's are 0 and 1, others leave room around what is to be shown. */
export function scoreDomain({ output }: Contract, shown: readonly number[]): [number, number] {
  if (output.kind !== "regression") return [0, 1];
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const room = (high - low || Math.abs(high) || 1) * 0.4;
  return [low - room, high + room];
}

export const featureNamed = (contract: Contract, name: string): Feature | undefined =>
  contract.features.find((feature) => feature.name === name);

export const labelOf = (contract: Contract, name: string, language: Language): string =>
  featureNamed(contract, name)?.label[language] ?? name;

/** A label inside a sentence's start: capital first. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const unitOf = (feature: Feature | undefined, language: Language): string | undefined =>
  feature !== undefined && "unit" in feature ? feature.unit?.[language] : undefined;

/** An input in the customer's words: a category's label, a number with its unit. */
export function inputWords(feature: Feature | undefined, value: string | number, language: Language): string {
  const valueLabel =
    feature?.type === "category"
      ? feature.values.find((one) => one.value === value)?.label[language]
      : undefined;
  return formatValue(value, { unit: unitOf(feature, language), valueLabel }, language);
}

export interface Manner {
  language: Language;
  words: Words;
  numbers: Numbers;
}

/** What stands in the record, in words. Whole numbers show the last value inside a bin, not the edge after it. */
export function recordedWords(feature: Feature | undefined, value: RecordedValue, manner: Manner): string {
  const { language, words, numbers } = manner;
  switch (value.kind) {
    case "range": {
      const write = (edge: number) => numbers.plain(edge, 0, 6);
      const whole = feature?.type === "integer";
      const unit = unitOf(feature, language);
      const withUnit = (text: string) => (unit ? `${text}${unit === "%" ? "" : " "}${unit}` : text);
      if (value.from === null && value.to === null) return words.audit.any;
      if (value.from === null) return words.ranges.below(withUnit(write(value.to!)));
      if (value.to === null) return words.ranges.from(withUnit(write(value.from)));
      return withUnit(numbers.range(write(value.from), write(whole ? value.to - 1 : value.to)));
    }
    case "category":
      return feature?.type === "category"
        ? (feature.values.find((one) => one.value === value.value)?.label[language] ?? value.value)
        : value.value;
    case "dropped":
      return words.auditDecision.notKept;
    case "noisy": {
      const unit = unitOf(feature, language);
      return `≈ ${numbers.plain(value.value, 0, 6)}${unit ? `${unit === "%" ? "" : " "}${unit}` : ""}`;
    }
    default:
      return value.value;
  }
}

/** The policy that made a recorded value, as short as a table's cell. */
export function policyWords(feature: Feature | undefined, { words, numbers }: Manner): string {
  if (feature === undefined) return "";
  const { policies } = words;
  const { policy } = feature;
  switch (policy.kind) {
    case "keep":
      return policies.keep(numbers.count(feature.type === "category" ? feature.values.length : 1));
    case "generalise": {
      if (policy.bins) return policies.bins(numbers.count(policy.bins.length + 1));
      if (policy.prefix) return policies.prefix(numbers.count(policy.prefix));
      const groups = Object.values(policy.groups ?? {});
      return policies.groups(numbers.count(groups.flat().length), numbers.count(groups.length));
    }
    case "top-bottom-code": {
      const write = (limit: number) => numbers.plain(limit, 0, 6);
      const parts = [
        ...(policy.bottom === undefined ? [] : [policies.bottom(write(policy.bottom))]),
        ...(policy.top === undefined ? [] : [policies.top(write(policy.top))]),
      ];
      return policies.coded(parts.join(", "));
    }
    case "mask":
      return policies.mask;
    case "drop":
      return policies.drop;
    case "pseudonymise":
      return policies.pseudonymise;
    case "surrogate":
      return policies.surrogate;
    case "noise":
      return policies.noise(numbers.plain(policy.epsilon, 0, 6));
  }
}

/** The places of a decision's motif, toward the person's favour; null where the record kept nothing. */
export function motifOf(
  contract: Contract,
  decision: Pick<DecisionRecord, "outcome"> & { attributions: Record<string, { value: number }> },
  language: Language,
): { label: string; toward: number | null }[] {
  const { sign } = outcomeWords(contract, decision.outcome, language);
  return contract.motif.map((name) => {
    const value = decision.attributions[name]?.value;
    return { label: labelOf(contract, name, language), toward: value === undefined ? null : sign * value };
  });
}

/** The motif said aloud: each place with its number. */
export function motifSentence(
  bars: readonly { label: string; toward: number | null }[],
  { words, numbers }: Manner,
  decimals = 2,
): string {
  const parts = bars.map(
    ({ label, toward }) =>
      `${label} ${toward === null ? words.auditDecision.notKept : numbers.signed(toward, decimals)}`,
  );
  return words.audit.motifSentence(parts.join(", "));
}
