import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type OpenDatabase, openEmbedded, openPostgres } from "../../src/db/client.ts";
import { migratedContents } from "./migrated.ts";

/** A database of its own in the suite's PostgreSQL, migrated unless asked otherwise. */
export async function freshPostgres({ migrated = true } = {}): Promise<OpenDatabase & { url: string }> {
  const server = inject("postgresUrl");
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${inject("migratedDatabase")}` : ""}`);
  await admin.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { ...(await openPostgres(url.href)), url: url.href };
}

/** A migrated PGlite in memory. */
export const freshEmbedded = async (): Promise<OpenDatabase> =>
  openEmbedded(undefined, await migratedContents());
