import type { DecisionAsked } from "./decide.ts";
import { decideWith } from "./decide.ts";
import type { DecisionAnswer } from "./decision.ts";
import type { Deps } from "./deps.ts";

/** One decision of many: what a call for it alone would say, but for client and model. */
export type OneOfMany = Pick<DecisionAsked, "subject" | "inputs" | "language" | "idempotencyKey">;

export type OutcomeOfOne = { answer: DecisionAnswer } | { refused: unknown };

/**
 * So many of one call are under way together: enough that the next is ready while one waits for its commit, few
 * enough that a single decision asked for meanwhile finds its turn after a handful.
 */
const AT_ONCE = 4;

/**
 * Many decisions by one version, each an entry of its own, as if each had been asked for alone. One that is refused
 * leaves the others as they are; what comes back is in the order of what was asked.
 * @param unread what could not even be read stands in for its item, and is handed back as it is
 * @throws Problem unknown_model, before anything is begun
 */
export async function decideMany(
  deps: Deps,
  asked: { client: string; model: string; items: readonly (OneOfMany | { unread: unknown })[] },
): Promise<OutcomeOfOne[]> {
  const version = await deps.models.live(asked.model);
  const { client, model, items } = asked;
  const outcomes: OutcomeOfOne[] = [];
  const byKey = new Map<string, Promise<OutcomeOfOne>>();
  let next = 0;

  async function one(item: OneOfMany, earlier: Promise<unknown> | undefined): Promise<OutcomeOfOne> {
    // Two items under one key: the first in the order of the call decides what the key stands for.
    await earlier;
    try {
      return { answer: await decideWith(deps, version, { client, model, ...item }) };
    } catch (refused) {
      return { refused };
    }
  }

  async function lane(): Promise<void> {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i]!;
      if ("unread" in item) {
        outcomes[i] = { refused: item.unread };
        continue;
      }
      const { idempotencyKey: key } = item;
      const outcome = one(item, key === undefined ? undefined : byKey.get(key));
      if (key !== undefined) byKey.set(key, outcome);
      outcomes[i] = await outcome;
    }
  }

  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  return outcomes;
}
