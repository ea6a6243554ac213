import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type OpenDatabase, openEmbedded, openPostgres } from "../../src/db/client.ts";

/** A database of its own in the suite's PostgreSQL, migrated unless asked otherwise. */
export async function freshPostgres({ migrated = true } = {}): Promise<OpenDatabase & { url: string }> {
  const server = inject("postgresUrl");
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  const opened = await openPostgres(url.href);
  if (migrated) await opened.migrate();
  return { ...opened, url: url.href };
}

/** A migrated PGlite in memory. */
export async function freshEmbedded(): Promise<OpenDatabase> {
  const opened = await openEmbedded();
  await opened.migrate();
  return opened;
}
