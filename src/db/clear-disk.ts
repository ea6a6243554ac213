import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { hasCode } from "./error-code.ts";

/** Tables out of which rows of people are deleted. Everything else only grows, or is about nobody. */
export const CLEARED_TABLES = [
  "vault.subject",
  "vault.data_key",
  "vault.payload",
  "vault.removal",
  "vault.detaching",
  "vault.hold",
  "vault.request",
  "vault.processing_stop",
  "vault.notice",
  "vault.mandate",
  "vault.one_time_code",
  "vault.opendsr_request",
  "vault.copy",
  "vault.copy_part",
  "record",
  "retained_record",
  "idempotency_key",
] as const;

const SETTINGS = ["ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()"];
/** Two checkpoints later no segment from before is needed any more. */
const CHECKPOINTS = ["SELECT pg_switch_wal()", "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"];

/** What is run, in order; `docs/privacy.md` shows it. */
export const CLEARING_STATEMENTS: readonly string[] = [
  ...SETTINGS,
  ...CLEARED_TABLES.map((table) => `VACUUM FULL ${table}`),
  ...CHECKPOINTS,
];

export interface Clearing {
  /** Tables that were written anew, without what was deleted. */
  tables: number;
  /** Whether the WAL was cleared, too. Else its segments from before go two checkpoints later, or are kept for reuse. */
  wal: boolean;
}

/** The tables are another role's: PostgreSQL would skip them with a warning, and nothing would be cleared. */
export class NotTheOwnerError extends Error {
  override name = "NotTheOwnerError";
}

/** Of a database without the tables that is left to the statements that follow. */
async function ownsAll(db: Database): Promise<boolean> {
  const names = sql.join(
    CLEARED_TABLES.map((table) => sql`${table}`),
    sql`, `,
  );
  const { rows } = (await db.execute(
    sql`SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) AS owned FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END IN (${names})`,
  )) as unknown as { rows: { owned: boolean | null }[] };
  return rows[0]?.owned ?? true;
}

/** Statements that need more than owning the tables. @returns whether all were allowed */
async function ifAllowed(db: Database, statements: readonly string[]): Promise<boolean> {
  try {
    for (const statement of statements) await db.execute(sql.raw(statement));
    return true;
  } catch (error) {
    if (hasCode(error, "42501")) return false;
    throw error;
  }
}

/**
 * Clears what PostgreSQL keeps of deleted rows in the files of tables and indexes, and in its WAL: writes each table anew, which
 * locks it meanwhile, and lets go of the segments from before. May be run again at any time; a crash leaves some tables
 * cleared.
 * @throws NotTheOwnerError before anything was done
 */
export async function clearDisk(db: Database): Promise<Clearing> {
  if (!(await ownsAll(db))) {
    throw new NotTheOwnerError("Run this as the role that owns the tables: another one clears nothing.");
  }
  // Old segments are removed instead of being kept for reuse with their contents.
  const removed = await ifAllowed(db, SETTINGS);
  for (const table of CLEARED_TABLES) await db.execute(sql.raw(`VACUUM FULL ${table}`));
  const checkpointed = await ifAllowed(db, CHECKPOINTS);
  return { tables: CLEARED_TABLES.length, wal: removed && checkpointed };
}
