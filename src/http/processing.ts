import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { dataMap } from "../processing/data-map.ts";
import { type ImpactAssessment, impactAssessment } from "../processing/impact.ts";
import { impactMarkdown, recordMarkdown } from "../processing/markdown.ts";
import { type ControllerDetails, type ProcessingRecord, processingRecord } from "../processing/record.ts";
import type { Api } from "./api.ts";

const READERS = { scope: ["operator", "auditor"] } as const;
const TAG = "Processing";
const MARKDOWN = "text/markdown";

const form = z.strictObject({
  format: z.enum(["json", "markdown"]).default("json"),
  language: z.enum(["pt-BR", "en"]).default("pt-BR"),
});
const told = (schema: string) => z.looseObject({ schema: z.literal(schema), generatedAt: z.iso.datetime() });

/** The record of processing over the version in use of every model. */
export async function currentProcessingRecord(
  deps: Pick<Deps, "models" | "now">,
  who: ControllerDetails,
): Promise<ProcessingRecord> {
  const names = await deps.models.names();
  const versions = await Promise.all(
    names.map(async (name) => deps.models.published(name, await deps.models.champion(name))),
  );
  return processingRecord(who, versions, dataMap(), deps.now());
}

/** @throws Problem unknown_model */
export async function currentImpactAssessment(
  deps: Pick<Deps, "models" | "now">,
  who: ControllerDetails,
  model: string,
): Promise<ImpactAssessment> {
  const version = await deps.models.published(model, await deps.models.champion(model));
  return impactAssessment(who, version, deps.now());
}

/** For the officer and the authority: what the law wants written down, from what really runs (LGPD 37 and 38). */
export function processingRoutes(api: Api, deps: Deps, who: ControllerDetails): void {
  api.route(
    {
      method: "get",
      path: "/v1/processing/record",
      access: READERS,
      tag: TAG,
      summary: "Record of processing activities (LGPD 37, GDPR 30)",
      description: "`format=markdown` gives a document in `language`; JSON holds both languages.",
      query: form,
      answers: {
        200: { description: "The record", schema: told("motivo-processing-record/v1"), textToo: MARKDOWN },
      },
    },
    async ({ c, query }) => {
      const record = await currentProcessingRecord(deps, who);
      if (query.format === "json") return c.json(record);
      return c.body(recordMarkdown(record, query.language), 200, {
        "content-type": `${MARKDOWN}; charset=utf-8`,
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/processing/impact/{model}",
      access: READERS,
      tag: TAG,
      summary: "Skeleton of a model's impact assessment (LGPD 38, GDPR 35)",
      description: "`format=markdown` gives a document in `language`; JSON holds both languages.",
      params: z.strictObject({ model: z.string() }),
      query: form,
      answers: {
        200: { description: "The skeleton", schema: told("motivo-impact-assessment/v1"), textToo: MARKDOWN },
      },
      problems: ["unknown_model"],
    },
    async ({ c, params, query }) => {
      const assessment = await currentImpactAssessment(deps, who, params.model);
      if (query.format === "json") return c.json(assessment);
      return c.body(impactMarkdown(assessment, query.language), 200, {
        "content-type": `${MARKDOWN}; charset=utf-8`,
      });
    },
  );
}
