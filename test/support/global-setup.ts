import pg from "pg";
import type { TestProject } from "vitest/node";
import { openPostgres } from "../../src/db/client.ts";
import { startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
    /** A database with every migration behind it, to be copied. */
    migratedDatabase: string;
  }
}

const MIGRATED = "migrated";

/** One PostgreSQL for the whole run; each test file makes a database of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${MIGRATED}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `/${MIGRATED}`;
  const migrated = await openPostgres(url.href);
  await migrated.migrate();
  await migrated.close();
  project.provide("postgresUrl", server.url);
  project.provide("migratedDatabase", MIGRATED);
  return () => server.stop();
}
