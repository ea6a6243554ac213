import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import { LogBrokenError } from "../../src/db/log.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { record } from "../../src/db/tables.ts";
import { coarsenRecords } from "../../src/decisions/coarsen.ts";
import { keysOf } from "../../src/privacy/subject-keys.ts";
import { refuseOlderThan } from "../../src/subjects/kept-log.ts";
import { RestoreError, restoreFromCopy } from "../../src/subjects/restore.ts";
import { checkLog } from "../support/check-log.ts";
import { freshPostgres } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { exampleOf, type TestService, testService } from "../support/service.ts";

const keys = memoryKeys();
let folder: string;
let source: string;
let copies = 0;
/** Exports of the log: as of the backup, and as of the end. */
let atBackup = "";
let atEnd = "";
let later: { id: string };

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** The backup, restored into a database of its own. */
async function restoredBackup(): Promise<{ database: OpenDatabase; service: TestService }> {
  copies += 1;
  const admin = new pg.Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  const name = new URL(source).pathname.slice(1);
  await admin.query(`CREATE DATABASE ${name}_r${copies} TEMPLATE ${name}_backup`);
  await admin.end();
  const url = new URL(source);
  url.pathname = `/${name}_r${copies}`;
  const database = await openPostgres(url.href);
  const service = await testService(database, { keys, packages: [] });
  return { database, service };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-restore-"));
  const database = await freshPostgres();
  source = database.url;
  const first = await testService(database, { keys });
  const example = await exampleOf(first);
  const decide = async (service: TestService, who: string) => {
    const body = { ...example, subject: who };
    const response = await service.call("POST", "/v1/models/german-credit/decisions", "product", body);
    return (await response.json()) as { id: string };
  };
  for (const who of ["ana", "ana", "bia", "caio", "davi"]) await decide(first, who);
  atBackup = await (await first.call("GET", "/v1/audit/export", "auditor")).text();
  await first.close();
  await database.close();
  const admin = new pg.Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  const name = new URL(source).pathname.slice(1);
  await admin.query(`CREATE DATABASE ${name}_backup TEMPLATE ${name}`);
  await admin.end();

  const again = await openPostgres(source);
  const service = await testService(again, { keys, packages: [] });
  later = await decide(service, "bia");
  await service.call("GET", `/v1/audit/decisions/${later.id}`, "auditor");
  await decide(service, "eva");
  const as = async (who: string) => ({
    token: await service.issuer.issue("subject", { subject: who, proof: 3 }),
  });
  expect((await service.call("DELETE", "/v1/me", await as("ana"))).status).toBe(200);
  await service.call("POST", "/v1/erasures/close-interval", "operator");
  // Five decisions are too few for any class to keep more than the coarsest.
  expect((await coarsenRecords(service.deps, "german-credit", { k: 50 })).records).toBe(5);
  // Still to be justified when the last copy is taken.
  expect((await service.call("DELETE", "/v1/me", await as("caio"))).status).toBe(200);
  atEnd = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
  await service.close();
  await again.close();
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a backup that is restored", () => {
  it("brings erased people back, and is refused by a service that knows a later checkpoint or copy", async () => {
    const { database, service } = await restoredBackup();
    expect(await keysOf(database.db, service.deps.epoch, "ana")).toHaveLength(1);
    const file = join(folder, "log.ndjson");
    await writeFile(file, atEnd);
    await expect(refuseOlderThan(service.deps.log, file)).rejects.toThrow(LogBrokenError);
    const note = join(folder, "checkpoint");
    await writeFile(note, (JSON.parse(atEnd.split("\n")[0]!) as { checkpoint: string }).checkpoint);
    await expect(refuseOlderThan(service.deps.log, note)).rejects.toThrow("motivo restore");
    await writeFile(file, atBackup);
    await refuseOlderThan(service.deps.log, file);
    await service.close();
    await database.close();
  });

  it("does every later erasure again, and goes on with the log that everybody has seen", async () => {
    const { database, service } = await restoredBackup();
    const restored = await restoreFromCopy(service.deps, () => chunks(atEnd));
    expect(restored).toMatchObject({
      endedKeys: 2,
      removedRecords: 3,
      coarsenedRecords: 2,
      lostPayloads: 1,
      orphans: 1,
    });
    expect(restored.imported).toBeGreaterThan(5);
    for (const who of ["ana", "caio"]) expect(await keysOf(database.db, service.deps.epoch, who)).toEqual([]);
    const file = join(folder, "kept.ndjson");
    await writeFile(file, atEnd);
    await refuseOlderThan(service.deps.log, file);
    await checkLog(database.db);

    // Those who stay: what was there before the backup opens, what came after it is told as lost.
    const token = { token: await service.issuer.issue("subject", { subject: "bia", proof: 3 }) };
    const { body } = await service.json<{ purposes: { decisions: object[]; lost: number[] }[] }>(
      "GET",
      "/v1/me/access",
      token,
    );
    expect(body.purposes[0]!.decisions).toHaveLength(1);
    expect(body.purposes[0]!.lost).toHaveLength(1);
    expect(await database.db.$count(record, sql`id = ${later.id}::uuid`)).toBe(1);

    // New entries take tags that nobody has: a decision after the restoration is found beside the old ones.
    const made = await service.call("POST", "/v1/models/german-credit/decisions", "product", {
      ...(await exampleOf(service)),
      subject: "bia",
    });
    expect(made.status).toBe(201);
    await service.call("POST", "/v1/erasures/close-interval", "operator");
    const exported = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    const key = parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
    expect(await verify(nodeCrypto, chunks(exported), { key, now: new Date() })).toMatchObject({
      ok: true,
      states: { PENDING: 0 },
    });
    const { signer } = service.deps.log.context;
    expect((await auditLog(database.db, signer.key, { now: new Date() })).finding).toBeNull();
    await service.close();
    await database.close();
  });

  it("may be run again after a crash, and changes nothing when there is nothing to do", async () => {
    const { database, service } = await restoredBackup();
    await restoreFromCopy(service.deps, () => chunks(atEnd));
    const head = await service.deps.log.head();
    expect(await restoreFromCopy(service.deps, () => chunks(atEnd))).toEqual({
      had: head.size,
      imported: 0,
      coarsenedRecords: 0,
      removedRecords: 0,
      endedKeys: 0,
      lostPayloads: 0,
      orphans: 0,
    });
    expect((await service.deps.log.head()).size).toBe(head.size);
    await service.close();
    await database.close();
  });

  it("takes no copy that was tampered with, is of another log, or is older than the database", async () => {
    const { database, service } = await restoredBackup();
    const size = (await service.deps.log.head()).size;
    const torn = atEnd.split("\n").toSpliced(3, 1).join("\n");
    await expect(restoreFromCopy(service.deps, () => chunks(torn))).rejects.toThrow("does not verify");
    const other = await freshPostgres();
    const elsewhere = await testService(other, { packages: [] });
    const foreign = await (await elsewhere.call("GET", "/v1/audit/export", "auditor")).text();
    await expect(restoreFromCopy(service.deps, () => chunks(foreign))).rejects.toThrow(RestoreError);
    await elsewhere.close();
    await other.close();
    expect((await service.deps.log.head()).size).toBe(size);
    await service.close();
    await database.close();
  });
});
