import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { readStanding } from "../decisions/standing.ts";
import { timeOfHour } from "../decisions/times.ts";
import { requestsByDeadline } from "../subjects/requests/list.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import { concludeReview, openReview } from "../subjects/reviews/review.ts";
import { reviewOversight } from "../subjects/reviews/tally.ts";
import type { Api } from "./api.ts";
import * as shapes from "./request-schemas.ts";
import { heldDecision, text, uuid } from "./schemas.ts";

const TAG = "Reviews";
const MS_PER_DAY = 86_400_000;
const one = z.strictObject({ id: uuid });

const supersession = z.object({
  kind: z.enum(["correction", "review"]),
  time: z.string().meta({ description: "RFC 3339, to the hour" }),
  logIndex: z.int(),
  outcome: z.string().nullable(),
  decision: uuid.nullable().meta({ description: "the decision that stands in its place" }),
});
const standing = z.object({
  decision: uuid,
  decided: z.string().nullable().meta({ description: "as the model decided" }),
  outcome: z.string().nullable().meta({ description: "what holds today; null when it was annulled" }),
  supersededBy: supersession.nullable(),
});

const toldStanding = ({ supersededBy, ...rest }: Awaited<ReturnType<typeof readStanding>>) => ({
  ...rest,
  supersededBy:
    supersededBy === null
      ? null
      : {
          kind: supersededBy.kind,
          time: timeOfHour(supersededBy.hour),
          logIndex: supersededBy.logIndex,
          outcome: supersededBy.outcome,
          decision: supersededBy.decision,
        },
});

const rates = {
  reviews: z.int(),
  overridden: z.int(),
  overrideRate: z.number().nullable().meta({ description: "0 to 1" }),
  medianSeconds: z.number().nullable(),
};

/** For reviewers: contested decisions with everything that they rest on; for operators, how the reviews go. */
export function reviewRoutes(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "get",
      path: "/v1/reviews",
      access: { scope: ["reviewer", "operator"] },
      tag: TAG,
      summary: "Reviews that wait, by deadline",
      answers: {
        200: {
          description: "Nobody's words",
          schema: z.object({ items: z.array(shapes.requestLine.omit({ overdue: true })) }),
        },
      },
    },
    async ({ c }) => {
      const lines = await requestsByDeadline(deps, { open: true, right: "review", limit: 500 });
      return c.json({ items: lines.map((line) => ({ ...line, receivedAt: line.receivedAt.toISOString() })) });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/reviews/{id}",
      access: { scope: "reviewer" },
      tag: TAG,
      summary: "The file of a contested decision: the person's view, actual inputs, the whole explanation",
      description: "The reading is on the record, and the reviewer's time runs from it.",
      params: one,
      answers: {
        200: {
          description: "The file",
          schema: z.object({
            request: shapes.requestWhole,
            decision: heldDecision.omit({ logIndex: true }),
            standing,
            title: text,
            features: z.array(z.object({ name: z.string(), label: text })),
            outcomes: z.array(z.object({ code: z.string(), label: text })),
          }),
        },
      },
      problems: ["unknown_review", "decision_erased", "illegal_transition"],
    },
    async ({ c, actor, params }) => {
      const file = await openReview(deps, actor.subject, params.id);
      const { kind: _, ...decision } = file.vaulted;
      return c.json({
        request: shapes.wholeOf(file.request),
        decision,
        standing: toldStanding(file.standing),
        title: file.contract.title,
        features: file.contract.features.map(({ name, label }) => ({ name, label })),
        outcomes: file.outcomes.map(({ code, label }) => ({ code, label })),
      });
    },
  );

  const grounds = shapes.words(4000).meta({ description: "for the person to read" });
  api.route(
    {
      method: "post",
      path: "/v1/reviews/{id}/outcome",
      access: { scope: "reviewer" },
      tag: TAG,
      summary: "Uphold, change or annul a decision, with grounds (LGPD 20; GDPR 22(3))",
      description: "What was changed or annulled supersedes the decision; nothing is rewritten.",
      params: one,
      body: z.discriminatedUnion("result", [
        z.strictObject({ result: z.enum(["upheld", "annulled"]), grounds }),
        z.strictObject({ result: z.literal("changed"), outcome: z.string().max(64), grounds }),
      ]),
      answers: { 200: { description: "The request, answered", schema: shapes.requestHeader } },
      problems: [
        "unknown_review",
        "review_not_opened",
        "unknown_outcome",
        "decision_erased",
        "illegal_transition",
      ],
    },
    async ({ c, actor, params, body }) =>
      c.json(shapes.headerOf(await concludeReview(deps, actor.subject, params.id, body))),
  );

  api.route(
    {
      method: "get",
      path: "/v1/oversight/reviews",
      access: { scope: ["operator", "auditor"] },
      tag: TAG,
      summary: "Override rate and time per review, reviewer by reviewer, with flags for rubber-stamping",
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(3650).default(365) }),
      answers: {
        200: {
          description: "Reviewers by pseudonym",
          schema: z.object({
            all: z.object(rates),
            reviewers: z.array(
              z.object({ reviewer: z.string(), ...rates, flags: z.array(z.enum(["rubber_stamping"])) }),
            ),
          }),
        },
      },
    },
    async ({ c, query: { days } }) =>
      c.json(await reviewOversight(deps.db, new Date(deps.now().getTime() - days * MS_PER_DAY))),
  );
}

/** For product teams and auditors: whether a decision still holds. */
export function standingRoutes(api: Api, deps: Deps): void {
  api.route(
    {
      method: "get",
      path: "/v1/decisions/{id}/standing",
      access: { scope: ["product", "auditor"] },
      tag: "Decisions",
      summary: "Whether a decision still holds, or was corrected, changed or annulled",
      params: one,
      answers: { 200: { description: "What holds today", schema: standing } },
      problems: ["unknown_decision"],
    },
    async ({ c, actor, params }) => {
      const reader = actor.scopes.has("auditor")
        ? ({ role: "auditor", name: actor.subject } as const)
        : ({ role: "product", name: actor.client } as const);
      return c.json(toldStanding(await readStanding(deps, reader, params.id)));
    },
  );
}
