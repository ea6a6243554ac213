import type { Command } from "commander";
import { run } from "../../audit/command.ts";

interface Options {
  key: string;
  checkpoint?: string;
  json?: true;
}

/** `motivo verify`: the verifier in `audit/`, which stands alone, under the common command. */
export function declareVerify(program: Command): void {
  program
    .command("verify")
    .description("check an export or an evidence bundle offline, with the log's public key alone")
    .argument("<file>", "an export of the whole log, or the evidence bundle of one decision")
    .requiredOption("--key <vkey>", "the log's verifier key, or a file that holds it")
    .option("--checkpoint <file>", "a checkpoint of this log kept from before")
    .option("--json", "answer with one JSON object")
    .action(async (file: string, { key, checkpoint, json }: Options) => {
      const options = [
        `--key=${key}`,
        ...(checkpoint === undefined ? [] : [`--checkpoint=${checkpoint}`]),
        ...(json ? ["--json"] : []),
      ];
      process.exitCode = await run(["verify", ...options, "--", file]);
    });
}
