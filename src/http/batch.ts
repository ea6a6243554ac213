import type { Logger } from "pino";
import { z } from "zod";
import { decideMany, type OneOfMany } from "../decisions/decide-many.ts";
import type { Deps } from "../decisions/deps.ts";
import { type Fault, PROBLEMS, Problem, type ProblemCode } from "../errors.ts";
import { type Api, parseOrRefuse } from "./api.ts";
import { decisionRequest } from "./decision-request.ts";
import { asProblem, problemDocument } from "./problem.ts";
import * as schemas from "./schemas.ts";

const MOST_DECISIONS = 1000;
/** A thousand decisions of twenty features are about 1 MiB; free text takes more. */
const BODY_BYTES = 8 * 1024 * 1024;
/** Batches under way together in this process; another is refused rather than left to wait for minutes. */
const MOST_BATCHES = 4;

/** The body's shape. Each item is read by itself, so that a bad one does not spoil the rest. */
const batchBody = z.strictObject({
  language: z.unknown().optional().meta({ description: "of every item that names none" }),
  decisions: z.array(z.unknown()).min(1),
});
const itemBody = z.strictObject({
  subject: z.unknown(),
  inputs: z.unknown(),
  language: z.unknown().optional(),
  idempotencyKey: z.unknown().optional(),
});
const describedBody = z.strictObject({
  language: z.enum(["pt-BR", "en"]).optional().meta({ description: "of every item that names none" }),
  decisions: z
    .array(
      z.strictObject({
        ...decisionRequest.shape,
        idempotencyKey: z
          .string()
          .optional()
          .meta({ description: "as the header of that name, for this decision alone" }),
      }),
    )
    .min(1)
    .max(MOST_DECISIONS),
});

const batchAnswer = z.object({
  model: z.string(),
  decided: z.int().meta({ description: "how many of the results are decisions" }),
  refused: z.int(),
  results: z
    .array(
      z.union([
        z.object({ status: z.literal(201), decision: schemas.decisionAnswer }),
        z.object({
          status: z.int(),
          problem: z
            .object({
              type: z.string(),
              title: z.string(),
              status: z.int(),
              code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
              detail: z.string(),
              errors: z
                .array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() }))
                .optional(),
              retryAfterSeconds: z.int().optional(),
            })
            .loose(),
        }),
      ]),
    )
    .meta({ description: "one for each of `decisions`, in their order" }),
});

/** For product teams: many decisions in one call. */
export function batchRoutes(api: Api, deps: Deps & { logger: Logger }): void {
  let underWay = 0;
  api.route(
    {
      method: "post",
      path: "/v1/models/{model}/decisions/batch",
      access: { scope: "product" },
      tag: "Decisions",
      summary: "Decide up to 1,000 times, each on the record",
      description:
        "Each of `decisions` is decided as a call of its own would be, with an entry and a receipt of its own, all by the version that is champion at the start. One that is refused leaves the others as they are: its result is the problem that the call alone would have been refused with. After a broken connection send the same body again: what has an `idempotencyKey` is answered as it was, to the byte. The body may have 8 MiB.",
      params: z.strictObject({ model: z.string() }),
      body: batchBody,
      describedBody,
      maxBodyBytes: BODY_BYTES,
      answers: { 200: { description: "One result for each, in the same order", schema: batchAnswer } },
      problems: ["unknown_model", "batch_too_large", "overloaded", "prediction_failed", "not_ready"],
    },
    async ({ c, actor, params, body }) => {
      const { decisions, language } = body;
      if (decisions.length > MOST_DECISIONS) {
        throw new Problem("batch_too_large", `A call takes ${MOST_DECISIONS} decisions`);
      }
      if (underWay >= MOST_BATCHES) {
        throw new Problem("overloaded", `${MOST_BATCHES} batches are under way`, { retryAfterSeconds: 5 });
      }
      underWay += 1;
      try {
        const outcomes = await decideMany(deps, {
          client: actor.client,
          model: params.model,
          items: decisions.map((item) => readItem(item, language)),
        });
        const results = outcomes.map((outcome, i) => {
          if ("answer" in outcome) return { status: 201, decision: outcome.answer };
          const problem = asProblem(outcome.refused);
          return { status: problem.status, problem: problemOf(problem, i) };
        });
        reportFailures(
          deps.logger,
          c.get("requestId"),
          outcomes.flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : [])),
        );
        const decided = outcomes.filter((outcome) => "answer" in outcome).length;
        return c.json({ model: params.model, decided, refused: outcomes.length - decided, results });
      } finally {
        underWay -= 1;
      }
    },
  );
}

function readItem(item: unknown, language: unknown): OneOfMany | { unread: unknown } {
  try {
    const read = parseOrRefuse(itemBody, item, "");
    const { idempotencyKey, ...rest } = read;
    if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
      throw new Problem("invalid_idempotency_key", "An idempotencyKey is a string", {
        faults: [{ pointer: "/idempotencyKey", code: "invalid_idempotency_key", detail: "must be a string" }],
      });
    }
    return {
      ...rest,
      ...(rest.language === undefined && language !== undefined ? { language } : {}),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
  } catch (unread) {
    return { unread };
  }
}

/** Pointers lead from the batch's root, so that they find the place in what was sent. */
function problemOf(problem: Problem, i: number): Record<string, unknown> {
  const errors = problem.faults.map(
    (fault): Fault => ({ ...fault, pointer: `/decisions/${i}${fault.pointer}` }),
  );
  const { retryAfterSeconds } = problem;
  return {
    ...problemDocument(problem, null),
    ...(errors.length > 0 ? { errors } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The answer is a 200 whatever is in it: failures of ours inside it reach the service's log here or nowhere. */
function reportFailures(logger: Logger, requestId: string, refused: readonly unknown[]): void {
  const failed = refused.map(asProblem).filter(({ status }) => status >= 500);
  const first = failed[0];
  if (first === undefined) return;
  logger.error(
    { requestId, count: failed.length, code: first.code, err: first.cause ?? first },
    "decisions of a batch failed",
  );
}
