import { z } from "zod";
import { Problem } from "../errors.ts";
import { INPUT_CODES } from "../models/inputs.ts";
import { localDay } from "../subjects/deadlines/days.ts";
import { outboxOf } from "../subjects/outbox/deliver.ts";
import { NOTICE_STATES } from "../subjects/outbox/notices.ts";
import { answerRequest, extendRequest, moveRequest, refuseRequest } from "../subjects/requests/act.ts";
import { acceptCorrection } from "../subjects/requests/correct.ts";
import type { GroundCode } from "../subjects/requests/grounds.ts";
import { takeDown } from "../subjects/requests/intake.ts";
import { readRequest, requestsByDeadline } from "../subjects/requests/list.ts";
import { findRequest } from "../subjects/requests/open-request.ts";
import { type Asked, CHANNELS } from "../subjects/requests/request.ts";
import { REQUEST_RIGHTS } from "../subjects/requests/rights.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import { liftRestriction } from "../subjects/requests/stops.ts";
import type { Api } from "./api.ts";
import * as shapes from "./request-schemas.ts";
import { uuid } from "./schemas.ts";

const TAG = "Requests";
const access = { scope: "operator" } as const;
const one = z.strictObject({ id: uuid });
const answers = { 200: { description: "As it stands now", schema: shapes.requestHeader } };
const proofLevel = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const limit = z.coerce.number().int().min(1).max(500).default(100);

/** For operators: requests by deadline, and what is done about them. */
export function requestDeskRoutes(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "get",
      path: "/v1/requests",
      access,
      tag: TAG,
      summary: "Requests by the day on which their answer is due; nobody's words",
      query: z.strictObject({
        state: z.enum(["open", "closed"]).default("open"),
        right: z.enum(REQUEST_RIGHTS).optional(),
        limit,
      }),
      answers: {
        200: { description: "By deadline", schema: z.object({ items: z.array(shapes.requestLine) }) },
      },
    },
    async ({ c, query: { state, right, limit: most } }) => {
      const today = localDay(deps.now(), deps.rights.timeZone);
      const lines = await requestsByDeadline(deps, { open: state === "open", right, limit: most });
      return c.json({
        items: lines.map((line) => ({
          ...line,
          receivedAt: line.receivedAt.toISOString(),
          overdue: state === "open" && line.due !== null && line.due < today,
        })),
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/requests/{id}",
      access,
      tag: TAG,
      summary: "A request with the person's words; the reading is on the record",
      params: one,
      answers: {
        200: {
          description: "The request",
          schema: shapes.operatorsRequest,
        },
      },
      problems: ["unknown_request"],
    },
    async ({ c, actor, params }) => {
      const found = await readRequest(deps, params.id, actor.subject);
      return c.json({
        ...shapes.wholeOf(found),
        subject: found.content.subject,
        provenAt: found.content.proof,
      });
    },
  );

  takings(api, deps);
  steps(api, deps);
  closings(api, deps);

  api.route(
    {
      method: "get",
      path: "/v1/notices",
      access,
      tag: TAG,
      summary: "What is being told to recipients and people, and whether it arrived",
      query: z.strictObject({ state: z.enum(NOTICE_STATES).optional(), limit }),
      answers: {
        200: {
          description: "Newest first",
          schema: z.object({
            items: z.array(
              z.object({
                id: uuid,
                channel: z.enum(["webhook", "email", "opendsr"]),
                recipient: z.string().nullable().meta({ description: "null for people" }),
                about: z.string(),
                state: z.enum(NOTICE_STATES),
                attempts: z.int(),
                missed: z.string().nullable().meta({ description: "why the last attempt came to nothing" }),
                nextAttemptAt: z.string().nullable(),
                acknowledgedAt: z.string().nullable(),
              }),
            ),
          }),
        },
      },
    },
    async ({ c, query: { state, limit: most } }) => {
      const lines = await outboxOf(deps, { state, limit: most });
      return c.json({
        items: lines.map((line) => ({
          ...line,
          nextAttemptAt: line.nextAttemptAt?.toISOString() ?? null,
          acknowledgedAt: line.acknowledgedAt?.toISOString() ?? null,
        })),
      });
    },
  );
}

function takings(api: Api, deps: RightsDeps): void {
  for (const right of REQUEST_RIGHTS) {
    api.route(
      {
        method: "post",
        path: `/v1/requests/${right}`,
        access,
        tag: TAG,
        summary: `Take down a request that came by letter, e-mail, telephone or at the counter: ${right.replace("_", " ")}`,
        description:
          "The operator answers for who asked, and states the evidence of it. Its clocks count from the day on which it came. The person finds the request among theirs. What hands something out stays open until an operator answers that it was sent; nothing of it is in this answer.",
        body: z.strictObject({
          subject: z.string().min(1).max(200),
          channel: z.enum(CHANNELS).default("letter"),
          receivedOn: z.iso
            .date()
            .optional()
            .meta({ description: "local day of receipt, not in the future; absent: today" }),
          proof: proofLevel.default(3).meta({ description: "how surely the person was identified, 1 to 3" }),
          evidence: shapes.words(4000).meta({ description: "how the person proved who they are" }),
          asked: shapes.ASKED_WITH[right],
        }),
        answers: {
          201: { description: "The request", schema: shapes.requestHeader },
          200: { description: "The one that is open already", schema: shapes.requestHeader },
        },
        problems: [
          "proof_level_too_low",
          "nothing_held",
          "unknown_decision",
          "decision_superseded",
          "decision_erased",
          ...INPUT_CODES,
        ],
      },
      async ({ c, actor, body }) => {
        const { asked, ...taken } = body;
        const { request, created } = await takeDown(deps, actor.subject, right, taken, asked as Asked);
        return c.json(shapes.headerOf(request), created ? 201 : 200);
      },
    );
  }
}

