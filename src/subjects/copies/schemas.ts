import { z } from "zod";

/**
 * The forms of a copy's JSON, published as JSON Schema (draft 2020-12) in `docs/schemas/` and beside each copy. A form
 * that changes in a way that a reader would notice gets a new number.
 */

const time = z.string().meta({ description: "RFC 3339" });
const text = z.object({ "pt-BR": z.string(), en: z.string() });
const digest = z.string().meta({ description: "SHA-256 in hex" });
const index = z.int().meta({ description: "place in the log" });
const value = z.union([z.string(), z.number()]);
const subject = z.object({
  id: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  document: z.string().optional(),
});
const stored = z.looseObject({ kind: z.string(), logIndex: index });

const decision = z.object({
  at: time,
  logIndex: index,
  client: z.string().meta({ description: "who asked for it" }),
  subject,
  inputs: z.record(z.string(), value).meta({ description: "as they came" }),
  decision: z
    .object({
      id: z.uuid(),
      model: z.string(),
      version: z.int(),
      outcome: z.string(),
      score: z.number(),
      threshold: z.number().nullable(),
      explained: z
        .looseObject({ scale: z.string(), output: z.number() })
        .optional()
        .meta({ description: "what base and attributions are drawn from; absent: the score" }),
      base: z.number(),
      attributions: z.record(
        z.string(),
        z.object({ value: z.number(), interval: z.tuple([z.number(), z.number()]) }),
      ),
      method: z.string(),
      seed: z.string(),
      modelRows: z.int(),
      language: z.enum(["pt-BR", "en"]),
      reasons: z.array(
        z.object({
          feature: z.string(),
          code: z.string(),
          direction: z.enum(["for", "against"]),
          rank: z.int(),
          text: z.string(),
        }),
      ),
    })
    .loose()
    .meta({ description: "as it was answered and stored when it was made; nothing is computed anew" }),
});

const request = z.object({
  id: z.uuid(),
  reference: z.string().meta({ description: "by what the log names it" }),
  right: z.string(),
  state: z.string(),
  channel: z
    .string()
    .nullable()
    .meta({ description: "letter, email, phone or counter; null where it came by a call" }),
  receivedAt: time,
  closedAt: time.nullable(),
  forgetAt: time.nullable(),
  due: z.string().nullable().meta({ description: "YYYY-MM-DD; null where the law sets no day" }),
  target: z.string().nullable(),
  asked: z.looseObject({}),
  steps: z.array(
    z
      .object({
        at: time,
        action: z.string(),
        state: z.string(),
        by: z.string(),
        clocks: z.array(z.looseObject({})),
      })
      .loose(),
  ),
});

const mandateHead = z.object({
  id: z.uuid(),
  reference: z.string().meta({ description: "by what the log names it" }),
  rights: z.array(z.string()),
  recordedAt: time,
  until: z.string().meta({ description: "YYYY-MM-DD, the last day" }),
  revoked: z.object({ at: time, by: z.string() }).nullable(),
});
const mandateGiven = mandateHead.extend({
  representative: z.string(),
  name: z.string().nullable(),
  evidence: z.object({ sha256: digest, note: z.string() }),
  uses: z.array(z.object({ at: time, what: z.string() })).meta({ description: "oldest first" }),
});

const modelCard = z.object({
  model: z.string(),
  version: z.int(),
  publishedAt: time,
  title: text,
  description: text,
  outcomes: z.array(z.object({ code: z.string(), label: text })),
  features: z.array(
    z.object({
      name: z.string(),
      label: text,
      type: z.string(),
      purpose: z.string(),
      basis: z.string(),
      retention: z.string(),
      sensitivity: z.string(),
    }),
  ),
  quality: z.object({
    split: z.string(),
    trainRows: z.int(),
    testRows: z.int(),
    metrics: z.record(z.string(), z.number()),
  }),
  background: z.object({ synthetic: z.boolean() }),
  source: z.looseObject({ title: z.string() }),
  digests: z.object({ model: digest, background: digest, policy: digest }),
});

const purpose = z.object({
  decisions: z.array(decision).meta({ description: "oldest first" }),
  model: z.string(),
  title: text,
  purposes: z.array(z.object({ code: z.string(), text })),
  legalBases: z.array(z.object({ code: z.string(), kind: z.string(), articles: z.array(z.string()) })),
  retention: z.array(z.object({ code: z.string(), months: z.int(), reason: text })),
  erasure: z.union([
    z.object({ allowed: z.literal(true) }),
    z.object({ allowed: z.literal(false), article: z.string(), reason: text }),
  ]),
  recipients: z.object({ clients: z.array(z.string()), told: z.array(z.string()) }),
  modelCards: z.array(modelCard),
  completeness: z.object({
    entries: z.int(),
    tagKey: z.string().meta({ description: "base64; gives the mark of each entry: keep it to yourself" }),
  }),
  opened: z.array(
    z.object({
      time,
      exact: z.boolean().meta({ description: "false: to the hour, as the log keeps it" }),
      role: z.string(),
      purpose: z.string(),
      what: z.string(),
      decision: z.string().nullable(),
      logIndex: index,
    }),
  ),
  refusals: z.array(z.object({ at: time, right: z.string(), article: z.string(), logIndex: index })),
  corrections: z.array(
    z.object({
      at: time,
      decision: z.string(),
      by: z.string(),
      features: z.array(z.string()),
      logIndex: index,
    }),
  ),
  reviews: z.array(
    z.object({
      at: time,
      decision: z.string(),
      result: z.string(),
      outcome: z.string().nullable(),
      grounds: z.string(),
      logIndex: index,
    }),
  ),
  counterfactuals: z.array(stored).meta({ description: "what would have changed an outcome, as stored" }),
  lost: z.array(index).meta({ description: "entries whose words a restored backup has lost" }),
  others: z.array(stored).meta({ description: "whatever else is held, as stored" }),
});

export const accessCopy = z.object({
  $schema: z.string(),
  format: z.literal("motivo-access-copy/v2"),
  at: time,
  language: z.enum(["pt-BR", "en"]),
  controller: z.string(),
  dataProtectionOfficer: z.string(),
  subject: z.string(),
  requests: z.array(request),
  mandates: z.object({ given: z.array(mandateGiven), held: z.array(mandateHead) }),
  held: z.boolean(),
  purposes: z.array(purpose),
});

export const portabilityCopy = z.object({
  $schema: z.string(),
  format: z.literal("motivo-portability/v1"),
  at: time,
  controller: z.string(),
  subject: z.string(),
  purposes: z.array(
    z.object({
      given: z.array(
        z.object({ decision: z.uuid(), at: time, subject, inputs: z.record(z.string(), value) }),
      ),
      model: z.string(),
      title: text,
      legalBases: z.array(z.string()),
      schema: z.array(z.object({ name: z.string(), label: text, type: z.string() })),
    }),
  ),
});

export const accessJsonSchema = () => ({
  ...z.toJSONSchema(accessCopy, { reused: "ref" }),
  title: "Motivo: copy of everything held about a person (LGPD 19 II, GDPR 15)",
});
export const portabilityJsonSchema = () => ({
  ...z.toJSONSchema(portabilityCopy, { reused: "ref" }),
  title: "Motivo: what a person gave, for another controller (LGPD 18 V, GDPR 20)",
});
