import type { Command } from "commander";
import { run } from "../../audit/command.ts";

interface Options {
  key: string;
  checkpoint?: string;
  policy?: string;
  leaves?: string;
  receipt: string[];
  json?: true;
}

/** `motivo verify`: the verifier in `audit/`, which stands alone, under the common command. */
export function declareVerify(program: Command): void {
  program
    .command("verify")
    .description("check a document of the log offline, with the log's public key alone")
    .argument(
      "<file>",
      "an export, evidence bundle, consistency proof, access answer, erasure certificate or change of key",
    )
    .requiredOption("--key <vkey>", "the log's verifier key, or a file of those that it has had")
    .option("--checkpoint <file>", "a checkpoint of this log kept from before")
    .option("--policy <file>", "a C2SP tlog-policy whose quorum of witnesses must have cosigned")
    .option("--leaves <file>", "with an access answer: the log's entry bundles, one after the other")
    .option("--receipt <file>", "with an access answer: a decision's answer; may be repeated", repeated, [])
    .option("--json", "answer with one JSON object")
    .action(async (file: string, { key, checkpoint, policy, leaves, receipt, json }: Options) => {
      const options = [
        `--key=${key}`,
        ...(checkpoint === undefined ? [] : [`--checkpoint=${checkpoint}`]),
        ...(policy === undefined ? [] : [`--policy=${policy}`]),
        ...(leaves === undefined ? [] : [`--leaves=${leaves}`]),
        ...receipt.map((path) => `--receipt=${path}`),
        ...(json ? ["--json"] : []),
      ];
      process.exitCode = await run(["verify", ...options, "--", file]);
    });
}

const repeated = (value: string, before: string[]): string[] => [...before, value];
