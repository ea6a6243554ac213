import type { Contract } from "../models/contract.ts";
import { onceFor } from "../models/once-for.ts";
import type { KeyUse } from "../privacy/subject-keys.ts";

/**
 * What the data key of a package's decisions is for. Model and legal basis are part of the purpose: the same words
 * may rest on consent in one package and on credit protection in another, and each must be erasable alone.
 * A decision's inputs lie in the vault together, so a package with several purposes has one key for their union,
 * and the strictest of its bases rules an erasure.
 */
export const keyUseOf = onceFor((contract: Contract): KeyUse => {
  const distinct = (pick: (feature: Contract["features"][number]) => string) =>
    [...new Set(contract.features.map(pick))].sort().join("+");
  return {
    purpose: `${contract.name}/${distinct(({ purpose }) => purpose)}/${distinct(({ basis }) => basis)}`,
    retention: distinct(({ retention }) => retention),
  };
});

/** Whether the law lets these decisions be erased on request, and if not, which article says so. */
export function erasureRule(
  contract: Contract,
): { allowed: true } | { allowed: false; article: string; reason: { "pt-BR": string; en: string } } {
  for (const { basis } of contract.features) {
    const rule = contract.bases[basis]!.erasure;
    if (!rule.allowed) return rule;
  }
  return { allowed: true };
}
