import { type Command, Option } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { ImpactAssessment } from "../processing/impact.ts";
import type { ProcessingRecord } from "../processing/record.ts";
import type { Language } from "../processing/words.ts";
import { withDatabase } from "./by-hand.ts";
import { askService, type RunningService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  impact?: string;
  language: Language;
  json?: true;
}

/** `motivo processing`: what LGPD 37 and 38 (GDPR 30 and 35) want written down, from what is published. */
export function declareProcessing(program: Command): void {
  program
    .command("processing")
    .description("write the record of processing, or a model's impact assessment, as Markdown")
    .option("--impact <model>", "the impact assessment of this model instead (LGPD 38, GDPR 35)")
    .addOption(
      new Option("--language <language>", "of the document").choices(["pt-BR", "en"]).default("pt-BR"),
    )
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "one JSON object, in both languages")
    .action(async (options: Options) => {
      const config = readConfig(process.env);
      const service = await serviceToUse(config, options);
      const { impactMarkdown, recordMarkdown } = await import("../processing/markdown.ts");
      const { language } = options;
      if (options.impact === undefined) {
        const record = await recordOf(config, service);
        process.stdout.write(options.json ? `${JSON.stringify(record)}\n` : recordMarkdown(record, language));
        return;
      }
      const assessment = await assessmentOf(config, service, options.impact);
      process.stdout.write(
        options.json ? `${JSON.stringify(assessment)}\n` : impactMarkdown(assessment, language),
      );
    });
}

/** The service is the same software: what it gives under its schema's name is what it says. */
const named = <T extends { schema: string }>(schema: T["schema"]) =>
  z.custom<T>((value) => z.looseObject({ schema: z.literal(schema) }).safeParse(value).success);

async function recordOf(config: Config, service: RunningService | null): Promise<ProcessingRecord> {
  if (service) {
    const schema = named<ProcessingRecord>("motivo-processing-record/v1");
    return askService(service, "/v1/processing/record", undefined, schema);
  }
  const { currentProcessingRecord } = await import("../http/processing.ts");
  return here(config, currentProcessingRecord);
}

async function assessmentOf(
  config: Config,
  service: RunningService | null,
  model: string,
): Promise<ImpactAssessment> {
  if (service) {
    const schema = named<ImpactAssessment>("motivo-impact-assessment/v1");
    return askService(service, `/v1/processing/impact/${encodeURIComponent(model)}`, undefined, schema);
  }
  const { currentImpactAssessment } = await import("../http/processing.ts");
  return here(config, (deps, who) => currentImpactAssessment(deps, who, model));
}

type Make<T> = (
  deps: { models: import("../models/registry.ts").ModelRegistry; now: () => Date },
  who: { controller: string; dataProtectionOfficer: string },
) => Promise<T>;

async function here<T>(config: Config, make: Make<T>): Promise<T> {
  const { ModelRegistry } = await import("../models/registry.ts");
  return withDatabase(config, ({ db }) =>
    make(
      { models: new ModelRegistry(db), now: () => new Date() },
      { controller: config.MOTIVO_CONTROLLER, dataProtectionOfficer: config.MOTIVO_DPO },
    ),
  );
}
