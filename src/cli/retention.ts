import type { Command } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { RetentionRun } from "../subjects/retention.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  json?: true;
}

const ran = z.object({ entries: z.int(), keys: z.int(), held: z.int() });

/** `motivo retention`: takes away what has been kept long enough. */
export function declareRetention(program: Command): void {
  program
    .command("retention")
    .description("take away what has been kept as long as its package says")
    .command("run")
    .description("do now what the service does by itself every MOTIVO_RETENTION_INTERVAL_S seconds")
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "answer with one JSON object")
    .action(async (options: Options) => {
      const config = readConfig(process.env);
      const service = await serviceToUse(config, options);
      const run = service ? await askService(service, "/v1/retention/run", {}, ran) : await runHere(config);
      const { entries, keys, held } = run;
      const kept = held > 0 ? ` A hold keeps ${held}.` : "";
      answer(
        options.json === true,
        { ok: true, ...run },
        `Entries emptied: ${entries}. Keys of people that went with their last one: ${keys}.${kept}`,
      );
    });
}

async function runHere(config: Config): Promise<RetentionRun> {
  const { endRetentionPeriods } = await import("../subjects/retention.ts");
  return withDeps(config, (deps) => endRetentionPeriods(deps, config.MOTIVO_RETENTION_FLOOR_MONTHS));
}
