import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { LogAudit } from "../db/log-audit.ts";
import { Problem } from "../errors.ts";
import { answer } from "./answer.ts";
import { withDatabase } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  checkpoint?: string;
  json?: true;
}

const auditBody = z.object({
  ok: z.boolean(),
  entries: z.int(),
  finding: z.object({ code: z.string(), entry: z.int().nullable(), detail: z.string() }).nullable(),
});

/** `motivo audit check`: holds the database's log against itself and against what its key signed. */
export function declareAudit(program: Command): void {
  program
    .command("audit")
    .description("look after the log")
    .command("check")
    .description("compare entries, tiles, records and signed checkpoints; names the first wrong entry")
    .option("--checkpoint <file>", "a checkpoint of this log kept elsewhere")
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "answer with one JSON object")
    .action(async (options: Options) => {
      const config = readConfig(process.env);
      const kept = options.checkpoint === undefined ? undefined : await readNote(options.checkpoint);
      const service = await serviceToUse(config, options);
      const checked = service
        ? await askService(
            service,
            "/v1/log/check",
            kept === undefined ? {} : { checkpoint: kept },
            auditBody,
          )
        : await checkHere(config, kept);
      answer(options.json === true, checked, told(checked));
      if (!checked.ok) process.exitCode = EXIT.refused;
    });
}

async function readNote(file: string): Promise<string> {
  const note = await readFile(file, "utf8").catch(() => null);
  if (note !== null) return note;
  throw new CommandError(EXIT.unusable, "file_unreadable", `No checkpoint can be read from ${file}.`);
}

async function checkHere(config: Config, kept: string | undefined): Promise<LogAudit> {
  const [{ keyChangesOf }, { keyFolder }, { openSigner }, { auditWithKept }] = await Promise.all([
    import("../checkpoints/key-changes.ts"),
    import("../privacy/key-folder.ts"),
    import("../privacy/log-signer.ts"),
    import("../db/log-audit.ts"),
  ]);
  return withDatabase(config, async ({ db }) => {
    try {
      // Keys come from the key folder: those that the database names may have been exchanged with the entries.
      const changes = await keyChangesOf(db);
      const keys = keyFolder(config.MOTIVO_KEYS);
      const signer = await openSigner(config.MOTIVO_ORIGIN, keys, "existing", { changes });
      return await auditWithKept(db, signer.keys, kept, new Date());
    } catch (error) {
      if (error instanceof Problem)
        throw new CommandError(EXIT.unusable, error.code, error.message, { cause: error });
      throw error;
    }
  });
}

function told({ ok, entries, finding }: z.infer<typeof auditBody>): string {
  if (ok) return `The log holds: ${entries} entries, their tiles, records and checkpoints fit together.`;
  const where = finding?.entry == null ? "" : ` First wrong entry: ${finding.entry}.`;
  return `The log does NOT hold. ${finding?.detail ?? ""}.${where} (${finding?.code ?? "unknown"})`;
}
