import { z } from "zod";
import { keptCounterfactuals, toldCounterfactuals } from "./counterfactual-schema.ts";

/** The shapes that routes answer with, for the API's description and for whoever generates a client from it. */

export const text = z.object({ "pt-BR": z.string(), en: z.string() });
const hour = z.string().meta({ description: "RFC 3339, to the hour" });
const interval = z.array(z.number()).length(2).meta({ description: "95 %: lower, upper" });
const attribution = z.object({ value: z.number(), interval });
const digests = z.object({
  model: z.string(),
  background: z.string(),
  explainer: z.string(),
  policy: z.string(),
});

export const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const modelName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
export const versionNumber = z.coerce.number().int().min(1).max(2_147_483_647);

const receipt = z.object({
  logIndex: z.int(),
  leafHash: z.string().meta({ description: "base64" }),
  inclusionProof: z.array(z.string()).meta({ description: "base64, from the leaf up" }),
  checkpoint: z.string().meta({ description: "C2SP signed note" }),
});

const explained = z
  .object({
    link: z.enum(["identity", "margin", "logit"]),
    scale: z.enum(["probability", "value", "log-odds"]),
    output: z.number().meta({ description: "the score on this scale" }),
    threshold: z.number().nullable(),
  })
  .optional()
  .meta({
    description:
      "what base, attributions and intervals are drawn from, and what they sum to; absent in what was decided before there were several scales: the score",
  });

const reason = z.object({
  feature: z.string(),
  code: z.string(),
  direction: z.enum(["for", "against"]),
  rank: z.int(),
  text: z.string(),
});

const decision = z.object({
  id: uuid,
  model: z.string(),
  version: z.int(),
  outcome: z.string(),
  score: z.number(),
  threshold: z.number().nullable(),
  explained,
  base: z.number(),
  attributions: z.record(z.string(), attribution),
  method: z.string(),
  seed: z.string(),
  modelRows: z.int(),
  language: z.enum(["pt-BR", "en"]),
  reasons: z.array(reason),
});

export const decisionAnswer = decision.extend({ receipt });
export const dryRunAnswer = decision.omit({ id: true }).extend({ dryRun: z.literal(true) });

const recordedValue = z.union([
  z.object({ kind: z.literal("range"), from: z.number().nullable(), to: z.number().nullable() }),
  z.object({ kind: z.enum(["category", "masked", "pseudonym"]), value: z.string() }),
  z.object({
    kind: z.literal("surrogate"),
    value: z.string(),
    faker: z.string().meta({ description: "version of @faker-js/faker that made it" }),
  }),
  z.object({ kind: z.literal("noisy"), value: z.number() }),
  z.object({ kind: z.literal("dropped") }),
]);

const decisionRecord = z.object({
  kind: z.literal("decision"),
  id: uuid,
  hour: z.int().meta({ description: "hours since 1970-01-01T00:00Z" }),
  model: z.string(),
  version: z.int(),
  client: z.string(),
  outcome: z.string(),
  step: z.number(),
  score: z.number(),
  threshold: z.number().nullable(),
  explained,
  attributionsOf: z.literal("recorded-row").optional().meta({
    description:
      "of the row that `inputs` stand for, from which anybody with the package computes them; absent in records from before, whose attributions are those of the decided row",
  }),
  base: z.number(),
  inputs: z.record(z.string(), recordedValue),
  attributions: z.record(z.string(), attribution),
  rest: z.number().meta({ description: "what base and attributions leave to the explained score" }),
  method: z.string(),
  rounds: z.int(),
  seed: z.string(),
  reasons: z.array(z.string()),
  digests,
});

export const auditedDecision = z.object({
  logIndex: z.int(),
  id: uuid.nullable().meta({ description: "null once erased, as outcome and record are" }),
  time: hour,
  model: z.string().nullable(),
  version: z.int().nullable(),
  outcome: z.string().nullable(),
  state: z.enum(["kept", "erased", "erased-pending"]),
  erasure: z.int().nullable().meta({ description: "the entry that justifies the erasure" }),
  coarsening: z.int().nullable().meta({
    description:
      "the entry that commits to the record, where it was replaced by a coarser one; null: its own leaf does",
  }),
  record: decisionRecord.nullable(),
});

const reading = z.object({ logIndex: z.int() }).meta({ description: "where this reading is on the record" });
export const auditedList = z.object({
  items: z.array(auditedDecision),
  next: z.string().nullable().meta({ description: "cursor of the next page" }),
  reading,
});
export const openedDecision = auditedDecision.extend({ proof: receipt, reading });

export const erasure = z.object({
  erased: z.array(
    z.object({
      model: z.string(),
      purpose: text,
      entries: z.int(),
      records: z
        .union([
          z.enum(["deleted", "detached"]),
          z.object({ retained: z.object({ duty: text, months: z.int() }) }),
        ])
        .meta({ description: "what becomes of the anonymised records, as the package promises" }),
      removal: z
        .enum(["done", "under-way"])
        .optional()
        .meta({ description: "access has ended in either case; ciphertext and records may follow" }),
      certificate: z.object({ tagKey: z.string(), entries: z.int() }).optional().meta({
        description: "keep it: POST /v1/erasures/certificate gives the certificate for it, nothing else does",
      }),
    }),
  ),
  refused: z.array(z.object({ model: z.string(), purpose: text, article: z.string(), reason: text })),
});

