import { z } from "zod";
import { subjectSchema } from "../decisions/subject.ts";

/** What a call for a decision says, as the API's description shows it. */
export const decisionRequest = z.strictObject({
  subject: subjectSchema.meta({
    description: "an id of 1 to 200 characters, or {id, name?, email?, phone?, document?}",
  }),
  inputs: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .meta({ description: "one value a feature of the model's contract" }),
  language: z
    .enum(["pt-BR", "en"])
    .optional()
    .meta({ description: "one of the contract's languages; its first one when absent" }),
});
