import { eraseSubject } from "../erase.ts";
import { tellRecipients } from "../outbox/notices.ts";
import { openVaulted } from "../own-decision.ts";
import { purposesOf } from "./purposes.ts";
import type { OpenedRequest } from "./request.ts";
import { requestsOf } from "./requests-of.ts";
import type { RightsDeps } from "./settings.ts";
import { isOpen } from "./states.ts";
import { type Performed, remember, takeStep } from "./take-step.ts";

/** Open requests of a person's about decisions of these models: an erasure of them ends those requests. */
export async function requestsEndedBy(
  deps: RightsDeps,
  subject: string,
  models: ReadonlySet<string>,
): Promise<OpenedRequest[]> {
  const ended: OpenedRequest[] = [];
  for (const request of await requestsOf(deps, subject)) {
    const { decision } = request.content.asked;
    if (decision === undefined || !isOpen(request.state)) continue;
    const opened = await openVaulted(deps, decision);
    if (opened && models.has(opened.vaulted.decision.model)) ended.push(request);
  }
  return ended;
}

/** Open requests about decisions that are gone: there is nothing left to correct, review or explain. */
async function endRequestsOverErased(deps: RightsDeps, subject: string, except: string): Promise<void> {
  for (const { id, state, content } of await requestsOf(deps, subject)) {
    const { decision } = content.asked;
    if (id === except || decision === undefined || !isOpen(state)) continue;
    // Access ends at once; the record itself may follow later.
    if ((await openVaulted(deps, decision)) === null)
      await takeStep(deps, id, () => ({ action: "cancel", by: "service", told: { because: "erased" } }));
  }
}

/**
 * Erases as far as each purpose's basis allows, tells the recipients of what went, and ends what was still open about
 * it. Which models had data is written down first, so that after a crash in the middle nobody is left untold.
 * @param reaches whether a model's purposes are asked about
 */
export async function performErasure(
  deps: RightsDeps,
  made: OpenedRequest,
  reaches: (model: string) => boolean,
): Promise<Performed> {
  const { subject } = made.content;
  const models = async () =>
    (await purposesOf(deps, subject)).map(({ contract }) => contract.name).filter(reaches);
  const heldBefore = made.content.heldBefore ?? (await models());
  if (!made.content.heldBefore) await remember(deps, made.id, { heldBefore });
  const erasure = await eraseSubject(deps, subject, reaches);
  await endRequestsOverErased(deps, subject, made.id);
  const kept = new Set(await models());
  const gone = heldBefore.filter((model) => !kept.has(model));
  const articles = [...new Set(erasure.refused.map(({ article }) => article))];
  const isRefused = gone.length === 0 && articles.length > 0;
  return {
    result: erasure,
    step: {
      action: isRefused ? "refuse" : "answer",
      ...(isRefused ? { ground: "kept_by_law" as const } : {}),
      ...(articles.length > 0 ? { articles } : {}),
      told: { erased: gone.length },
      write: async (tx) => {
        for (const model of gone) await tellRecipients(tx, deps, made, model, "subject.erased", { subject });
      },
    },
  };
}
