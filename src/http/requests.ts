import { z } from "zod";
import type { ProblemCode } from "../errors.ts";
import { INPUT_CODES } from "../models/inputs.ts";
import { needRight } from "../subjects/mandates/act-under.ts";
import { type Acting, moveRequest } from "../subjects/requests/act.ts";
import { findOwnRequest, needProof, openRequest, type Requester } from "../subjects/requests/open-request.ts";
import type { Asked } from "../subjects/requests/request.ts";
import { requestsOf } from "../subjects/requests/requests-of.ts";
import { PROOF_OF, REQUEST_RIGHTS, type RequestRight } from "../subjects/requests/rights.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import { liftRestriction, stopsOf } from "../subjects/requests/stops.ts";
import type { Api } from "./api.ts";
import * as shapes from "./request-schemas.ts";
import { uuid } from "./schemas.ts";
import type { Actor } from "./tokens.ts";

const TAG = "My requests";

const SUMMARY: Record<RequestRight, string> = {
  confirmation: "Is anything held about me? (LGPD 18 I; GDPR 15(1))",
  access_simplified: "What is held about me, in short, at once (LGPD 19 I; GDPR 15)",
  access_complete: "Everything held about me (LGPD 19 II; GDPR 15)",
  portability: "What I gave, for another controller (LGPD 18 V; GDPR 20)",
  correction: "An input of a decision was wrong: decide again (LGPD 18 III; GDPR 16)",
  restriction: "Keep my data, decide nothing with it (LGPD 18 IV; GDPR 18)",
  objection: "I object to a purpose (LGPD 18 §2; GDPR 21)",
  erasure: "Erase me, as far as the legal basis allows (LGPD 18 IV, VI; GDPR 17)",
  review: "A human shall look at a decision again (LGPD 20; GDPR 22(3))",
  explanation: "How a decision came about (LGPD 20 §1; GDPR 15(1)(h))",
  consent_revocation: "I revoke my consent (LGPD 8 §5, 18 IX; GDPR 7(3))",
  recipients: "Who was given my data (LGPD 18 VII; GDPR 15(1)(c))",
};

const OF_DECISIONS: readonly ProblemCode[] = ["unknown_decision", "decision_superseded", "decision_erased"];
const OF_INPUTS: readonly ProblemCode[] = [...INPUT_CODES];
const problemsOf = (right: RequestRight): readonly ProblemCode[] => [
  "proof_level_too_low",
  ...(["correction", "review", "explanation"].includes(right) ? OF_DECISIONS : []),
  ...(right === "correction" ? OF_INPUTS : []),
];

const one = z.strictObject({ id: uuid });

/** For customers: each right as a request with a clock, its steps and its evidence. */
export function requestRoutes(api: Api, deps: RightsDeps): void {
  for (const right of REQUEST_RIGHTS) {
    const level = PROOF_OF[right];
    api.route(
      {
        method: "post",
        path: `/v1/me/requests/${right}`,
        access: { scope: "subject", ...(level === 1 ? {} : { proof: level }) },
        mandate: right,
        tag: TAG,
        summary: SUMMARY[right],
        description:
          "Answered in the call where no human is needed (`result`). The same right asked again while it is open is the same request. What the law does not give here is a request that was refused, with ground and article.",
        body: shapes.ASKED_WITH[right],
        answers: {
          201: { description: "The request", schema: shapes.requestMade },
          200: { description: "The one that is open already", schema: shapes.requestMade },
        },
        problems: problemsOf(right),
      },
      async ({ c, actor, body }) => {
        const asked = body as Asked;
        const { request, created, result } = await openRequest(deps, personOf(actor), right, asked);
        const answer = { ...shapes.wholeOf(request), created, ...(result === undefined ? {} : { result }) };
        return created ? c.json(answer, 201, { location: `/v1/me/requests/${request.id}` }) : c.json(answer);
      },
    );
  }

  api.route(
    {
      method: "get",
      path: "/v1/me/requests",
      access: { scope: "subject" },
      mandate: "any",
      tag: TAG,
      summary: "How my requests stand, newest first, with their deadlines",
      answers: {
        200: { description: "Without words", schema: z.object({ items: z.array(shapes.requestHeader) }) },
      },
    },
    async ({ c, actor }) =>
      c.json({
        items: (await requestsOf(deps, actor.subject))
          .filter(({ right }) => actor.representation?.rights.has(right) ?? true)
          .map((request) => shapes.headerOf(request)),
      }),
  );

  api.route(
    {
      method: "get",
      path: "/v1/me/requests/{id}",
      access: { scope: "subject" },
      mandate: "any",
      tag: TAG,
      summary: "One of my requests, with every step and the answer; needs the proof level of its right",
      params: one,
      answers: { 200: { description: "The request", schema: shapes.requestWhole } },
      problems: ["unknown_request", "proof_level_too_low"],
    },
    async ({ c, actor, params }) => c.json(shapes.wholeOf(await own(deps, actor, params.id))),
  );

  personsSteps(api, deps);
  restrictionRoutes(api, deps);
}

