import { decide } from "../../decisions/decide.ts";
import type { DecisionAnswer } from "../../decisions/decision.ts";
import { standingOf } from "../../decisions/standing.ts";
import { Problem } from "../../errors.ts";
import { retryStale } from "../../privacy/stale.ts";
import { tellRecipients } from "../outbox/notices.ts";
import { openVaulted } from "../own-decision.ts";
import { eventEntry } from "../trace.ts";
import { checkCorrectedInputs } from "./corrected-inputs.ts";
import { findRequest } from "./open-request.ts";
import type { OpenedRequest } from "./request.ts";
import type { RightsDeps } from "./settings.ts";
import { appendAll, takeStep } from "./take-step.ts";

export interface Correction {
  request: OpenedRequest;
  /** The decision on the corrected inputs, by the same version of the same model. */
  decision: DecisionAnswer;
}

/**
 * Accepts a correction (LGPD 18 III, GDPR 16): decides again on the corrected inputs, by the version that decided
 * first, since what was wrong were the facts. The new decision, the entry that puts it in the old one's place, the step
 * of the request and the notices to recipients are one transaction; the old decision stays as it was.
 * @param evidence inputs as the operator found them on evidence, in the place of those that the person gave
 * @throws Problem human_answer_needed, illegal_transition, decision_erased, decision_superseded, those of inputs
 */
export async function acceptCorrection(
  deps: RightsDeps,
  id: string,
  operator: string,
  evidence?: { inputs?: Record<string, string | number> | undefined; text?: string | undefined },
): Promise<Correction> {
  const asked = await findRequest(deps, id);
  if (asked.right !== "correction") throw new Problem("human_answer_needed");
  const old = asked.content.asked.decision ?? "";
  const opened = await openVaulted(deps, old);
  if (!opened) throw new Problem("decision_erased");
  const { vaulted } = opened;
  const corrected = evidence?.inputs ?? asked.content.asked.inputs ?? {};
  const { inputs, features } = await checkCorrectedInputs(deps, vaulted, corrected);
  const { model, version, language } = vaulted.decision;
  let request = asked;
  const again = () =>
    decide(
      deps,
      { client: vaulted.client, model, version, subject: vaulted.subject, inputs, language },
      {
        async write(tx, made, key) {
          const superseded = (await standingOf(tx, old))?.supersededBy;
          if (superseded?.kind === "correction")
            throw new Problem("decision_superseded", undefined, { members: { by: superseded.decision } });
          const event = {
            kind: "correction",
            at: deps.now().toISOString(),
            decision: old,
            by: made.id,
          } as const;
          const recorded = { decision: old, by: made.id, outcome: made.outcome };
          await appendAll(tx, deps, [
            eventEntry(deps, key, { ...event, features }, { recorded, about: old }),
          ]);
          request = await takeStep(
            deps,
            id,
            () => ({
              action: "answer",
              by: "operator",
              name: operator,
              ...(evidence?.text === undefined ? {} : { text: evidence.text }),
              content: { outcome: { decision: made.id, outcome: made.outcome } },
              write: async () => {
                const told = { decision: old, by: made.id, outcome: made.outcome };
                await tellRecipients(tx, deps, asked, model, "decision.corrected", {
                  subject: vaulted.subject.id,
                  ...told,
                });
              },
            }),
            tx,
          );
        },
      },
    );
  const decision = await retryStale(deps.epoch, again);
  return { request, decision };
}
