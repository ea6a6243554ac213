import { z } from "zod";
import { actUnder } from "../subjects/mandates/act-under.ts";
import { mandatesOf } from "../subjects/mandates/find-mandates.ts";
import { isInForce, type Mandate } from "../subjects/mandates/mandate.ts";
import { findGiven, recordMandate, revokeMandate } from "../subjects/mandates/record-mandate.ts";
import { REQUEST_RIGHTS } from "../subjects/requests/rights.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { ActUnder, Api } from "./api.ts";
import { words } from "./request-schemas.ts";
import { uuid } from "./schemas.ts";

const TAG = "Mandates";
const CONTROL = /\p{Cc}/u;
const someone = z
  .string()
  .min(1)
  .max(200)
  .refine((value) => !CONTROL.test(value) && value.isWellFormed(), "not plain text");
/** One line, as a name is. */
const name = words(200).refine((value) => !CONTROL.test(value), "not one line");
const names = z.strictObject({ person: name, representative: name });
const rights = z.array(z.enum(REQUEST_RIGHTS)).min(1).max(REQUEST_RIGHTS.length);
const one = z.strictObject({ id: uuid });
const evidence = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  note: words(1000).meta({ description: "what it is and where it is kept" }),
});

const head = z.object({
  id: uuid,
  reference: z.string().meta({ description: "by what the log names it" }),
  names: names.nullable().meta({ description: "what either side is called; null where none were recorded" }),
  rights,
  until: z.string().meta({ description: "YYYY-MM-DD, the last day" }),
  inForce: z.boolean(),
  recordedAt: z.string(),
  revoked: z.object({ at: z.string(), by: z.enum(["operator", "person", "representative"]) }).nullable(),
});
const given = head
  .extend({
    representative: z.string(),
    evidence: z.object({ sha256: z.string(), note: z.string() }),
    uses: z.array(z.object({ at: z.string(), what: z.string() })).meta({ description: "oldest first" }),
  })
  .meta({ id: "MandateGiven" });
const held = head.extend({ person: z.string() }).meta({ id: "MandateHeld" });
const whole = given.extend({ person: z.string() }).meta({ id: "Mandate" });

const headOf = (deps: RightsDeps, mandate: Mandate) => ({
  id: mandate.id,
  reference: mandate.reference,
  names: mandate.content.names ?? null,
  rights: mandate.content.rights,
  until: mandate.until,
  inForce: isInForce(deps, mandate),
  recordedAt: mandate.content.recordedAt,
  revoked: mandate.content.revoked ?? null,
});
const givenOf = (deps: RightsDeps, mandate: Mandate) => {
  const { representative, evidence: seen, uses } = mandate.content;
  return { ...headOf(deps, mandate), representative, evidence: seen, uses };
};
const heldOf = (deps: RightsDeps, mandate: Mandate) => ({
  ...headOf(deps, mandate),
  person: mandate.content.person,
});
const wholeOf = (deps: RightsDeps, mandate: Mandate) => ({
  ...givenOf(deps, mandate),
  person: mandate.content.person,
});

/** How a call under a mandate becomes one of the person's. */
export const mandateUse =
  (deps: RightsDeps): ActUnder =>
  async (actor, mandate, need, what) => {
    const representation = await actUnder(deps, actor.subject, mandate, need, what);
    return { ...actor, subject: representation.person, representation };
  };

/** Representatives (LGPD 18 §3): operators record who acts for whom, both sides see it and may end it. */
export function mandateRoutes(api: Api, deps: RightsDeps): void {
  operatorsSide(api, deps);
  api.route(
    {
      method: "get",
      path: "/v1/me/mandates",
      access: { scope: "subject" },
      tag: TAG,
      summary: "Who acts for me, and when they did; for whom I act",
      answers: {
        200: {
          description: "Newest first, ended ones until they are forgotten",
          schema: z.object({ given: z.array(given), held: z.array(held) }),
        },
      },
    },
    async ({ c, actor }) =>
      c.json({
        given: (await mandatesOf(deps, "person", actor.subject)).map((each) => givenOf(deps, each)),
        held: (await mandatesOf(deps, "representative", actor.subject)).map((each) => heldOf(deps, each)),
      }),
  );
  api.route(
    {
      method: "delete",
      path: "/v1/me/mandates/{id}",
      access: { scope: "subject", proof: 2 },
      tag: TAG,
      summary: "End a mandate that I gave or hold, at once",
      params: one,
      answers: { 200: { description: "As it stands now", schema: head } },
      problems: ["unknown_mandate"],
    },
    async ({ c, actor, params }) => {
      const who = { by: "subject", subject: actor.subject } as const;
      return c.json(headOf(deps, await revokeMandate(deps, params.id, who)));
    },
  );
}

function operatorsSide(api: Api, deps: RightsDeps): void {
  const access = { scope: "operator" } as const;
  api.route(
    {
      method: "post",
      path: "/v1/mandates",
      access,
      tag: TAG,
      summary: "Record that somebody acts for a person (LGPD 18 §3)",
      description:
        "The operator answers for the evidence, of which only the digest is kept. The representative then calls with the header `Motivo-Mandate`.",
      body: z.strictObject({
        person: someone,
        representative: someone,
        names: names.optional().meta({ description: "what pages call either side; people are shown no ids" }),
        rights: rights.meta({ description: "for which rights" }),
        until: z.iso.date().meta({ description: "the last day, at most five years from now" }),
        evidence,
      }),
      answers: { 201: { description: "The mandate", schema: whole } },
    },
    async ({ c, actor, body }) => c.json(wholeOf(deps, await recordMandate(deps, actor.subject, body)), 201),
  );
  api.route(
    {
      method: "post",
      path: "/v1/mandates/find",
      access,
      tag: TAG,
      summary: "The mandates that a person gave; the reading is on the record",
      body: z.strictObject({ person: someone }),
      answers: { 200: { description: "Newest first", schema: z.object({ items: z.array(whole) }) } },
    },
    async ({ c, actor, body }) => {
      const found = await findGiven(deps, actor.subject, body.person);
      return c.json({ items: found.map((each) => wholeOf(deps, each)) });
    },
  );
  api.route(
    {
      method: "delete",
      path: "/v1/mandates/{id}",
      access,
      tag: TAG,
      summary: "End a mandate at once",
      params: one,
      answers: { 200: { description: "As it stands now", schema: head } },
      problems: ["unknown_mandate"],
    },
    async ({ c, actor, params }) => {
      const who = { by: "operator", name: actor.subject } as const;
      return c.json(headOf(deps, await revokeMandate(deps, params.id, who)));
    },
  );
}
