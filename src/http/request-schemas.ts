import { z } from "zod";
import { NAMEABLE_GROUNDS } from "../subjects/requests/grounds.ts";
import { CHANNELS, type OpenedRequest } from "../subjects/requests/request.ts";
import { PROOF_OF, REQUEST_RIGHTS, type RequestRight } from "../subjects/requests/rights.ts";
import { REQUEST_ACTIONS, REQUEST_STATES } from "../subjects/requests/states.ts";
import { decisionAnswer, modelName, uuid } from "./schemas.ts";

const CONTROL = /[\p{Cc}--[\n\r\t]]/v;
/** Words of a person or an operator: lines are fine, other control characters are not. */
export const words = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => !CONTROL.test(value) && value.isWellFormed(), "not plain text");

const common = {
  statement: words(4000).optional().meta({ description: "in the person's own words" }),
  contact: z
    .strictObject({ email: z.email().max(320) })
    .optional()
    .meta({ description: "where to tell of each step; nothing personal is written there" }),
  language: z.enum(["pt-BR", "en"]).optional(),
};
const model = modelName.optional().meta({ description: "one model's decisions alone; absent: all" });
const inputs = z
  .record(z.string().min(1).max(100), z.union([z.string().max(10_000), z.number()]))
  .refine((record) => Object.keys(record).length > 0, "empty");

/** What each right is asked with. */
export const ASKED_WITH = {
  confirmation: z.strictObject(common),
  access_simplified: z.strictObject(common),
  access_complete: z.strictObject(common),
  portability: z.strictObject({ ...common, model }),
  correction: z.strictObject({
    ...common,
    decision: uuid,
    inputs: inputs.meta({ description: "what the inputs that are wrong should have been" }),
  }),
  restriction: z.strictObject({
    ...common,
    model,
    because: z
      .enum(["accuracy_contested", "unlawful", "needed_for_claims", "objection_pending"])
      .meta({ description: "GDPR 18(1)(a) to (d)" }),
  }),
  objection: z.strictObject({ ...common, model, statement: words(4000) }),
  erasure: z.strictObject({ ...common, model }),
  review: z.strictObject({ ...common, decision: uuid, statement: words(4000) }),
  explanation: z.strictObject({ ...common, decision: uuid }),
  consent_revocation: z.strictObject({
    ...common,
    model,
    erase: z
      .boolean()
      .optional()
      .meta({ description: "also erase what rests on the consent; proof level 3" }),
  }),
  recipients: z.strictObject(common),
} satisfies Record<RequestRight, z.ZodType>;

export const correctedInputs = inputs;

const day = z.string().meta({ description: "YYYY-MM-DD" });
const clock = z
  .object({
    regime: z.enum(["gdpr", "lgpd", "lgpd_small_agent", "cadastro_positivo"]),
    due: day
      .nullable()
      .meta({ description: "null where the law sets no day, or while the clock stands still" }),
    immediate: z.literal(true).optional(),
    target: day.optional().meta({ description: "the controller's own aim, not law" }),
    rule: z.string(),
    calendar: z.string().meta({ description: "which holidays were counted" }),
  })
  .meta({ id: "RequestClock" });

const header = z.object({
  id: uuid,
  reference: z.string().meta({ description: "by what the log names it" }),
  right: z.enum(REQUEST_RIGHTS),
  state: z.enum(REQUEST_STATES),
  proof: z.int().meta({ description: "proof level that this right needs" }),
  receivedAt: z.string(),
  closedAt: z.string().nullable(),
  forgetAt: z.string().nullable().meta({ description: "from when on nothing of it is kept" }),
  due: day.nullable(),
  target: day.nullable(),
  clocks: z.array(clock),
});
export const requestHeader = header.meta({ id: "RequestHeader" });

const whole = header.extend({
  channel: z.enum(CHANNELS).optional().meta({ description: "how it came, where an operator took it down" }),
  asked: z.record(z.string(), z.unknown()),
  steps: z.array(
    z.object({
      at: z.string(),
      action: z.enum([...REQUEST_ACTIONS, "lift"]),
      state: z.enum(REQUEST_STATES),
      by: z.enum(["person", "representative", "caller", "operator", "reviewer", "service"]),
      who: z.string().optional().meta({ description: "who acted for the person" }),
      text: z.string().optional(),
      ground: z.string().optional(),
      articles: z.array(z.string()).optional(),
      clocks: z.array(clock),
      logIndex: z.int(),
    }),
  ),
  outcome: z.record(z.string(), z.unknown()).nullable(),
});

export const requestWhole = whole.meta({ id: "Request" });
export const operatorsRequest = whole.extend({ subject: z.string(), provenAt: z.int() });
export const answeredRequest = header.extend({ decision: decisionAnswer.optional() });

export const requestMade = whole
  .extend({
    created: z.boolean().meta({ description: "false: this right was open already; nothing was added to it" }),
    result: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "RequestMade" });

export const requestLine = z.object({
  id: uuid,
  right: z.enum(REQUEST_RIGHTS),
  state: z.enum(REQUEST_STATES),
  receivedAt: z.string(),
  due: day.nullable(),
  target: day.nullable(),
  overdue: z.boolean(),
});

export const ground = z.enum(NAMEABLE_GROUNDS as [string, ...string[]]);

/** A request as it stands, without anybody's words. */
export const headerOf = (request: OpenedRequest) => ({
  id: request.id,
  reference: request.reference,
  right: request.right,
  state: request.state,
  proof: PROOF_OF[request.right],
  receivedAt: request.receivedAt.toISOString(),
  closedAt: request.closedAt?.toISOString() ?? null,
  forgetAt: request.forgetAt?.toISOString() ?? null,
  due: request.due,
  target: request.target,
  clocks: request.content.steps.at(-1)?.clocks ?? [],
});

/** A request with what was asked, every step and what came of it. */
export const wholeOf = (request: OpenedRequest) => ({
  ...headerOf(request),
  ...(request.content.channel === undefined ? {} : { channel: request.content.channel }),
  asked: request.content.asked,
  steps: request.content.steps,
  outcome: request.content.outcome ?? null,
});
