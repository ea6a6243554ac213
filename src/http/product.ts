import { z } from "zod";
import { decide } from "../decisions/decide.ts";
import type { Deps } from "../decisions/deps.ts";
import { findForClient } from "../decisions/find.ts";
import { INPUT_CODES } from "../models/inputs.ts";
import type { Api } from "./api.ts";
import { decisionRequest } from "./decision-request.ts";
import type { DryRuns } from "./dry-run.ts";
import * as schemas from "./schemas.ts";

const TAG = "Decisions";

/** The body's shape. What is inside `subject` and `inputs` is read by the verb, which names each fault in its own code. */
const decisionBody = z
  .strictObject({
    subject: z.unknown().optional(),
    inputs: z.unknown(),
    language: z.unknown().optional(),
    dryRun: z.boolean().optional(),
  })
  .superRefine(({ subject, dryRun }, context) => {
    if (dryRun !== true && subject === undefined) context.addIssue({ code: "custom", path: ["subject"] });
  });
const describedBody = z.union([
  decisionRequest.extend({ dryRun: z.literal(false).optional() }),
  decisionRequest
    .omit({ subject: true })
    .extend({ dryRun: z.literal(true).meta({ description: "explain, and record nothing" }) }),
]);

/** For product teams: decisions with reasons, in one call. */
export function productRoutes(api: Api, deps: Deps & { dryRuns: DryRuns }): void {
  api.route(
    {
      method: "post",
      path: "/v1/models/{model}/decisions",
      access: { scope: "product" },
      tag: TAG,
      summary: "Decide, with reasons, on the record",
      description:
        "Predicts with the champion version, explains, records and answers. The answer comes only after explanation and log entry are committed. With `dryRun` it is explained and nothing is kept: no subject is taken, an Idempotency-Key has no effect, and the answer says that it is no decision.",
      params: z.strictObject({ model: z.string() }),
      headers: z.object({ "Idempotency-Key": z.string().optional() }),
      body: decisionBody,
      describedBody,
      answers: {
        200: { description: "A dry run: no decision, not on the record", schema: schemas.dryRunAnswer },
        201: { description: "The decision", schema: schemas.decisionAnswer },
      },
      problems: [
        "unknown_model",
        "invalid_subject",
        "missing_feature",
        ...INPUT_CODES,
        "unsupported_language",
        "invalid_idempotency_key",
        "idempotency_key_reused",
        "decision_erased",
        "subject_not_accepted",
        "too_many_dry_runs",
        "overloaded",
        "prediction_failed",
        "not_ready",
      ],
    },
    async ({ c, actor, params, body: { dryRun, ...body } }) => {
      if (dryRun) {
        const { answer } = await deps.dryRuns(actor.client, { model: params.model, ...body });
        return c.json(answer);
      }
      const idempotencyKey = c.req.header("idempotency-key");
      const answer = await decide(deps, {
        client: actor.client,
        model: params.model,
        subject: body.subject,
        inputs: body.inputs,
        language: body.language,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      });
      return c.json(answer, 201, { location: `/v1/decisions/${answer.id}` });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/decisions/{id}",
      access: { scope: "product" },
      tag: TAG,
      summary: "A decision, as it was answered, for the client that made it",
      params: z.strictObject({ id: schemas.uuid }),
      answers: { 200: { description: "The decision", schema: schemas.decisionAnswer } },
      problems: ["unknown_decision", "decision_erased"],
    },
    async ({ c, actor, params }) => c.json(await findForClient(deps, actor.client, params.id)),
  );
}
