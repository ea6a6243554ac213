import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { PoolClient } from "pg";
import { APPEND, type AppendRow } from "./append-call.ts";
import { type AppendChannel, pipelinedChannel } from "./append-channel.ts";
import { type ArrayParameters, binaryArrays, plainArrays } from "./arrays.ts";
import { hasCode } from "./error-code.ts";
import * as tables from "./tables.ts";

/** PostgreSQL, reached through `pg` or embedded as PGlite: the same schema, migrations and queries. */
export type Database = PgDatabase<PgQueryResultHKT, typeof tables>;

export interface OpenDatabase {
  db: Database;
  kind: "postgresql" | "embedded";
  /** How this driver takes the columns of a batch. */
  arrays: ArrayParameters;
  /** The way of the log's batches. */
  channel: AppendChannel;
  /**
   * Runs every migration that has not run yet. Safe when several replicas start at once.
   * @throws MigrationPendingError where there is one and this role may not change tables
   */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Any fixed number: replicas that start together take turns at migrating. */
const MIGRATION_LOCK = 0x6d6f7469;

/** The tables are older than this program, and the role that it has may not change them. */
export class MigrationPendingError extends Error {
  override name = "MigrationPendingError";
}

/** Whether every migration has run: then a role that owns nothing has nothing to do, and needs no right for it. */
async function upToDate(db: Database): Promise<boolean> {
  const journal = await readFile(join(migrationsFolder, "meta", "_journal.json"), "utf8");
  const newest = (JSON.parse(journal) as { entries: { when: number }[] }).entries.at(-1)?.when ?? 0;
  try {
    const { rows } = (await db.execute(
      sql`SELECT max(created_at)::text AS newest FROM drizzle.__drizzle_migrations`,
    )) as unknown as { rows: { newest: string | null }[] };
    return Number(rows[0]?.newest ?? 0) >= newest;
  } catch (error) {
    if (hasCode(error, "42P01", "3F000", "42501")) return false;
    throw error;
  }
}

/**
 * Drizzle gives a transaction's connection back whatever happens in it, but not where BEGIN itself fails: each connection
 * that is lost there would take a place of the pool for ever, and the last one the whole service.
 */
function giveBackWhereBeginFails(client: PoolClient): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const begins = (given: unknown) => /^begin\b/.test(String((given as { text?: unknown } | null)?.text));
  Object.assign(client, {
    query(...given: unknown[]) {
      const answer = query(...given);
      if (begins(given[0]) && answer instanceof Promise) {
        answer.catch((error: Error) => client.release(error));
      }
      return answer;
    },
  });
}

/** @param url `postgres://…` */
export async function openPostgres(url: string, options: { poolSize?: number } = {}): Promise<OpenDatabase> {
  const { default: pg } = await import("pg");
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { migrate } = await import("drizzle-orm/node-postgres/migrator");
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize ?? 10 });
  // An idle connection that breaks is replaced on the next query; without a listener it would end the process.
  pool.on("error", () => {});
  // One that breaks inside a transaction, between two statements, is nobody's error either: the next statement has it.
  pool.on("connect", (client) => {
    client.on("error", () => {});
    giveBackWhereBeginFails(client);
  });
  const db = drizzle(pool, { schema: tables });
  const channel = pipelinedChannel(url, pg.Client);
  return {
    db: db as unknown as Database,
    kind: "postgresql",
    arrays: binaryArrays,
    channel,
    async migrate() {
      if (await upToDate(db as unknown as Database)) return;
      const client = await pool.connect();
      try {
        await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
        try {
          await migrate(drizzle(client, { schema: tables }), { migrationsFolder });
        } catch (cause) {
          if (!hasCode(cause, "42501")) throw cause;
          const message =
            "The tables are older than this program: run `motivo migrate` as the role that owns them";
          throw new MigrationPendingError(message, { cause });
        } finally {
          await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK]);
        }
      } finally {
        client.release();
      }
    },
    async close() {
      await channel.close();
      await pool.end();
    },
  };
}

/**
 * @param folder where PGlite keeps its files; absent: in memory, for tests. One process only (`folder-lock.ts`).
 * @param contents what the files begin with: a tarball as `PGlite.dumpDataDir` makes it, into a folder that holds none yet
 */
export async function openEmbedded(folder?: string, contents?: Blob): Promise<OpenDatabase> {
  const { PGlite } = await import("@electric-sql/pglite");
  const { drizzle } = await import("drizzle-orm/pglite");
  const { migrate } = await import("drizzle-orm/pglite/migrator");
  const client = await PGlite.create({
    ...(folder !== undefined && { dataDir: folder }),
    ...(contents && { loadDataDir: contents }),
  });
  const db = drizzle(client, { schema: tables });
  return {
    db: db as unknown as Database,
    kind: "embedded",
    arrays: plainArrays,
    // A call here cannot be lost on its way: the database ends when this process does.
    channel: {
      depth: 1,
      call: async (parameters) => (await client.query<AppendRow>(APPEND, parameters(plainArrays))).rows[0],
      close: async () => {},
    },
    migrate: () => migrate(db, { migrationsFolder }),
    close: () => client.close(),
  };
}
