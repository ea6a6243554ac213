import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { isFolderLocked } from "../db/folder-lock.ts";
import { answer } from "./answer.ts";

/** `motivo migrate`: brings the tables up to date, for those who do it apart from the start. */
export function declareMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the database's tables up to date (the service does it at its start, too)")
    .option("--json", "answer with one JSON object")
    .action(({ json }: { json?: true }) => migrate(json === true));
}

async function migrate(json: boolean): Promise<void> {
  const config = readConfig(process.env);
  if (!config.DATABASE_URL && (await isFolderLocked(config.MOTIVO_DATA))) {
    const text = `A running service holds ${config.MOTIVO_DATA}, and brought its tables up to date when it started.`;
    answer(json, { ok: true, database: "embedded", migratedBy: "service" }, text);
    return;
  }
  const { openConfigured } = await import("../node.ts");
  const database = await openConfigured(config, () => process.exit(1));
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
  const where =
    database.kind === "embedded" ? `the database in ${config.MOTIVO_DATA}` : "the PostgreSQL database";
  answer(
    json,
    { ok: true, database: database.kind, migratedBy: "command" },
    `The tables of ${where} are up to date.`,
  );
}