const STEPS = [
  ["start", "start", "Begin to work on a request", null],
  ["identity", "ask_identity", "Ask who it is, on reasonable doubt (GDPR 12(6))", "reason"],
  ["identity-confirmed", "confirm_identity", "Note that the doubt is dispelled", null],
  ["clarification", "ask_clarification", "Ask what is meant; the GDPR's clock stands still", "question"],
] as const;

/** What moves a request without closing it. */
function steps(api: Api, deps: RightsDeps): void {
  for (const [name, action, summary, needs] of STEPS) {
    api.route(
      {
        method: "post",
        path: `/v1/requests/{id}/${name}`,
        access,
        tag: TAG,
        summary,
        params: one,
        body: needs === null ? z.strictObject({}) : z.strictObject({ text: shapes.words(4000) }),
        answers,
        problems: ["unknown_request", "illegal_transition"],
      },
      async ({ c, actor, params, body }) => {
        const who = { by: "operator", name: actor.subject } as const;
        const { text } = body as { text?: string };
        return c.json(shapes.headerOf(await moveRequest(deps, params.id, who, action, text)));
      },
    );
  }
  api.route(
    {
      method: "post",
      path: "/v1/requests/{id}/extend",
      access,
      tag: TAG,
      summary: "Tell the person that the answer takes longer, and why (GDPR 12(3))",
      description:
        "Within the first month, whose rolled-over last day counts. The clocks of other laws run on.",
      params: one,
      body: z.strictObject({ text: shapes.words(4000) }),
      answers,
      problems: ["unknown_request", "illegal_transition", "no_extension", "extension_too_late"],
    },
    async ({ c, actor, params, body }) =>
      c.json(shapes.headerOf(await extendRequest(deps, params.id, actor.subject, body.text))),
  );
}

/** What ends a request, or what it stopped. */
function closings(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "post",
      path: "/v1/requests/{id}/refuse",
      access,
      tag: TAG,
      summary: "Refuse, on a ground that has an article here (GDPR 12(4); LGPD 18 §4 II)",
      params: one,
      body: z.strictObject({ ground: shapes.ground, text: shapes.words(4000) }),
      answers,
      problems: ["unknown_request", "illegal_transition", "ground_not_applicable"],
    },
    async ({ c, actor, params, body }) => {
      const refusal = { ground: body.ground as GroundCode, reason: body.text };
      return c.json(shapes.headerOf(await refuseRequest(deps, params.id, actor.subject, refusal)));
    },
  );
  api.route(
    {
      method: "post",
      path: "/v1/requests/{id}/answer",
      access,
      tag: TAG,
      summary:
        "Grant an objection or a correction, or say that what was asked for by letter was sent; a correction is decided anew and supersedes the decision",
      params: one,
      body: z.strictObject({
        text: shapes.words(4000),
        inputs: shapes.correctedInputs.optional().meta({ description: "correction: as found on evidence" }),
      }),
      answers: {
        200: {
          description: "As it stands now, and the new decision",
          schema: shapes.answeredRequest,
        },
      },
      problems: [
        "unknown_request",
        "illegal_transition",
        "human_answer_needed",
        "decision_erased",
        "decision_superseded",
        ...INPUT_CODES,
        "prediction_failed",
      ],
    },
    async ({ c, actor, params, body }) => {
      const { right } = await findRequest(deps, params.id);
      if (right === "correction") {
        const { request, decision } = await acceptCorrection(deps, params.id, actor.subject, body);
        return c.json({ ...shapes.headerOf(request), decision });
      }
      if (body.inputs !== undefined)
        throw new Problem("human_answer_needed", "Only a correction takes inputs");
      return c.json(shapes.headerOf(await answerRequest(deps, params.id, actor.subject, body.text)));
    },
  );
  api.route(
    {
      method: "post",
      path: "/v1/requests/{id}/lift",
      access,
      tag: TAG,
      summary: "Lift a restriction, telling the person why (GDPR 18(3))",
      params: one,
      body: z.strictObject({ text: shapes.words(4000) }),
      answers,
      problems: ["unknown_request", "unknown_restriction"],
    },
    async ({ c, actor, params, body }) => {
      const who = { by: "operator", name: actor.subject, reason: body.text } as const;
      return c.json(shapes.headerOf(await liftRestriction(deps, params.id, who)));
    },
  );
}
