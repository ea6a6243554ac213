import { z } from "zod";

/**
 * The typed contract of a package, as `model.yaml` writes it. This schema is the one source: the JSON Schema that
 * editors use is generated from it, the types below are inferred from it, and unknown keys are refused, so that a
 * misspelt `policy` cannot pass for an absent one. What spans several places is in `contract-checks.ts`.
 */

/** The name of a package, an outcome, a purpose, a basis or a retention class. */
const slug = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
const sentence = z.string().trim().min(1).max(1000);

/** The same words in every language that Motivo speaks. */
const textSchema = z.strictObject({ "pt-BR": sentence, en: sentence });
const languageSchema = z.enum(["pt-BR", "en"]);

/** A name that is safe as an object key and as a segment of a JSON Pointer. */
const featureName = z
  .string()
  .regex(/^(?!__proto__$|constructor$|prototype$)[\p{L}_][\p{L}\p{N}_ .()%-]{0,99}$/u);

/** faker's generators that a surrogate may come from: none makes a document number, valid or not. */
export const SURROGATES = [
  "person.fullName",
  "person.firstName",
  "person.lastName",
  "person.jobTitle",
  "internet.email",
  "phone.number",
  "company.name",
  "location.city",
  "location.streetAddress",
  "lorem.sentence",
] as const;

const edges = z.array(z.number()).max(100);
const groups = z.record(z.string().min(1).max(100), z.array(z.string()).min(1));
const prefix = z.int().min(1).max(20);

/** Exactly one of the three, and the one that the policy itself has. */
const levelSchema = z.strictObject({
  bins: edges.min(1).optional(),
  groups: groups.optional(),
  prefix: prefix.optional(),
});
const levels = z
  .array(levelSchema)
  .min(1)
  .max(10)
  .describe(
    "Of a quasi-identifier: what is recorded instead while too few records match, from finer to coarsest, each a coarsening of the one before. Absent: nothing is.",
  )
  .optional();

const policySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("drop") }).describe("The record holds nothing of it."),
  z.strictObject({ kind: z.literal("keep") }).describe("The record holds the category: it is coarse enough."),
  z
    .strictObject({
      kind: z.literal("generalise"),
      bins: edges
        .min(1)
        .describe("Rising edges e1 < … < en of the bins (−∞, e1), [e1, e2), …, [en, ∞).")
        .optional(),
      groups: groups.describe("Each category in exactly one group; the record holds the group.").optional(),
      prefix: prefix.describe("The first characters stay, as of a postal code.").optional(),
      levels,
    })
    .describe("Exactly one of bins (numbers), groups (categories) or prefix (text)."),
  z
    .strictObject({
      kind: z.literal("top-bottom-code"),
      bottom: z.number().optional(),
      top: z.number().optional(),
      bins: edges.describe("Rising edges of the bins between bottom and top."),
      levels,
    })
    .describe("Below bottom, and from top on, there is one bin each, whatever the value."),
  z
    .strictObject({ kind: z.literal("mask") })
    .describe("Free text, with names, numbers and addresses blotted out."),
  z.strictObject({ kind: z.literal("pseudonymise") }).describe("HMAC under the subject's key."),
  z.strictObject({ kind: z.literal("surrogate"), faker: z.enum(SURROGATES) }).describe("An invented value."),
  z
    .strictObject({
      kind: z.literal("noise"),
      mechanism: z.literal("discrete-laplace"),
      epsilon: z.number().gt(0).max(10).describe("Budget: spent once for each distinct value of a person."),
      lower: z.number().describe("Values are clipped to [lower, upper] before the noise, and after it."),
      upper: z.number(),
      step: z.number().gt(0).describe("The recorded value is lower plus a multiple of it."),
    })
    .describe("The number moved at random, epsilon-differentially private."),
]);

