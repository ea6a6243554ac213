import { type ToldCounterfactuals, tellCounterfactuals } from "../decisions/counterfactual-words.ts";
import {
  type CounterfactualsOf,
  type VaultedCounterfactuals,
  withoutCounterfactuals,
} from "../decisions/counterfactuals.ts";
import type { Deps } from "../decisions/deps.ts";
import type { Held } from "./access.ts";

/** Decisions without counterfactuals whose computing is asked for by one reading. */
const MOST_ASKED_FOR = 20;

/**
 * What would have changed each of a person's decisions, by the decision's id, out of what was opened under one of their
 * keys: no further reading, and no further trace. What is not on the record yet is computed behind the reading's back.
 */
export async function heldCounterfactuals(
  deps: Pick<Deps, "models" | "decided">,
  { decisions, others }: Held,
): Promise<Map<string, ToldCounterfactuals>> {
  const found = new Map<string, CounterfactualsOf>();
  for (const other of others) {
    if (other.kind !== "counterfactual") continue;
    const { logIndex, ...vaulted } = other;
    const own = vaulted as unknown as VaultedCounterfactuals;
    found.set(own.decision, { state: "computed", logIndex, found: own });
  }
  const told = new Map<string, ToldCounterfactuals>();
  let askedFor = 0;
  for (const { decision } of decisions) {
    const { contract } = await deps.models.published(decision.model, decision.version);
    const known = found.get(decision.id);
    const without = withoutCounterfactuals(contract, decision.outcome);
    if (!known && !without && askedFor < MOST_ASKED_FOR) {
      askedFor += 1;
      deps.decided?.(decision);
    }
    told.set(decision.id, tellCounterfactuals(contract, known ?? { state: without ?? "computing" }));
  }
  return told;
}
