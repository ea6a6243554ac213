import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import type { Database } from "../db/client.ts";
import { isFolderLocked } from "../db/folder-lock.ts";
import { answer } from "./answer.ts";
import { withDatabase } from "./by-hand.ts";

/** `motivo migrate`: brings the tables up to date, for those who do it apart from the start. */
export function declareMigrate(program: Command): void {
  program
    .command("migrate")
    .description(
      "bring the database's tables up to date (the service does it at its start, too), and the rights of its roles",
    )
    .option("--json", "answer with one JSON object")
    .action(({ json }: { json?: true }) => migrate(json === true));
}

/** The rights of the roles that the settings name, on the tables as they are now. */
async function grant(config: Config, db: Database): Promise<void> {
  const names = { service: config.MOTIVO_SERVICE_ROLE, auditor: config.MOTIVO_AUDITOR_ROLE };
  if (!names.service && !names.auditor) return;
  const { grantRoles } = await import("../db/roles.ts");
  await grantRoles(db, names);
}

async function migrate(json: boolean): Promise<void> {
  const config = readConfig(process.env);
  if (!config.DATABASE_URL && (await isFolderLocked(config.MOTIVO_DATA))) {
    const text = `A running service holds ${config.MOTIVO_DATA}, and brought its tables up to date when it started.`;
    answer(json, { ok: true, database: "embedded", migratedBy: "service" }, text);
    return;
  }
  const kind = await withDatabase(config, async (database) => {
    await database.migrate();
    if (database.kind === "postgresql") await grant(config, database.db);
    return database.kind;
  });
  const where = kind === "embedded" ? `the database in ${config.MOTIVO_DATA}` : "the PostgreSQL database";
  answer(json, { ok: true, database: kind, migratedBy: "command" }, `The tables of ${where} are up to date.`);
}