const changeBase = {
  direction: z
    .enum(["up", "down", "any"])
    .describe("Which way the person may change it; of a category in the order of its values."),
  effort: z
    .number()
    .gt(0)
    .max(1000)
    .describe("How hard a usual change is beside those of other features; 1 where absent.")
    .optional(),
  text: textSchema
    .describe("What the person would do, beginning with a verb; {from} and {to} are the values.")
    .optional(),
};
const numberChange = z
  .strictObject({
    ...changeBase,
    min: z.number().optional(),
    max: z.number().optional(),
    step: z.number().gt(0).describe("Only multiples of it are proposed.").optional(),
  })
  .describe(
    "The person can change it: what would change the outcome is looked for among such features only.",
  );
const categoryChange = z
  .strictObject({
    ...changeBase,
    values: z
      .array(z.string())
      .min(1)
      .max(1000)
      .describe("Values that it may be changed to; all where absent.")
      .optional(),
  })
  .describe("As for a number.");

const featureBase = {
  name: featureName,
  label: textSchema,
  purpose: slug,
  basis: slug,
  retention: slug,
  sensitivity: z.enum(["ordinary", "sensitive", "proxy", "child"]),
  policy: policySchema,
  reasons: z
    .strictObject({ for: textSchema, against: textSchema })
    .describe("Sentences; {value} is the value."),
};
const numberBase = {
  ...featureBase,
  min: z.number(),
  max: z.number(),
  unit: textSchema.describe("Shown after the number, in {value} too.").optional(),
  changeable: numberChange.optional(),
};

const featureSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...numberBase, type: z.literal("number") }),
  z.strictObject({ ...numberBase, type: z.literal("integer") }),
  z.strictObject({
    ...featureBase,
    type: z.literal("category"),
    values: z
      .array(z.strictObject({ value: z.string().min(1).max(200), label: textSchema }))
      .min(1)
      .max(1000)
      .describe("Every value that is accepted, with the words that a customer reads."),
    changeable: categoryChange.optional(),
  }),
  z.strictObject({
    ...featureBase,
    type: z.literal("text"),
    maxLength: z.int().min(1).max(10_000).describe("Unicode code points."),
  }),
]);

const basisSchema = z.strictObject({
  kind: z.enum([
    "consent",
    "legal_obligation",
    "public_policy",
    "research",
    "contract",
    "legal_proceedings",
    "vital_interests",
    "health_protection",
    "legitimate_interests",
    "credit_protection",
  ]),
  articles: z.array(z.string().min(1).max(60)).min(1),
  erasure: z.discriminatedUnion("allowed", [
    z.strictObject({ allowed: z.literal(true) }),
    z.strictObject({ allowed: z.literal(false), article: z.string().min(1).max(60), reason: textSchema }),
  ]),
});

const outcomeSchema = z.strictObject({
  code: slug.describe("What programs see."),
  label: textSchema.describe("What pages show in a list."),
  headline: textSchema.describe("The sentence a customer reads first."),
});
const twoOutcomes = {
  /** Whether a high output is good news for the person: a probability of repayment is, of default is not. */
  highOutput: z.enum(["favourable", "unfavourable"]),
  /** The side at or above it is the high one. */
  threshold: z.number(),
  outcomes: z.strictObject({ favourable: outcomeSchema, unfavourable: outcomeSchema }),
};
/** The record holds the score rounded to this, since a full score leads back to the input. */
const scoreStep = z.number().gt(0);
/** Class names in the order of the output's columns, for graphs that do not carry them. */
const classes = z.array(z.string().min(1)).min(2).max(1000).optional();

const outputSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("binary-classification"),
    class: z.string().min(1).describe("The class whose probability is the score."),
    classes,
    ...twoOutcomes,
    scoreStep,
  }),
  z.strictObject({
    kind: z.literal("multi-classification"),
    classes,
    outcomes: z
      .array(outcomeSchema.extend({ class: z.string().min(1), favourable: z.boolean() }))
      .min(2)
      .describe("One for each class; the most probable class decides."),
    scoreStep,
  }),
  z.strictObject({ kind: z.literal("regression"), ...twoOutcomes, scoreStep }),
]);

