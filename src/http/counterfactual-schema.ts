import { z } from "zod";

const both = z.object({ "pt-BR": z.string(), en: z.string() });

export const toldCounterfactuals = z
  .object({
    state: z.enum([
      "found",
      "none-within-reach",
      "not-found-within-budget",
      "computing",
      "favourable",
      "nothing-changeable",
    ]),
    statement: both.meta({ description: "the state in words" }),
    noPromise: both.nullable().meta({
      description: "with which model and about which day it was computed, and that it promises nothing",
    }),
    ways: z
      .array(
        z.object({
          changes: z.array(
            z.object({
              feature: z.string(),
              from: z.union([z.string(), z.number()]),
              to: z.union([z.string(), z.number()]),
              text: both,
            }),
          ),
          outcome: z.string(),
          score: z.number(),
          text: both,
        }),
      )
      .meta({ description: "fewest changes first, then the smallest; at most three" }),
    considered: z
      .array(z.object({ feature: z.string(), label: both }))
      .meta({ description: "what the package marks as something that the person can change" }),
    logIndex: z.int().nullable().meta({ description: "of the entry that they are on the record with" }),
  })
  .meta({ id: "Counterfactuals" });

const cell = z.union([z.string(), z.number()]);

/** As they lie in the vault: what a copy of one's data holds, worded nowhere. */
export const keptCounterfactuals = z.object({
  kind: z.literal("counterfactual"),
  at: z.string(),
  decision: z.string(),
  decidedAt: z.string(),
  model: z.string(),
  version: z.int(),
  algorithm: z.string(),
  state: z.enum(["found", "none-within-reach", "not-found-within-budget"]),
  ways: z.array(
    z.object({
      changes: z.array(z.object({ feature: z.string(), from: cell, to: cell })),
      cost: z.number().meta({ description: "in usual changes of the features" }),
      outcome: z.string(),
      score: z.number(),
    }),
  ),
  modelRows: z.int(),
  logIndex: z.int(),
});
