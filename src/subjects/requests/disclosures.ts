import type { DecisionCore } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import { openHeld } from "../access.ts";
import { ownDecision } from "../own-decision.ts";
import { rulingOf } from "./law.ts";
import { basesOf } from "./purposes.ts";
import { type RightsDeps, recipientsFor } from "./settings.ts";

/** Whether anything is held (LGPD 18 I, GDPR 15(1)): a yes or a no, at once. */
export async function confirmation(deps: RightsDeps, subject: string) {
  return { held: (await keysOf(deps.db, deps.epoch, subject)).length > 0 };
}

/** The simplified view (LGPD 19 I): what is held and for what, without the data itself. */
export async function simplifiedAccess(deps: RightsDeps, subject: string) {
  const held = await openHeld(deps, subject, "decisions");
  return {
    format: "motivo-access-simplified/v1",
    controller: deps.rights.controller,
    held: held.length > 0,
    purposes: held.map(({ contract, decisions }) => ({
      model: contract.name,
      title: contract.title,
      purposes: Object.values(contract.purposes).map(({ text }) => text),
      legalBases: basesOf(contract),
      retention: Object.values(contract.retentions),
      categories: contract.features.map(({ name, label }) => ({ name, label })),
      decisions: decisions.map(({ at, decision: { id, outcome } }) => ({ id, at, outcome })),
    })),
  };
}

/** Features whose legal basis makes them portable under one of the controller's laws. */
export function portableFeatures(deps: RightsDeps, contract: Contract) {
  return contract.features.filter(({ basis }) =>
    deps.rights.regimes.some(
      (regime) => rulingOf(regime, "portability", [contract.bases[basis]!.kind]).applies,
    ),
  );
}

/**
 * What the person gave, for another controller (LGPD 18 V, GDPR 20). Records are left out: what is anonymised already is
 * not portable (LGPD 18 §7), and neither are scores and attributions, which the person did not give.
 */
export async function portability(deps: RightsDeps, subject: string, model?: string) {
  const held = await openHeld(deps, subject, "personal-data");
  return {
    format: "motivo-portability/v1",
    subject,
    controller: deps.rights.controller,
    purposes: held.flatMap(({ contract, decisions }) => {
      const features = portableFeatures(deps, contract);
      if (features.length === 0 || (model !== undefined && contract.name !== model)) return [];
      return {
        model: contract.name,
        title: contract.title,
        schema: features.map(({ name, label, type }) => ({ name, label, type })),
        given: decisions.map(({ at, subject: who, inputs, decision }) => ({
          decision: decision.id,
          at,
          subject: who,
          inputs: Object.fromEntries(features.map(({ name }) => [name, inputs[name]])),
        })),
      };
    }),
  };
}

/** How the model came to its output, as it was settled when it decided: nothing is computed anew. */
const procedureOf = (contract: Contract, { method, modelRows, seed }: DecisionCore) => ({
  title: contract.title,
  description: contract.description,
  criteria: contract.features.map(({ name, label, purpose }) => ({
    name,
    label,
    purpose: contract.purposes[purpose]!.text,
  })),
  background: "each input is compared with the reference rows that were published with the model",
  method,
  modelRows,
  seed,
});

/**
 * The explanation of one decision, as it was stored when the decision was made (GDPR 15(1)(h): the procedure and
 * principles actually applied, C-203/22; LGPD 20 §1: criteria and procedures).
 */
export async function explanation(deps: RightsDeps, subject: string, id: string) {
  const { vaulted, logIndex } = await ownDecision(deps, subject, id);
  const { decision, inputs, at } = vaulted;
  const { contract, digests } = await deps.models.published(decision.model, decision.version);
  return {
    format: "motivo-explanation/v1",
    decision: decision.id,
    at,
    logIndex,
    model: { name: decision.model, version: decision.version, digests },
    outcome: decision.outcome,
    score: decision.score,
    threshold: decision.threshold,
    ...(decision.explained && { explained: decision.explained }),
    base: decision.base,
    inputs,
    attributions: decision.attributions,
    reasons: decision.reasons,
    procedure: procedureOf(contract, decision),
  };
}

/** Who was given the person's data (LGPD 18 VII, GDPR 15(1)(c)): clients, those who opened it, those who are told. */
export async function recipientsOf(deps: RightsDeps, subject: string) {
  const held = await openHeld(deps, subject, "decisions");
  return {
    format: "motivo-recipients/v1",
    purposes: held.map(({ contract, decisions, opened }) => ({
      model: contract.name,
      clients: [...new Set(decisions.map(({ client }) => client))],
      told: recipientsFor(deps.rights.recipients, contract.name).map(({ name }) => name),
      opened: [
        ...new Set(
          opened.filter(({ at }) => at === undefined).map(({ role, purpose }) => `${role}: ${purpose}`),
        ),
      ],
    })),
  };
}