export const contractSchema = z.strictObject({
  name: slug,
  title: textSchema,
  description: textSchema,
  languages: z.array(languageSchema).min(1).describe("Offered to callers; the first is the default."),
  purposes: z.record(slug, z.strictObject({ text: textSchema })),
  bases: z.record(slug, basisSchema),
  retentions: z.record(slug, z.strictObject({ months: z.int().min(1).max(600), reason: textSchema })),
  afterErasure: z.union([
    z.enum(["deleted", "detached"]),
    z.strictObject({ retained: z.strictObject({ duty: textSchema, months: z.int().min(1).max(600) }) }),
  ]),
  output: outputSchema,
  explanation: z.strictObject({
    method: z.enum(["auto", "permutation", "exact"]),
    link: z
      .enum(["identity", "margin", "logit"])
      .describe(
        "What reasons are drawn from: the output itself (identity, the default); of a probability also its log odds, where the model's own sum before the last function gives them exactly (margin; logit where that function is a softmax of two). Attributions are then log odds, not probabilities.",
      )
      .optional(),
    tolerance: z.number().gt(0).max(1).optional(),
    maxModelRows: z.int().min(1).max(10_000_000).optional(),
    maxMilliseconds: z
      .number()
      .gt(0)
      .max(60_000)
      .describe(
        "Turned into model rows before the first explanation; two rounds of sampling are always made.",
      )
      .optional(),
  }),
  features: z.array(featureSchema).min(1).max(500),
  groups: z
    .array(z.strictObject({ name: slug, features: z.array(featureName).min(2).max(100) }))
    .max(100)
    .describe(
      "Features that belong together, as correlated ones do: they move as one, and share what that makes (Owen values).",
    )
    .optional(),
  motif: z.array(featureName).min(1).max(8).describe("Eight features (all, if fewer), in a fixed order."),
  quasiIdentifiers: z.array(featureName).describe("What, taken together, may tell who it is."),
  risk: z
    .strictObject({
      k: z
        .int()
        .min(2)
        .max(1000)
        .describe(
          "A record in whose class fewer than so many came goes in with its quasi-identifiers coarsened.",
        ),
    })
    .optional(),
  example: z.strictObject({
    subject: z.string().min(1).max(200),
    inputs: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  background: z.strictObject({
    file: z.literal("background.csv"),
    synthetic: z.boolean(),
    summary: z
      .strictObject({ method: z.enum(["k-means", "stratified"]), rows: z.int().min(2).max(1000) })
      .describe(
        "Explanations compare with so many weighted rows of it; what that costs is measured and published.",
      )
      .optional(),
  }),
  samples: z.strictObject({
    file: z.literal("samples.csv"),
    columns: z.record(z.string(), z.string().min(1)).describe("Output name → column of expected values."),
  }),
  source: z.strictObject({
    title: z.string().min(1),
    url: z.url(),
    licence: z.string().min(1),
    note: textSchema.optional(),
  }),
  quality: z.strictObject({
    split: z.string().min(1),
    trainRows: z.int().min(1),
    testRows: z.int().min(1),
    metrics: z.record(z.string().min(1), z.number()),
  }),
});

export type Contract = z.infer<typeof contractSchema>;
export type Feature = Contract["features"][number];
export type Policy = Feature["policy"];
export type Level = z.infer<typeof levelSchema>;
export type Output = Contract["output"];
export type Basis = Contract["bases"][string];
export type Text = z.infer<typeof textSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;

/** The JSON Schema (draft 2020-12) of `model.yaml`, for editors. */
export function contractJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(contractSchema, { io: "input", reused: "ref" }),
    title: "Motivo model contract (model.yaml)",
  };
}
