import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import { APPEND_ONLY, AUDITOR_READS, couldTamper, grantRoles, SERVICE_LIMITS } from "../../src/db/roles.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { rolesOf, type TestRoles } from "../support/roles.ts";

interface Right {
  schema: string;
  table: string;
  column: string;
  privilege: string;
}

describe("the roles of a PostgreSQL database", () => {
  let owner: Awaited<ReturnType<typeof freshPostgres>>;
  let roles: TestRoles;
  let service: OpenDatabase;
  let auditor: OpenDatabase;
  beforeAll(async () => {
    owner = await freshPostgres();
    roles = await rolesOf(owner);
    service = await openPostgres(roles.service.url);
    auditor = await openPostgres(roles.auditor.url);
  });
  afterAll(async () => {
    await service.close();
    await auditor.close();
    await roles.remove();
    await owner.close();
  });

  async function rows<Row>(query: ReturnType<typeof sql>): Promise<Row[]> {
    return ((await owner.db.execute(query)) as unknown as { rows: Row[] }).rows;
  }
  const tables = () =>
    rows<{ schema: string; table: string; columns: string[] }>(sql`
      SELECT table_schema AS schema, table_name AS table, array_agg(column_name::text ORDER BY ordinal_position) AS columns
      FROM information_schema.columns WHERE table_schema IN ('public', 'vault') GROUP BY 1, 2 ORDER BY 1, 2`);
  /** What the catalogue says a role may do, table by table, a line a privilege. */
  async function rightsOf(role: string): Promise<string[]> {
    const whole = await rows<Omit<Right, "column">>(sql`
      SELECT table_schema AS schema, table_name AS table, privilege_type AS privilege
      FROM information_schema.role_table_grants WHERE grantee = ${role} AND table_schema <> 'drizzle'`);
    const parts = await rows<Right>(sql`
      SELECT table_schema AS schema, table_name AS table, column_name AS column, privilege_type AS privilege
      FROM information_schema.role_column_grants AS c WHERE grantee = ${role} AND table_schema <> 'drizzle'
      AND NOT EXISTS (SELECT FROM information_schema.role_table_grants AS t WHERE t.grantee = c.grantee
        AND t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.privilege_type = c.privilege_type)`);
    return [
      ...whole.map(({ schema, table, privilege }) => `${schema}.${table} ${privilege}`),
      ...parts.map(({ schema, table, column, privilege }) => `${schema}.${table}.${column} ${privilege}`),
    ].sort();
  }

  it("give the service what it works with, and of the log only the right to add", async () => {
    const expected = (await tables()).flatMap(({ schema, table }) => {
      const limits = schema === "public" ? SERVICE_LIMITS[table] : undefined;
      const may = limits?.may ?? ["SELECT", "INSERT", "UPDATE", "DELETE"];
      return [
        ...may.map((privilege) => `${schema}.${table} ${privilege}`),
        ...(limits?.changes ?? []).map((column) => `${schema}.${table}.${column} UPDATE`),
      ];
    });
    expect(await rightsOf(roles.service.name)).toEqual(expected.sort());
    expect(APPEND_ONLY).toEqual(
      expect.arrayContaining(["log_batch", "log_tag", "log_tile", "log_checkpoint"]),
    );
  });

  it("let the auditor read what auditors read, nothing of the vault and no client's key", async () => {
    const expected = Object.entries(AUDITOR_READS).flatMap(([table, columns]) =>
      columns === "all"
        ? [`public.${table} SELECT`]
        : columns.map((column) => `public.${table}.${column} SELECT`),
    );
    const rights = await rightsOf(roles.auditor.name);
    expect(rights).toEqual(expected.sort());
    expect(rights.filter((right) => right.startsWith("vault"))).toEqual([]);
    await expect(auditor.db.execute(sql`SELECT body, salt FROM record`)).resolves.toBeDefined();
  });

  it("name no table and no column that is not there", async () => {
    const there = new Map(
      (await tables()).map(({ schema, table, columns }) => [`${schema}.${table}`, columns]),
    );
    for (const [table, { changes = [] }] of Object.entries(SERVICE_LIMITS)) {
      expect(there.get(`public.${table}`)).toEqual(expect.arrayContaining([...changes]));
    }
    for (const [table, columns] of Object.entries(AUDITOR_READS)) {
      expect(there.get(`public.${table}`)).toEqual(
        expect.arrayContaining(columns === "all" ? [] : [...columns]),
      );
    }
  });

  it.each([
    ["UPDATE log_batch SET leaves = ''"],
    ["DELETE FROM log_tag"],
    ["TRUNCATE log_tile"],
    ["UPDATE log_head SET vkey = 'x'"],
    ["UPDATE record SET body = ''"],
    ["DELETE FROM erased_entry"],
    ["UPDATE log_checkpoint SET note = ''"],
    ["ALTER TABLE log_batch DISABLE TRIGGER ALL"],
    ["SET session_replication_role = replica"],
    ["CREATE TABLE another (id int)"],
    ["DROP TRIGGER log_batch_append_only ON log_batch"],
  ])("refuse the service: %s", async (statement) => {
    const refused = await service.db.execute(sql.raw(statement)).then(
      () => "accepted",
      (error: Error & { cause?: { code?: string } }) => error.cause?.code,
    );
    expect(refused).toBe("42501");
  });

  it.each([
    ["SELECT * FROM vault.payload"],
    ["SELECT key_hmac FROM record"],
    ["SELECT * FROM idempotency_key"],
    ["INSERT INTO log_tag (tag, index) VALUES ('', 0)"],
  ])("refuse the auditor: %s", async (statement) => {
    const refused = await auditor.db.execute(sql.raw(statement)).then(
      () => "accepted",
      (error: Error & { cause?: { code?: string } }) => error.cause?.code,
    );
    expect(refused).toBe("42501");
  });

  it("are given their rights again without a change, and lose what they should not have", async () => {
    const names = { service: roles.service.name, auditor: roles.auditor.name };
    const before = [await rightsOf(names.service), await rightsOf(names.auditor)];
    await owner.db.execute(sql.raw(`GRANT UPDATE ON log_batch TO ${names.service}`));
    await owner.db.execute(sql.raw(`GRANT SELECT ON vault.payload TO ${names.auditor}`));
    expect(await couldTamper(service.db)).toBe(true);
    await grantRoles(owner.db, names);
    expect([await rightsOf(names.service), await rightsOf(names.auditor)]).toEqual(before);
  });

  it("can be told apart: the owner could rewrite the log, service and auditor could not", async () => {
    expect(await couldTamper(owner.db)).toBe(true);
    expect(await couldTamper(service.db)).toBe(false);
    expect(await couldTamper(auditor.db)).toBe(false);
  });

  it("leave the service nothing to migrate when all is done, and say so when it is not", async () => {
    await service.migrate();
    const empty = await freshPostgres({ migrated: false });
    await owner.db.execute(
      sql.raw(`GRANT CONNECT ON DATABASE ${new URL(empty.url).pathname.slice(1)} TO ${roles.service.name}`),
    );
    const url = new URL(roles.service.url);
    url.pathname = new URL(empty.url).pathname;
    const bare = await openPostgres(url.href);
    await expect(bare.migrate()).rejects.toMatchObject({ name: "MigrationPendingError" });
    await bare.close();
    await empty.close();
  });

  it("work without a superuser, as on managed PostgreSQL", async () => {
    const database = await freshPostgres({ migrated: false });
    const name = new URL(database.url).pathname.slice(1);
    const migrator = `migrator_${name.slice(2, 14)}`;
    await database.db.execute(sql.raw(`CREATE ROLE ${migrator} LOGIN CREATEROLE PASSWORD 'test'`));
    await database.db.execute(sql.raw(`ALTER DATABASE ${name} OWNER TO ${migrator}`));
    const url = new URL(database.url);
    url.username = migrator;
    url.password = "test";
    const migrating = await openPostgres(url.href);
    await migrating.migrate();
    await grantRoles(migrating.db, { service: `${migrator}_s`, auditor: `${migrator}_a` });
    const [given] = (
      (await database.db.execute(sql`
        SELECT has_table_privilege(${`${migrator}_s`}, 'log_batch', 'INSERT') AS adds,
          has_any_column_privilege(${`${migrator}_s`}, 'log_batch', 'UPDATE') AS changes,
          has_table_privilege(${`${migrator}_a`}, 'log_batch', 'SELECT') AS reads`)) as unknown as {
        rows: object[];
      }
    ).rows;
    expect(given).toEqual({ adds: true, changes: false, reads: true });
    await migrating.close();
    await database.db.execute(sql.raw(`DROP OWNED BY ${migrator}_s, ${migrator}_a CASCADE`));
    await database.db.execute(sql.raw(`DROP ROLE ${migrator}_s, ${migrator}_a`));
    await database.close();
  });
});

it("the embedded database has one role, which may do anything", async () => {
  const embedded = await freshEmbedded();
  expect(await couldTamper(embedded.db)).toBe(true);
  await embedded.close();
});
