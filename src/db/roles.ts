import { type SQL, sql } from "drizzle-orm";
import type { Database } from "./client.ts";

/**
 * What each database role may do. The migration role owns the tables and is the only one that can change them; the
 * service role writes and cannot rewrite; the auditor role reads what auditors read, and nothing of the vault.
 */

export interface RoleNames {
  service?: string | undefined;
  auditor?: string | undefined;
}

type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE";

/** What the service may do with a table that is not named below. Never TRUNCATE. */
const WORKING: readonly Privilege[] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const APPENDING: readonly Privilege[] = ["SELECT", "INSERT"];

/** Tables of which the service may do less, and the only columns that it may change of some. */
export const SERVICE_LIMITS: Readonly<
  Record<string, { may: readonly Privilege[]; changes?: readonly string[] }>
> = {
  log_batch: { may: APPENDING },
  log_tag: { may: APPENDING },
  log_tile: { may: APPENDING },
  log_checkpoint: { may: APPENDING },
  log_key: { may: APPENDING },
  log_head: { may: APPENDING, changes: ["size", "root", "frontier"] },
  log_alarm: { may: APPENDING, changes: ["cleared_at"] },
  checkpoint_stamp: { may: APPENDING },
  model_version: { may: APPENDING },
  model_file: { may: APPENDING },
  erased_entry: { may: APPENDING, changes: ["erasure_index", "position"] },
  coarsened_entry: { may: APPENDING },
  record: { may: ["SELECT", "INSERT", "DELETE"] },
  detached_record: { may: APPENDING },
};

/** What auditors read; of records all but the client's idempotency key. */
export const AUDITOR_READS: Readonly<Record<string, "all" | readonly string[]>> = {
  log_batch: "all",
  log_tag: "all",
  log_tile: "all",
  log_head: "all",
  log_checkpoint: "all",
  log_key: "all",
  log_alarm: "all",
  record: [
    "id",
    "log_index",
    "kind",
    "hour",
    "model",
    "version",
    "outcome",
    "client",
    "about",
    "receipt_size",
    "body",
    "salt",
  ],
  erased_entry: "all",
  coarsened_entry: "all",
  detached_record: "all",
  retained_record: "all",
  model_version: "all",
  model_file: "all",
  model_alias: "all",
  monitor_count: "all",
  epoch: "all",
  published_checkpoint: "all",
  witness_state: "all",
  checkpoint_stamp: "all",
};

/** Tables whose rows stay as they were written: who may rewrite one could tamper with the log. */
export const APPEND_ONLY: readonly string[] = Object.entries(SERVICE_LIMITS).flatMap(
  ([table, { may, changes }]) => (may === APPENDING && !changes ? [table] : []),
);

/** A role that is asked for is not there, and this one may not make it. */
export class RoleMissingError extends Error {
  override name = "RoleMissingError";
  readonly role: string;
  constructor(role: string, cause: unknown) {
    super(`The role ${role} is not there and this role may not make it`, { cause });
    this.role = role;
  }
}

async function rows<Row>(db: Database, query: SQL): Promise<Row[]> {
  return ((await db.execute(query)) as unknown as { rows: Row[] }).rows;
}

/** Without LOGIN and password: those are for whoever runs the database to give. */
async function makeRole(db: Database, role: string): Promise<void> {
  const found = await rows(db, sql`SELECT 1 FROM pg_roles WHERE rolname = ${role}`);
  if (found.length > 0) return;
  await db.execute(sql`CREATE ROLE ${sql.identifier(role)} NOLOGIN`).catch((cause: unknown) => {
    throw new RoleMissingError(role, cause);
  });
}

const columnsOf = (columns: readonly string[]): SQL =>
  sql`(${sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  )})`;

/**
 * Gives each role exactly its rights on the tables as they are, and takes whatever else it had on them. For the role
 * that owns the tables; needs no superuser. Run again after every migration.
 * @throws RoleMissingError
 */
export async function grantRoles(db: Database, { service, auditor }: RoleNames): Promise<void> {
  for (const role of [service, auditor]) if (role) await makeRole(db, role);
  await db.transaction(async (tx) => {
    const tables = await rows<{ schema: string; name: string }>(
      tx,
      sql`SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname IN ('public', 'vault') ORDER BY 1, 2`,
    );
    const functions = await rows<{ signature: string }>(
      tx,
      sql`SELECT p.oid::regprocedure::text AS signature FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname = 'public' AND p.proname LIKE 'motivo\\_%' AND p.prorettype <> 'trigger'::regtype`,
    );
    for (const role of [service, auditor]) {
      if (!role) continue;
      const grantee = sql.identifier(role);
      for (const schema of ["public", "vault", "drizzle"]) {
        const place = sql.identifier(schema);
        await tx.execute(sql`REVOKE ALL ON ALL TABLES IN SCHEMA ${place} FROM ${grantee}`);
        await tx.execute(sql`REVOKE ALL ON SCHEMA ${place} FROM ${grantee}`);
      }
      await tx.execute(sql`GRANT USAGE ON SCHEMA public TO ${grantee}`);
    }
    for (const { schema, name } of tables) {
      const table = sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
      if (service) {
        const { may, changes } = (schema === "public" && SERVICE_LIMITS[name]) || { may: WORKING };
        const grantee = sql.identifier(service);
        await tx.execute(sql`GRANT ${sql.raw(may.join(", "))} ON ${table} TO ${grantee}`);
        if (changes) await tx.execute(sql`GRANT UPDATE ${columnsOf(changes)} ON ${table} TO ${grantee}`);
      }
      const reads = schema === "public" ? AUDITOR_READS[name] : undefined;
      if (auditor && reads) {
        const columns = reads === "all" ? sql`` : columnsOf(reads);
        await tx.execute(sql`GRANT SELECT ${columns} ON ${table} TO ${sql.identifier(auditor)}`);
      }
    }
    if (service) {
      const grantee = sql.identifier(service);
      // The journal of migrations, so that the service sees at its start that nothing is left to do.
      await tx.execute(sql`GRANT USAGE ON SCHEMA vault, drizzle TO ${grantee}`);
      await tx.execute(sql`GRANT SELECT ON drizzle.__drizzle_migrations TO ${grantee}`);
      for (const { signature } of functions) {
        await tx.execute(sql`REVOKE ALL ON FUNCTION ${sql.raw(signature)} FROM PUBLIC`);
        await tx.execute(sql`GRANT EXECUTE ON FUNCTION ${sql.raw(signature)} TO ${grantee}`);
      }
    }
  });
}

/**
 * Whether the role of this connection could rewrite the log: as superuser, as owner who may switch triggers off, by a
 * right to change append-only rows, or by one to run without triggers.
 */
export async function couldTamper(db: Database): Promise<boolean> {
  const names = sql.join(
    APPEND_ONLY.map((table) => sql`${table}`),
    sql`, `,
  );
  const [row] = await rows<{ could: boolean }>(
    db,
    sql`SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR bool_or(pg_has_role(c.relowner, 'MEMBER'))
        OR bool_or(has_table_privilege(c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'UPDATE')) AS could
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relname IN (${names})`,
  );
  return row?.could ?? false;
}
