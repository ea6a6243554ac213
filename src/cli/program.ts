import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { declareAccess } from "./access.ts";
import { answerFailure } from "./answer.ts";
import { declareAudit } from "./audit.ts";
import { declareDeadline } from "./deadline.ts";
import { declareDemo } from "./demo.ts";
import { declareExplain } from "./explain.ts";
import { EXIT, failureOf } from "./failure.ts";
import { declareImportance } from "./importance.ts";
import { declareKeys } from "./keys.ts";
import { declareLog } from "./log.ts";
import { declareMask } from "./mask.ts";
import { declareMigrate } from "./migrate.ts";
import { declareProcessing } from "./processing.ts";
import { declarePublish } from "./publish.ts";
import { declareRestore } from "./restore.ts";
import { declareRetention } from "./retention.ts";
import { declareRisk } from "./risk.ts";
import { declareServe } from "./serve.ts";
import { declareToken } from "./token.ts";
import { declareVerify } from "./verify.ts";

const AFTER_HELP = `
Settings come from the environment (PORT, DATABASE_URL, MOTIVO_DATA, MOTIVO_KEYS, …); the README lists them.
With --json a command that gives a result prints one JSON object on stdout, a failure too.
Exit code: 0 done; 1 refused or failed; 2 not usable (arguments, settings, a folder in use, no database).`;

/** The whole command, every part of it on one line. */
export function motivo(): Command {
  const program = new Command("motivo")
    .description("Decisions with reasons, on a record that anyone can check.")
    .version(VERSION)
    .addHelpText("after", AFTER_HELP)
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  declareServe(program);
  declareMigrate(program);
  declarePublish(program);
  declareToken(program);
  declareVerify(program);
  declareAudit(program);
  declareAccess(program);
  declareLog(program);
  declareDemo(program);
  declareKeys(program);
  declareRestore(program);
  declareRetention(program);
  declareMask(program);
  declareDeadline(program);
  declareRisk(program);
  declareProcessing(program);
  declareExplain(program);
  declareImportance(program);
  return program;
}

/**
 * Runs one command and says how it ended. Never throws.
 * @param argv what follows `motivo`
 * @returns the exit code
 */
export async function main(argv: string[]): Promise<number> {
  try {
    await motivo().parseAsync(argv, { from: "user" });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    // Without a command commander has shown the help on stderr, which is the answer.
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.unusable;
    const failure = failureOf(error);
    answerFailure(argv.includes("--json"), failure);
    if (process.env.MOTIVO_LOG_LEVEL === "debug") console.error(error);
    return failure.exitCode;
  }
}
