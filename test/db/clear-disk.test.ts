import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CLEARED_TABLES, CLEARING_STATEMENTS, clearDisk } from "../../src/db/clear-disk.ts";
import { openPostgres } from "../../src/db/client.ts";
import { SERVICE_LIMITS } from "../../src/db/roles.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";

/** Of the tables that the service deletes from, those that hold nothing about a person. */
const ABOUT_NOBODY = [
  "epoch",
  "epoch_holder",
  "matching_class",
  "model_alias",
  "monitor_count",
  "monitor_delta",
  "published_checkpoint",
  "review_tally",
  "witness_state",
];

test("docs/privacy.md shows what is run, statement by statement", () => {
  const [, block] = /```sql\n([\s\S]*?)```/.exec(readFileSync("docs/privacy.md", "utf8"))!;
  const shown = block!
    .replaceAll(/--.*/g, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
  expect(shown).toEqual(CLEARING_STATEMENTS);
});

test("every table out of which rows of people are deleted is written anew, on the embedded database too", async () => {
  const database = await freshEmbedded();
  const { rows } = (await database.db.execute(
    sql`SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname IN ('public', 'vault')`,
  )) as unknown as { rows: { schema: string; name: string }[] };
  const deletedFrom = rows
    .filter(
      ({ schema, name }) =>
        schema === "vault" || (SERVICE_LIMITS[name]?.may ?? ["DELETE"]).includes("DELETE"),
    )
    .map(({ schema, name }) => (schema === "vault" ? `vault.${name}` : name))
    .filter((name) => !ABOUT_NOBODY.includes(name));
  expect(deletedFrom.sort()).toEqual([...CLEARED_TABLES].sort());
  expect(await clearDisk(database.db)).toMatchObject({ tables: CLEARED_TABLES.length });
  await database.close();
});

test("a role that owns the tables clears them and not the WAL, and another one is refused", async () => {
  const database = await freshPostgres();
  const { db } = database;
  const suffix = new URL(database.url).pathname.slice(1);
  const urlOf = async (role: string) => {
    await db.execute(sql.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`));
    const url = new URL(database.url);
    url.username = role;
    url.password = "x";
    return url.href;
  };
  const stranger = await openPostgres(await urlOf(`stranger_${suffix}`));
  await expect(clearDisk(stranger.db)).rejects.toMatchObject({ name: "NotTheOwnerError" });
  await stranger.close();

  const owner = await openPostgres(await urlOf(`owner_${suffix}`));
  await db.execute(sql.raw(`GRANT USAGE ON SCHEMA vault TO owner_${suffix}`));
  for (const table of CLEARED_TABLES)
    await db.execute(sql.raw(`ALTER TABLE ${table} OWNER TO owner_${suffix}`));
  expect(await clearDisk(owner.db)).toEqual({ tables: CLEARED_TABLES.length, wal: false });
  await owner.close();
  await database.close();
});
