import type { Command } from "commander";
import { z } from "zod";
import type { Checkpoints } from "../checkpoints/checkpoints.ts";
import { readConfig } from "../config.ts";
import { Problem } from "../errors.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  json?: true;
}

const changed = z.object({ entry: z.int(), previous: z.string(), vkey: z.string(), until: z.string() });
const turned = z.object({
  size: z.int().nullable(),
  alarm: z.string().nullable(),
  faults: z.array(z.object({ at: z.string(), code: z.string() })),
});
const cleared = z.object({ cleared: z.int() });
const OVERLAP_DAYS = 30;

/** `motivo log`: publish the checkpoint, change the log's key, end an alarm. */
export function declareLog(program: Command): void {
  const log = program
    .command("log")
    .description("the log's checkpoints: publish, change the key, end an alarm");
  shared(
    log.command("publish"),
    "take the checkpoint to witnesses, places and the time-stamp authority now",
  ).action(async (options: Options) => {
    const turn = await perform(options, "/v1/log/checkpoints", {}, turned, (checkpoints) =>
      checkpoints.turn(),
    );
    const faults = turn.faults.map(({ at, code }) => `\n  ${at}: ${code}`).join("");
    const what = turn.alarm === null ? `Published: ${turn.size ?? "nothing yet"}.` : `ALARM: ${turn.alarm}.`;
    answer(options.json === true, turn, `${what}${faults}`);
    if (turn.alarm !== null || turn.faults.length > 0) process.exitCode = EXIT.refused;
  });
  shared(log.command("change-key"), "give the log a new key, which the present one signs")
    .option(
      "--until <day>",
      `last UTC day on which both keys sign (YYYY-MM-DD; ${OVERLAP_DAYS} days from now)`,
    )
    .action(async (options: Options & { until?: string }) => {
      const later = new Date(Date.now() + OVERLAP_DAYS * 86_400_000).toISOString().slice(0, 10);
      const until = options.until ?? later;
      if (!z.iso.date().safeParse(until).success) {
        throw new CommandError(EXIT.unusable, "arguments_invalid", "--until is a day, YYYY-MM-DD");
      }
      const change = await perform(options, "/v1/log/keys", { until }, changed, (checkpoints) =>
        checkpoints.changeKey(until),
      );
      const told = `By entry ${change.entry} the log's key becomes\n${change.vkey}\nBoth keys sign until the end of ${change.until}.`;
      answer(options.json === true, { ok: true, ...change }, told);
    });
  shared(log.command("clear-alarm"), "say that an alarm was looked into: the log signs again").action(
    async (options: Options) => {
      const result = await perform(options, "/v1/log/alarm/clear", {}, cleared, async (checkpoints) => ({
        cleared: await checkpoints.clearAlarm(),
      }));
      answer(options.json === true, { ok: true, ...result }, `Alarms ended: ${result.cleared}.`);
    },
  );
}

const shared = (command: Command, description: string): Command =>
  command
    .description(description)
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "answer with one JSON object");

/** Through the running service where one holds the database, else here. */
async function perform<T>(
  options: Options,
  path: string,
  body: object,
  schema: z.ZodType<T>,
  here: (checkpoints: Checkpoints) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  const service = await serviceToUse(config, options);
  if (service) return askService(service, path, body, schema);
  try {
    return await withDeps(config, (deps) => here(deps.checkpoints));
  } catch (error) {
    if (error instanceof Problem && error.code === "log_halted") {
      throw new CommandError(EXIT.refused, error.code, error.message, { cause: error });
    }
    throw error;
  }
}
