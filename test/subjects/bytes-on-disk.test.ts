import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eq, inArray } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CLEARED_TABLES } from "../../src/db/clear-disk.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import { dataKey, payload, record, removal, subject } from "../../src/db/tables.ts";
import { keysOf } from "../../src/privacy/subject-keys.ts";
import { endAccess } from "../../src/subjects/end-access.ts";
import { entriesOf } from "../../src/subjects/entries.ts";
import { finishRemoval } from "../../src/subjects/removal.ts";
import { json, run } from "../cli/command.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { exampleOf, type TestService, testService } from "../support/service.ts";

/**
 * What PostgreSQL keeps on its disk of the erased while others stay in the same tables: a table emptied altogether would
 * be truncated, and prove nothing.
 */
const PEOPLE = Array.from({ length: 20 }, (_, i) => `person-${i}`);
let server: PostgresServer;
let client: pg.Client;
let database: OpenDatabase;
let service: TestService;
/** Bytes of the erased and of those who stay, by what they were. */
const erased: Record<string, Buffer[]> = {};
const kept: Record<string, Buffer[]> = {};

const bytes = (value: Uint8Array, from = 0, to?: number) => Buffer.from(value).subarray(from, to);

async function bytesOf(who: string, into: Record<string, Buffer[]>): Promise<void> {
  const put = (what: string, value: Buffer) => {
    into[what] ??= [];
    into[what].push(value);
  };
  const [key] = await keysOf(database.db, service.deps.epoch, who);
  const [row] = await database.db.select().from(dataKey).where(eq(dataKey.id, key!.id));
  const [person] = await database.db.select().from(subject).where(eq(subject.id, row!.subject));
  put("wrapped key", bytes(row!.wrapped, 12, 44));
  put("lookup", bytes(person!.lookup));
  put("identifier", bytes(person!.identifier!, 0, 28));
  const entries = await entriesOf(database.db, key!);
  const tags = entries.map(({ tag }) => tag);
  for (const { owner, ciphertext } of await database.db
    .select()
    .from(payload)
    .where(inArray(payload.tag, tags))) {
    put("owner", bytes(owner, 4, 40));
    put("ciphertext", bytes(ciphertext, 100, 140));
  }
  const indexes = entries.map(({ logIndex }) => logIndex);
  for (const { salt, id } of await database.db
    .select()
    .from(record)
    .where(inArray(record.logIndex, indexes))) {
    put("salt", bytes(salt));
    put("id in text", Buffer.from(id));
    put("id", Buffer.from(id.replaceAll("-", ""), "hex"));
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** How many of these values lie anywhere under the data folder, by what they were; what is not found is left out. */
function onDisk(values: Record<string, Buffer[]>): Record<string, number> {
  const files = filesUnder(server.dataFolder).map((file) => readFileSync(file));
  return Object.fromEntries(
    Object.entries(values)
      .map(([what, list]): [string, number] => [
        what,
        list.filter((value) => files.some((file) => file.includes(value))).length,
      ])
      .filter(([, found]) => found > 0),
  );
}

beforeAll(async () => {
  server = await startPostgres();
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
  database = await openPostgres(server.url);
  await database.migrate();
  service = await testService(database);
  const example = await exampleOf(service);
  for (const who of PEOPLE) {
    const body = { ...example, subject: who };
    await service.call("POST", "/v1/models/german-credit/decisions", "product", body);
  }
  for (const [i, who] of PEOPLE.entries()) await bytesOf(who, i % 2 === 0 ? erased : kept);
  await client.query("ANALYZE");
  for (const [i, who] of PEOPLE.entries()) {
    if (i % 2 === 1) continue;
    const [key] = await keysOf(database.db, service.deps.epoch, who);
    const ended = await endAccess(service.deps, key!, "deleted");
    const [left] = await database.db.select().from(removal);
    erased["sealed tag key"] = [...(erased["sealed tag key"] ?? []), bytes(left!.tagKey, 12, 44)];
    await finishRemoval(service.deps, ended!.removal);
  }
  await client.query("CHECKPOINT");
}, 120_000);
afterAll(async () => {
  await service.close();
  await database.close();
  await client.end();
  await server.stop();
});

const all = (values: Record<string, Buffer[]>) =>
  Object.fromEntries(Object.entries(values).map(([what, list]) => [what, list.length]));

it("after DELETE and plain VACUUM every byte of the erased is still on the disk", async () => {
  expect(Object.keys(erased)).toHaveLength(9);
  expect(onDisk(erased)).toEqual(all(erased));
  await client.query("VACUUM");
  await client.query("CHECKPOINT");
  expect(onDisk(erased)).toEqual(all(erased));
});

it("PostgreSQL's statistics hold none of it, so its catalogue needs no clearing", async () => {
  const { rows } = await client.query<{ file: string }>(
    "SELECT pg_relation_filepath('pg_statistic') AS file",
  );
  const catalogue = readFileSync(join(server.dataFolder, rows[0]!.file));
  for (const list of Object.values(erased)) {
    expect(list.filter((value) => catalogue.includes(value))).toEqual([]);
  }
});

it("after `motivo retention clear-disk` no byte of the erased is in data folder or WAL, and the others are whole", async () => {
  const ended = await run(["retention", "clear-disk", "--json"], { DATABASE_URL: server.url });
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  expect(json(ended)).toEqual({ ok: true, tables: CLEARED_TABLES.length, wal: true });
  expect(onDisk(erased)).toEqual({});
  expect(onDisk(kept)).toEqual(all(kept));
  const token = { token: await service.issuer.issue("subject", { subject: PEOPLE[1]!, proof: 3 }) };
  const access = await service.json<{ purposes: { decisions: object[] }[] }>("GET", "/v1/me/access", token);
  expect(access.body.purposes[0]!.decisions).toHaveLength(1);
});
