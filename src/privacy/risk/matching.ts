import { canonicalize, type Json } from "../../../audit/canonical.ts";
import type { Contract } from "../../models/contract.ts";
import type { RecordedValue } from "../anonymise.ts";

/**
 * The class that a row belongs to: its quasi-identifiers as recorded, as text. Pseudonyms and invented values are told from
 * others' by nobody without the person's key, so they count as nothing.
 */
export function classOf(
  { quasiIdentifiers }: Pick<Contract, "quasiIdentifiers">,
  inputs: Readonly<Record<string, RecordedValue>>,
): string {
  const values = quasiIdentifiers.map((name) => {
    const value = inputs[name];
    return value === undefined || value.kind === "pseudonym" || value.kind === "surrogate"
      ? { kind: "dropped" }
      : value;
  });
  return canonicalize(values as unknown as Json);
}

/**
 * The finest level at which a row's class has at least k − 1 arrivals before it. Each of those went in at some level, and as
 * levels are nested its record matches this one: it says the same, or something finer or coarser that allows the same. So
 * every record above the coarsest level is matched by k − 1 others, those of later arrivals not counted.
 * @param arrivals at each level, from the finest; of the coarsest none is needed
 * @returns a level, at most `arrivals.length`, which is the coarsest
 */
export function levelFor(arrivals: readonly number[], k: number): number {
  const level = arrivals.findIndex((count) => count >= k - 1);
  return level === -1 ? arrivals.length : level;
}