export const heldDecision = z.object({
  at: z.string(),
  logIndex: z.int(),
  client: z.string(),
  subject: z.object({
    id: z.string(),
    name: z.string().optional(),
    email: z.string().optional(),
    phone: z.string().optional(),
    document: z.string().optional(),
  }),
  inputs: z.record(z.string(), z.union([z.string(), z.number()])),
  decision,
});
const opening = z.object({
  time: hour,
  at: z.string().optional(),
  role: z.string(),
  purpose: z.string(),
  what: z.string(),
  decision: uuid.nullable(),
  logIndex: z.int(),
});

export const myDecisions = z.object({
  decisions: z.array(heldDecision.extend({ counterfactuals: toldCounterfactuals })),
  opened: z.array(opening),
});

const mandateHead = z.object({
  id: uuid,
  reference: z.string(),
  rights: z.array(z.string()),
  recordedAt: z.string(),
  until: z.string(),
  revoked: z.object({ at: z.string(), by: z.string() }).nullable(),
});
const mandateGiven = mandateHead.extend({
  representative: z.string(),
  name: z.string().nullable(),
  evidence: z.object({ sha256: z.string(), note: z.string() }),
  uses: z.array(z.object({ at: z.string(), what: z.string() })),
});

export const access = z.object({
  format: z.literal("motivo-access/v2"),
  at: z.string(),
  controller: z.string(),
  requests: z.array(
    z.object({
      id: uuid,
      reference: z.string(),
      right: z.string(),
      state: z.string(),
      channel: z.string().nullable().meta({ description: "null: by a call" }),
      receivedAt: z.string(),
      closedAt: z.string().nullable(),
      forgetAt: z.string().nullable().meta({ description: "from when on nothing of it is kept" }),
      asked: z.record(z.string(), z.unknown()),
      steps: z.array(
        z.object({
          at: z.string(),
          action: z.string(),
          by: z.string(),
          text: z.string().optional(),
          articles: z.array(z.string()).optional(),
          logIndex: z.int(),
        }),
      ),
    }),
  ),
  mandates: z
    .object({ given: z.array(mandateGiven), held: z.array(mandateHead) })
    .meta({ description: "who may act for them, with each use; and that they may act for others" }),
  dataProtectionOfficer: z.string(),
  subject: z.string(),
  held: z.boolean(),
  statement: z.string(),
  purposes: z.array(
    z.object({
      model: z.string(),
      title: text,
      purposes: z.array(text),
      legalBases: z.array(z.object({ kind: z.string(), articles: z.array(z.string()) })),
      retention: z.array(z.object({ months: z.int(), reason: text })),
      erasure: z.union([
        z.object({ allowed: z.literal(true) }),
        z.object({ allowed: z.literal(false), article: z.string(), reason: text }),
      ]),
      completeness: z.object({ entries: z.int(), tagKey: z.string() }),
      decisions: z.array(heldDecision),
      opened: z.array(opening),
      lost: z
        .array(z.int())
        .meta({ description: "entries whose words were lost when the service was restored from a backup" }),
      refusals: z.array(
        z.object({ at: z.string(), right: z.string(), article: z.string(), logIndex: z.int() }),
      ),
      corrections: z.array(
        z.object({
          at: z.string(),
          decision: uuid,
          by: uuid,
          features: z.array(z.string()),
          logIndex: z.int(),
        }),
      ),
      reviews: z.array(
        z.object({
          at: z.string(),
          decision: uuid,
          result: z.enum(["upheld", "changed", "annulled"]),
          outcome: z.string().nullable(),
          grounds: z.string(),
          logIndex: z.int(),
        }),
      ),
      counterfactuals: z.array(keptCounterfactuals),
    }),
  ),
});

export const published = z.object({
  model: z.string(),
  version: z.int(),
  aliases: z.array(z.string()),
  logIndex: z.int(),
  digests: z.object({ model: z.string(), background: z.string(), policy: z.string(), package: z.string() }),
  background: z
    .object({
      rows: z.int(),
      synthetic: z.boolean(),
      quasiIdentifiers: z.array(z.string()),
      k: z.int(),
      uniques: z.int(),
    })
    .meta({
      description:
        "what the background file says of the people in it: rows of the smallest class equal in every quasi-identifier, as the policies leave them, and rows alone in theirs",
    }),
});

export const modelContract = z
  .object({
    model: z.string(),
    version: z.int(),
    versions: z.array(z.int()),
    aliases: z.record(z.string(), z.int()),
    digests: z.object({ model: z.string(), background: z.string(), policy: z.string() }),
    backgroundSummary: z
      .object({
        method: z.enum(["k-means", "stratified"]),
        rows: z.int(),
        error: z.object({
          measuredOn: z.int(),
          median: z.number(),
          largest: z.number(),
          base: z.number(),
          noise: z.number(),
        }),
      })
      .nullable(),
    title: text,
    description: text,
    languages: z.array(z.string()),
    output: z.unknown(),
    features: z.array(z.unknown()),
    example: z.object({
      subject: z.string(),
      inputs: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  })
  .loose();
