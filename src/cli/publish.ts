import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { CheckedPackage } from "../models/package.ts";
import type { Published } from "../models/publish.ts";
import { type BackgroundRisk, backgroundRisk } from "../privacy/background-risk.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";
import { askService, type RunningService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
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
      const config = readConfig(process.env);
      const service = await serviceToUse(config, options);
      await expectFolder(folder);
      const { readPackageFolder } = await import("../models/package.ts");
      // The same check that the service makes: a package at fault is refused before anything is opened or sent.
      const checked = await readPackageFolder(folder);
      const published = service
        ? await publishThrough(service, checked.files)
        : await publishHere(config, checked);
      const background = backgroundRisk(checked.contract, checked.background);
      const words = `${told(published)}\n${toldOf(background)}`;
      answer(options.json === true, { ok: true, ...published, background }, words);
    });
}

const publishedBody = z.object({
  model: z.string(),
  version: z.int(),
  aliases: z.array(z.string()),
  logIndex: z.int(),
  digests: z.object({ model: z.string(), background: z.string(), policy: z.string(), package: z.string() }),
});

function publishThrough(service: RunningService, files: CheckedPackage["files"]): Promise<Published> {
  const encoded = Object.fromEntries(
    [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
  );
  return askService(service, "/v1/models", { files: encoded }, publishedBody);
}

async function expectFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new CommandError(EXIT.unusable, "folder_missing", `There is no folder ${folder}.`);
}

async function publishHere(config: Config, checked: CheckedPackage): Promise<Published> {
  const { publish } = await import("../models/publish.ts");
  return withDeps(config, (deps) => publish(deps, checked));
}

function told({ model, version, aliases, logIndex }: Published): string {
  const alias = aliases.length === 0 ? "no alias points to it yet" : `it is now ${aliases.join(", ")}`;
  return `Published ${model} version ${version}: ${alias}; entry ${logIndex} of the log says so.`;
}

/** The background file is about people, too. */
function toldOf({ rows, synthetic, quasiIdentifiers, k, uniques }: BackgroundRisk): string {
  const whose = synthetic ? "invented rows" : "rows of real people";
  if (quasiIdentifiers.length === 0) return `Its background has ${rows} ${whose} and no quasi-identifier.`;
  return `Its background has ${rows} ${whose}; by ${quasiIdentifiers.join(", ")}, as recorded, k is ${k} and ${uniques} are alone.`;
}
