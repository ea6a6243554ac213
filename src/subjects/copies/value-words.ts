import type { Language } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import { outcomesOf } from "../../models/outcomes.ts";

const featureOf = (contract: Contract | undefined, name: string) =>
  contract?.features.find((feature) => feature.name === name);

/** A feature as its package calls it for people. */
export const featureLabel = (contract: Contract | undefined, name: string, language: Language): string =>
  featureOf(contract, name)?.label[language] ?? name;

/** A value in the package's words: a category's label, a number with its unit. */
export function valueLabel(
  contract: Contract | undefined,
  name: string,
  value: string | number,
  language: Language,
  told: (value: number) => string = String,
): string {
  const feature = featureOf(contract, name);
  if (feature?.type === "category")
    return feature.values.find((each) => each.value === value)?.label[language] ?? String(value);
  if (typeof value !== "number") return value;
  const unit = feature && "unit" in feature ? feature.unit?.[language] : undefined;
  return unit === undefined ? told(value) : `${told(value)} ${unit}`;
}

/** What pages show for an outcome, and the sentence that a person reads first. */
export function outcomeWords(contract: Contract | undefined, outcome: string, language: Language) {
  const found = contract && outcomesOf(contract).find(({ code }) => code === outcome);
  return { label: found?.label[language] ?? outcome, headline: found?.headline[language] ?? "" };
}