/** Who asks: the person, or a representative within a mandate. */
export const personOf = ({ subject, proof, representation }: Actor): Requester => ({
  subject,
  proof,
  ...(representation
    ? {
        actsFor: {
          by: "representative",
          who: representation.representative,
          rights: representation.rights,
        },
      }
    : {}),
});

/** Who moves a request: the person, or a representative. */
export const actingOf = ({ subject, representation }: Actor): Acting =>
  representation
    ? { by: "representative", subject, who: representation.representative }
    : { by: "person", subject };

/** Somebody's own request, at the proof level that its right needs. */
async function own(deps: RightsDeps, actor: Actor, id: string) {
  const found = await findOwnRequest(deps, actor.subject, id);
  needProof(found.right, found.content.asked, actor.proof);
  if (actor.representation) needRight(actor.representation, found.right, found.content.asked);
  return found;
}

function personsSteps(api: Api, deps: RightsDeps): void {
  const problems = ["unknown_request", "proof_level_too_low", "illegal_transition"] as const;
  const answers = { 200: { description: "As it stands now", schema: shapes.requestWhole } };
  api.route(
    {
      method: "post",
      path: "/v1/me/requests/{id}/cancel",
      access: { scope: "subject" },
      mandate: "any",
      tag: TAG,
      summary: "Take a request back",
      params: one,
      body: z.strictObject({}),
      answers,
      problems,
    },
    async ({ c, actor, params }) => {
      await own(deps, actor, params.id);
      return c.json(shapes.wholeOf(await moveRequest(deps, params.id, actingOf(actor), "cancel")));
    },
  );
  api.route(
    {
      method: "post",
      path: "/v1/me/requests/{id}/clarification",
      access: { scope: "subject" },
      mandate: "any",
      tag: TAG,
      summary: "Answer the question that was asked about a request",
      params: one,
      body: z.strictObject({ text: shapes.words(4000) }),
      answers,
      problems,
    },
    async ({ c, actor, params, body }) => {
      await own(deps, actor, params.id);
      return c.json(
        shapes.wholeOf(await moveRequest(deps, params.id, actingOf(actor), "clarify", body.text)),
      );
    },
  );
  api.route(
    {
      method: "post",
      path: "/v1/me/requests/{id}/identity",
      access: { scope: "subject", proof: 3 },
      tag: TAG,
      summary: "Dispel doubts about who asks, with the highest proof of identity",
      params: one,
      body: z.strictObject({}),
      answers,
      problems,
    },
    async ({ c, actor, params }) => {
      await own(deps, actor, params.id);
      const who = { by: "person", subject: actor.subject } as const;
      return c.json(shapes.wholeOf(await moveRequest(deps, params.id, who, "confirm_identity")));
    },
  );
}

function restrictionRoutes(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "get",
      path: "/v1/me/restrictions",
      access: { scope: "subject" },
      tag: TAG,
      summary: "Which purposes may not decide about me, and since which request",
      answers: {
        200: {
          description: "In force",
          schema: z.object({
            items: z.array(
              z.object({
                kind: z.enum(["restriction", "objection", "revocation"]),
                model: z.string(),
                request: uuid,
              }),
            ),
          }),
        },
      },
    },
    async ({ c, actor }) => {
      const items = await stopsOf(deps, actor.subject);
      return c.json({ items: items.map(({ kind, model, request }) => ({ kind, model, request })) });
    },
  );
  api.route(
    {
      method: "delete",
      path: "/v1/me/restrictions/{id}",
      access: { scope: "subject", proof: 2 },
      tag: TAG,
      summary: "Let a purpose go on that a request of mine stopped",
      params: one,
      answers: { 200: { description: "The request that had stopped it", schema: shapes.requestWhole } },
      problems: ["unknown_request", "unknown_restriction"],
    },
    async ({ c, actor, params }) => {
      const who = { by: "person", subject: actor.subject } as const;
      return c.json(shapes.wholeOf(await liftRestriction(deps, params.id, who)));
    },
  );
}
