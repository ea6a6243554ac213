import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { isFolderLocked } from "../db/folder-lock.ts";
import type { Restored } from "../subjects/restore.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";

interface Options {
  log: string;
  json?: true;
}

/** `motivo restore`: brings a database out of a backup up to a copy of the log, before anything serves from it. */
export function declareRestore(program: Command): void {
  program
    .command("restore")
    .description(
      "after a backup was restored: do every later erasure again, from a copy of the log kept elsewhere",
    )
    .requiredOption("--log <file>", "an export of the log (GET /v1/audit/export), as new as there is")
    .option("--json", "answer with one JSON object")
    .action(async ({ log, json }: Options) => {
      const config = readConfig(process.env);
      if (!config.DATABASE_URL && (await isFolderLocked(config.MOTIVO_DATA))) {
        const message = `A running service holds ${config.MOTIVO_DATA}: stop it first, nothing may serve meanwhile.`;
        throw new CommandError(EXIT.unusable, "folder_locked", message);
      }
      await access(log).catch(() => {
        throw new CommandError(
          EXIT.unusable,
          "file_unreadable",
          `No copy of the log can be read from ${log}.`,
        );
      });
      const restored = await restoreHere(config, log);
      answer(json === true, { ok: true, ...restored }, told(restored));
    });
}

async function restoreHere(config: Config, log: string): Promise<Restored> {
  const { restoreFromCopy } = await import("../subjects/restore.ts");
  return withDeps(config, (deps) => restoreFromCopy(deps, () => createReadStream(log)));
}

function told(restored: Restored): string {
  const { had, imported, removedRecords, coarsenedRecords, endedKeys, lostPayloads, orphans } = restored;
  return [
    `The database held ${had} entries; ${imported} more were taken over from the copy of the log.`,
    `${removedRecords} records and ${endedKeys} keys of people who were erased since the backup were taken away again.`,
    `${coarsenedRecords} records are as coarse again as the log says that they are.`,
    `${lostPayloads} entries of others have lost their words with what was written since the backup.`,
    `${orphans} entries of people who came after the backup were erased, since their keys are lost.`,
  ].join("\n");
}
