import { readFile, stat } from "node:fs/promises";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { isFolderLocked } from "../db/folder-lock.ts";
import type { CheckedPackage } from "../models/package.ts";
import type { Published } from "../models/publish.ts";
import { answer } from "./answer.ts";
import { CommandError, EXIT } from "./failure.ts";
import { publishThrough, type RunningService, serviceOfFolder } from "./running-service.ts";

interface Options {
  service?: string;
  tokenFile?: string;
  json?: true;
}

/** `motivo publish`: checks a package and makes it the model's next version. */
export function declarePublish(program: Command): void {
  program
    .command("publish")
    .description("check a package and make it the model's next version")
    .argument("<folder>", "model.yaml, model.onnx, background.csv and samples.csv")
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "answer with one JSON object")
    .action(async (folder: string, options: Options) => {
      if ((options.service === undefined) !== (options.tokenFile === undefined)) {
        throw new CommandError(EXIT.unusable, "arguments_invalid", "--service and --token-file go together");
      }
      const config = readConfig(process.env);
      const service = await serviceToUse(config, options);
      await expectFolder(folder);
      const { readPackageFolder } = await import("../models/package.ts");
      // The same check that the service makes: a package at fault is refused before anything is opened or sent.
      const checked = await readPackageFolder(folder);
      const published = service
        ? await publishThrough(service, checked.files)
        : await publishHere(config, checked);
      answer(options.json === true, { ok: true, ...published }, told(published));
    });
}

/** Null when the database is free to be opened here. */
async function serviceToUse(config: Config, options: Options): Promise<RunningService | null> {
  if (options.service !== undefined && options.tokenFile !== undefined) {
    return { url: serviceUrl(options.service), token: await readToken(options.tokenFile) };
  }
  if (config.DATABASE_URL || !(await isFolderLocked(config.MOTIVO_DATA))) return null;
  if (!config.development) {
    const message =
      `A running service holds ${config.MOTIVO_DATA}, and takes tokens of its issuer alone: ` +
      "pass --service <url> and --token-file <file> with an operator token.";
    throw new CommandError(EXIT.unusable, "folder_locked", message);
  }
  const { DEV_FILE } = await import("../node.ts");
  return serviceOfFolder(config.MOTIVO_DATA, DEV_FILE);
}

function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  throw new CommandError(EXIT.unusable, "arguments_invalid", "--service is an http or https address");
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, "utf8").catch(() => "");
  if (token.trim() !== "") return token.trim();
  throw new CommandError(EXIT.unusable, "token_unreadable", `No token can be read from ${file}.`);
}

async function expectFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new CommandError(EXIT.unusable, "folder_missing", `There is no folder ${folder}.`);
}

async function publishHere(config: Config, checked: CheckedPackage): Promise<Published> {
  const [{ openConfigured, openDeps }, { publish }] = await Promise.all([
    import("../node.ts"),
    import("../models/publish.ts"),
  ]);
  const database = await openConfigured(config, () => process.exit(1));
  try {
    const deps = await openDeps(config, database);
    try {
      return await publish(deps, checked);
    } finally {
      await deps.log.close();
      await deps.models.close();
    }
  } finally {
    await database.close();
  }
}

function told({ model, version, aliases, logIndex }: Published): string {
  const alias = aliases.length === 0 ? "no alias points to it yet" : `it is now ${aliases.join(", ")}`;
  return `Published ${model} version ${version}: ${alias}; entry ${logIndex} of the log says so.`;
}
