import { z } from "zod";
import { decide } from "../decisions/decide.ts";
import type { Deps } from "../decisions/deps.ts";
import { findForClient } from "../decisions/find.ts";
import { subjectSchema } from "../decisions/subject.ts";
import type { Api } from "./api.ts";
import * as schemas from "./schemas.ts";

const TAG = "Decisions";

/** The body's shape. What is inside `subject` and `inputs` is read by the verb, which names each fault in its own code. */
const decisionBody = z.strictObject({
  subject: z
    .unknown()
    .meta({ description: "an id of 1 to 200 characters, or {id, name?, email?, phone?, document?}" }),
  inputs: z.unknown().meta({ description: "one value a feature of the model's contract" }),
  language: z
    .unknown()
    .optional()
    .meta({ description: "one of the contract's languages; its first one when absent" }),
});
const describedBody = z.strictObject({
  subject: subjectSchema,
  inputs: z.record(z.string(), z.union([z.string(), z.number()])),
  language: z.enum(["pt-BR", "en"]).optional(),
});

/** For product teams: decisions with reasons, in one call. */
export function productRoutes(api: Api, deps: Deps): void {
  api.route(
    {
      method: "post",
      path: "/v1/models/{model}/decisions",
      access: { scope: "product" },
      tag: TAG,
      summary: "Decide, with reasons, on the record",
      description:
        "Predicts with the champion version, explains, records and answers. The answer comes only after explanation and log entry are committed.",
      params: z.strictObject({ model: z.string() }),
      headers: z.object({ "Idempotency-Key": z.string().optional() }),
      body: decisionBody,
      describedBody,
      answers: { 201: { description: "The decision", schema: schemas.decisionAnswer } },
      problems: [
        "unknown_model",
        "invalid_subject",
        "missing_feature",
        "unknown_feature",
        "invalid_type",
        "unseen_category",
        "out_of_range",
        "text_too_long",
        "unsupported_language",
        "invalid_idempotency_key",
        "idempotency_key_reused",
        "decision_erased",
        "overloaded",
        "prediction_failed",
        "not_ready",
      ],
    },
    async ({ c, actor, params, body }) => {
      const idempotencyKey = c.req.header("idempotency-key");
      const answer = await decide(deps, {
        client: actor.client,
        model: params.model,
        ...body,
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
