import type { Command } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { Clearing } from "../db/clear-disk.ts";
import type { RetentionRun } from "../subjects/retention.ts";
import { answer } from "./answer.ts";
import { withDatabase, withDeps } from "./by-hand.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  json?: true;
}

const ran = z.object({ entries: z.int(), keys: z.int(), held: z.int() });

/** `motivo retention`: takes away what has been kept long enough, and what the database's files keep of what was deleted. */
export function declareRetention(program: Command): void {
  const retention = program
    .command("retention")
    .description(
      "take away what has been kept as long as its package says, or what is left of it on the disk",
    );
  retention
    .command("clear-disk")
    .description("write the tables anew, so that files and WAL hold no deleted row; each is locked meanwhile")
    .option("--json", "answer with one JSON object")
    .action(async ({ json }: { json?: true }) => {
      const cleared = await clearHere(readConfig(process.env));
      const wal = cleared.wal
        ? "The WAL from before is gone, too."
        : "This role may not clear the WAL: two checkpoints later it is gone, where wal_recycle is off.";
      answer(json === true, { ok: true, ...cleared }, `Tables written anew: ${cleared.tables}. ${wal}`);
    });
  retention
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

/** Nothing else may hold the embedded database; on PostgreSQL services go on, and wait for each table. */
async function clearHere(config: Config): Promise<Clearing> {
  const { clearDisk } = await import("../db/clear-disk.ts");
  return withDatabase(config, ({ db }) => clearDisk(db));
}

async function runHere(config: Config): Promise<RetentionRun> {
  const { endRetentionPeriods } = await import("../subjects/retention.ts");
  return withDeps(config, (deps) => endRetentionPeriods(deps, config.MOTIVO_RETENTION_FLOOR_MONTHS));
}
