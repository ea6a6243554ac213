import type { VaultedDecision } from "../../decisions/decision.ts";
import { Problem } from "../../errors.ts";
import { readInputs } from "../../models/inputs.ts";
import type { RightsDeps } from "./settings.ts";

type Inputs = Record<string, string | number>;

/**
 * The inputs of a decision with some of them corrected, checked as those of any decision.
 * @returns `features`: those that are not what they were
 * @throws Problem invalid_request when nothing differs; unknown_feature, out_of_range and the other codes of inputs
 */
export async function checkCorrectedInputs(
  deps: Pick<RightsDeps, "models">,
  vaulted: VaultedDecision,
  corrected: Inputs,
): Promise<{ inputs: Inputs; features: string[] }> {
  const { contract } = await deps.models.published(vaulted.decision.model, vaulted.decision.version);
  const inputs: Inputs = { ...vaulted.inputs, ...corrected };
  readInputs(contract, inputs);
  const features = contract.features
    .map(({ name }) => name)
    .filter((name) => inputs[name] !== vaulted.inputs[name]);
  if (features.length === 0)
    throw new Problem("invalid_request", "The corrected inputs are those of the decision");
  return { inputs, features };
}
