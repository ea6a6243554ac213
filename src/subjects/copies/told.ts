import { toBase64 } from "../../../audit/bytes.ts";
import { erasureRule } from "../../decisions/key-use.ts";
import { timeOfHour } from "../../decisions/times.ts";
import { outcomesOf } from "../../models/outcomes.ts";
import type { PublishedVersion } from "../../models/registry.ts";
import { type Held, type HeldDecision, usedBases } from "../access.ts";
import type { OpenedRequest } from "../requests/request.ts";
import { type RightsSettings, recipientsFor } from "../requests/settings.ts";

/** The model behind decisions as it was published: what it is, what it looks at, how good it was found to be. */
export const modelCard = ({ model, version, publishedAt, contract, digests }: PublishedVersion) => ({
  model,
  version,
  publishedAt: publishedAt.toISOString(),
  title: contract.title,
  description: contract.description,
  outcomes: outcomesOf(contract).map(({ code, label }) => ({ code, label })),
  features: contract.features.map(({ name, label, type, purpose, basis, retention, sensitivity }) => ({
    name,
    label,
    type,
    purpose,
    basis,
    retention,
    sensitivity,
  })),
  quality: contract.quality,
  background: { synthetic: contract.background.synthetic },
  source: contract.source,
  digests,
});
export type ModelCard = ReturnType<typeof modelCard>;

export const toldRequest = (request: OpenedRequest) => ({
  id: request.id,
  reference: request.reference,
  right: request.right,
  state: request.state,
  channel: request.content.channel ?? null,
  receivedAt: request.receivedAt.toISOString(),
  closedAt: request.closedAt?.toISOString() ?? null,
  forgetAt: request.forgetAt?.toISOString() ?? null,
  due: request.due,
  target: request.target,
  asked: request.content.asked,
  steps: request.content.steps,
});
export type ToldRequest = ReturnType<typeof toldRequest>;

/** Everything about one use of somebody's data but the decisions, which are many. */
export function toldPurpose(
  held: Held,
  {
    clients,
    cards,
    entries,
    recipients,
  }: {
    clients: ReadonlySet<string>;
    cards: readonly ModelCard[];
    entries: number;
    recipients: RightsSettings["recipients"];
  },
) {
  const { contract, opened, refusals, corrections, reviews, lost, others, key } = held;
  return {
    model: contract.name,
    title: contract.title,
    purposes: Object.entries(contract.purposes).map(([code, { text }]) => ({ code, text })),
    legalBases: usedBases(contract),
    retention: Object.entries(contract.retentions).map(([code, { months, reason }]) => ({
      code,
      months,
      reason,
    })),
    erasure: erasureRule(contract),
    recipients: {
      clients: [...clients],
      told: recipientsFor(recipients, contract.name).map(({ name }) => name),
    },
    modelCards: [...cards],
    completeness: { entries, tagKey: toBase64(key.tagKey) },
    opened: opened.map(({ hour, at, role, purpose, what, decision, logIndex }) => ({
      time: at ?? timeOfHour(hour),
      exact: at !== undefined,
      role,
      purpose,
      what,
      decision,
      logIndex,
    })),
    refusals,
    corrections,
    reviews,
    counterfactuals: others.filter(({ kind }) => kind === "counterfactual"),
    lost,
    others: others.filter(({ kind }) => kind !== "counterfactual"),
  };
}
export type ToldPurpose = ReturnType<typeof toldPurpose>;

export const toldDecision = ({ at, logIndex, client, subject, inputs, decision }: HeldDecision) => ({
  at,
  logIndex,
  client,
  subject,
  inputs,
  decision,
});
