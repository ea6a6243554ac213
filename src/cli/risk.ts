import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import type { CoarseningRun } from "../decisions/coarsen.ts";
import type { LiveRisk } from "../decisions/live-risk.ts";
import type { RiskReport, SensitiveColumn } from "../privacy/risk/report.ts";
import { answer } from "./answer.ts";
import { withDatabase, withDeps } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  model?: string;
  data?: string;
  quasiIdentifiers?: string;
  sensitive?: string;
  coarsen?: true;
  k?: string;
  json?: true;
}

/** `motivo risk`: what a table, or the records of a model, give away about the people in them. */
export function declareRisk(program: Command): void {
  program
    .command("risk")
    .description(
      "how easily people are found in a table, or among a model's records: k-anonymity, l-diversity, t-closeness, prosecutor risk",
    )
    .option("--data <file>", "comma-separated values, the first line names the columns")
    .option("--quasi-identifiers <columns>", "of the table: what others may know of a person, as in sex,age")
    .option("--model <name>", "the decisions on the record of this model instead of a table")
    .option("--coarsen", "make records of that model coarser until k of them are alike; the log says which")
    .option("--k <number>", "for --coarsen; what the package states where it is left out")
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option(
      "--sensitive <columns>",
      "what they must not learn; ordered values as in risk,credit_amount:ordered",
    )
    .option("--json", "answer with one JSON object")
    .action(risk);
}

async function risk(options: Options): Promise<void> {
  const { data, quasiIdentifiers, model } = options;
  const ofTable = data !== undefined && quasiIdentifiers !== undefined && model === undefined;
  const ofTableOnly = data ?? quasiIdentifiers ?? options.sensitive;
  if (options.k !== undefined && options.coarsen === undefined)
    throw new CommandError(EXIT.unusable, "arguments_invalid", "--k goes with --coarsen");
  if (options.coarsen !== undefined) {
    if (model === undefined || ofTableOnly !== undefined)
      throw new CommandError(EXIT.unusable, "arguments_invalid", "--coarsen goes with --model");
    return coarsen(options, model);
  }
  if (ofTable) return riskOfTable({ ...options, data, quasiIdentifiers });
  if (model !== undefined && ofTableOnly === undefined) return riskOfModel(options, model);
  throw new CommandError(
    EXIT.unusable,
    "arguments_invalid",
    "either --data with --quasi-identifiers, or --model",
  );
}

async function riskOfModel(options: Options, model: string): Promise<void> {
  const config = readConfig(process.env);
  const service = await serviceToUse(config, options);
  const path = `/v1/models/${encodeURIComponent(model)}/risk`;
  const { liveRisk } = await import("../http/risk.ts");
  const risk = service
    ? ((await askService(service, path, undefined, liveRisk)) as LiveRisk)
    : await riskHere(config, model);
  const { report, quasiIdentifiers } = risk;
  const nothing =
    quasiIdentifiers.length === 0 ? `${model} declares no quasi-identifier` : `${model} has no record`;
  answer(options.json === true, risk, report === null ? nothing : told(report));
}

async function coarsen(options: Options, model: string): Promise<void> {
  const asked = options.k === undefined ? {} : { k: wholeNumber(options.k) };
  const config = readConfig(process.env);
  const service = await serviceToUse(config, options);
  const path = `/v1/models/${encodeURIComponent(model)}/coarsen`;
  const { coarseningRun } = await import("../http/risk.ts");
  const run: CoarseningRun = service
    ? await askService(service, path, asked, coarseningRun)
    : await coarsenHere(config, model, asked);
  const { records, k, entries } = run;
  const why = entries.length > 0 ? ` Entries of the log that say so: ${entries.join(", ")}.` : "";
  answer(
    options.json === true,
    { ok: true, ...run },
    `Records made coarser, for k = ${k}: ${records}.${why}`,
  );
}

function wholeNumber(text: string): number {
  const k = Number(text);
  if (/^[0-9]{1,4}$/.test(text) && k >= 2 && k <= 1000) return k;
  throw new CommandError(EXIT.unusable, "arguments_invalid", "--k is a whole number from 2 to 1000");
}

async function coarsenHere(config: Config, model: string, asked: { k?: number }): Promise<CoarseningRun> {
  const { coarsenRecords } = await import("../decisions/coarsen.ts");
  return withDeps(config, (deps) => coarsenRecords(deps, model, asked));
}

async function riskHere(config: Config, model: string): Promise<LiveRisk> {
  const [{ ModelRegistry }, { riskOfRecords }] = await Promise.all([
    import("../models/registry.ts"),
    import("../decisions/live-risk.ts"),
  ]);
  return withDatabase(config, ({ db }) =>
    riskOfRecords({ db, models: new ModelRegistry(db), now: () => new Date() }, model),
  );
}

async function riskOfTable(options: Options & { data: string; quasiIdentifiers: string }): Promise<void> {
  const { RiskInputError, riskOfCsv } = await import("../privacy/risk/csv.ts");
  const columns = {
    quasiIdentifiers: namesIn(options.quasiIdentifiers, "--quasi-identifiers"),
    sensitive:
      options.sensitive === undefined ? [] : namesIn(options.sensitive, "--sensitive").map(sensitiveColumn),
  };
  try {
    const report = await riskOfCsv(createReadStream(options.data), columns);
    answer(options.json === true, report, told(report));
  } catch (error) {
    if (error instanceof RiskInputError) throw new CommandError(EXIT.unusable, error.code, error.message);
    if (["ENOENT", "EISDIR", "EACCES"].includes(String((error as NodeJS.ErrnoException).code)))
      throw new CommandError(EXIT.unusable, "file_unreadable", `${options.data} cannot be read.`);
    throw error;
  }
}

function namesIn(list: string, option: string): string[] {
  const names = list.split(",").map((name) => name.trim());
  if (names.includes("") || new Set(names).size < names.length)
    throw new CommandError(
      EXIT.unusable,
      "arguments_invalid",
      `${option} names columns, each once, with commas between`,
    );
  return names;
}

const ORDERED = ":ordered";
const sensitiveColumn = (name: string): SensitiveColumn =>
  name.endsWith(ORDERED) ? { name: name.slice(0, -ORDERED.length), ordered: true } : { name, ordered: false };

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function told(report: RiskReport): string {
  const { below } = report;
  const lines = [
    `${report.rows} rows in ${report.classes} classes of ${report.k} to ${report.largest_class} rows`,
    `k = ${report.k}; ${report.uniques} rows are unique (${percent(report.uniqueness)})`,
    `in classes below 2, 3, 5, 10: ${below["2"]}, ${below["3"]}, ${below["5"]}, ${below["10"]} rows`,
    `prosecutor risk: highest ${percent(report.prosecutor_highest)} (for ${percent(report.rows_at_highest)} of the rows), average ${percent(report.prosecutor_average)}`,
  ];
  for (const [name, { distinct, distinct_l, entropy_l, t_equal, t_ordered }] of Object.entries(
    report.sensitive,
  )) {
    const ordered = t_ordered === undefined ? "" : `, by order ${t_ordered.toFixed(4)}`;
    lines.push(
      `${name}: ${distinct} values; l = ${distinct_l} distinct, ${entropy_l.toFixed(4)} by entropy; t = ${t_equal.toFixed(4)}${ordered}`,
    );
  }
  return lines.join("\n");
}
