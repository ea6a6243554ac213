import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCheckpoint, signCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { signerOf } from "../../src/privacy/log-signer.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { freshPostgres } from "../support/databases.ts";
import { exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

describe("the check of the log", () => {
  let database: OpenDatabase;
  let service: TestService;
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database, { packages: [GERMAN_CREDIT] });
    const example = await exampleOf(service);
    const decide = (subject: string) =>
      service.call("POST", "/v1/models/german-credit/decisions", "product", { ...example, subject });
    await Promise.all(["ana", "bia", "caio"].map(decide));
    // A full tile, so that tiles are there to be touched.
    for (let i = 0; i < 130; i++) {
      await Promise.all([
        service.call("GET", "/v1/audit/decisions?limit=1", "auditor"),
        service.call("GET", "/v1/audit/decisions?limit=1", "auditor"),
      ]);
    }
    await service.call("DELETE", "/v1/me", {
      token: await service.issuer.issue("subject", { subject: "ana", proof: 3 }),
    });
    await closeErasureInterval(service.deps);
    await service.call("DELETE", "/v1/me", {
      token: await service.issuer.issue("subject", { subject: "bia", proof: 3 }),
    });
    for (const table of TABLES)
      await database.db.execute(sql`ALTER TABLE ${sql.raw(table)} DISABLE TRIGGER ALL`);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  const TABLES = [
    "log_batch",
    "log_tag",
    "log_tile",
    "log_head",
    "log_checkpoint",
    "record",
    "erased_entry",
    "vault.payload",
  ];
  const copyOf = (table: string) => sql.identifier(`${table}_copy`);
  /** Each tampering on a copy of what it touches, put back afterwards. */
  beforeEach(async () => {
    for (const table of TABLES) {
      await database.db.execute(sql`CREATE TABLE ${copyOf(table)} AS TABLE ${sql.raw(table)}`);
    }
  });
  afterEach(async () => {
    for (const table of TABLES) {
      await database.db.execute(sql`DELETE FROM ${sql.raw(table)}`);
      await database.db.execute(sql`INSERT INTO ${sql.raw(table)} SELECT * FROM ${copyOf(table)}`);
      await database.db.execute(sql`DROP TABLE ${copyOf(table)}`);
    }
  });

  const check = (kept?: Awaited<ReturnType<typeof openCheckpoint>>) =>
    auditLog(database.db, service.deps.log.context.signer.key, {
      now: new Date(),
      ...(kept ? { kept } : {}),
    });

  it("finds nothing in an honest log, also while it grows", async () => {
    const [, ...checks] = await Promise.all([
      Promise.all(
        Array.from({ length: 20 }, () => service.call("GET", "/v1/audit/decisions?limit=1", "auditor")),
      ),
      check(),
      check(),
    ]);
    for (const audit of checks) expect(audit).toMatchObject({ ok: true, finding: null });
  });

  /** Index of the first entry in the batch that holds entry 40, and of the last batch. */
  const batch40 = sql`(SELECT max(first) FROM log_batch WHERE first <= 40)`;
  const lastBatch = sql`(SELECT max(first) FROM log_batch)`;
  const firstOf = async (query: SQL) =>
    Number(
      ((await database.db.execute(sql`SELECT ${query} AS first`)) as unknown as { rows: { first: number }[] })
        .rows[0]!.first,
    );
  /** A bit of the first leaf's commitment, which no reader of the leaf alone can miss. */
  const flipped = sql`set_byte(leaves, 32, get_byte(leaves, 32) # 1)`;
  const firstLeaf = sql`substring(${flipped} FROM 3 FOR (get_byte(leaves, 0) << 8) + get_byte(leaves, 1))`;
  const withItsHash = sql`UPDATE log_batch SET leaves = ${flipped},
    hashes = overlay(hashes PLACING sha256('\\x00'::bytea || ${firstLeaf}) FROM 1) WHERE first = ${batch40}`;
  it.each<[string, SQL, string, number | SQL | null]>([
    [
      "a leaf",
      sql`UPDATE log_batch SET leaves = ${flipped} WHERE first = ${batch40}`,
      "entry_altered",
      batch40,
    ],
    ["a leaf with its hash", withItsHash, "root_mismatch", null],
    [
      "a leaf's hash",
      sql`UPDATE log_batch SET hashes = set_byte(hashes, 1, get_byte(hashes, 1) # 1) WHERE first = ${batch40}`,
      "entry_altered",
      batch40,
    ],
    [
      "a leaf's length",
      sql`UPDATE log_batch SET leaves = set_byte(leaves, 0, 255) WHERE first = ${batch40}`,
      "entry_altered",
      batch40,
    ],
    ["removed entries", sql`DELETE FROM log_batch WHERE first = ${batch40}`, "entry_missing", batch40],
    [
      "removed last entries",
      sql`DELETE FROM log_batch WHERE first = ${lastBatch}`,
      "entry_missing",
      lastBatch,
    ],
    [
      "an added entry",
      sql`INSERT INTO log_batch SELECT size, '\\x000100', sha256('\\x0000') FROM log_head`,
      "entry_beyond_head",
      sql`(SELECT size FROM log_head)`,
    ],
    [
      "an entry added to the last batch",
      sql`UPDATE log_batch SET leaves = leaves || '\\x000100', hashes = hashes || sha256('\\x0000') WHERE first = ${lastBatch}`,
      "entry_beyond_head",
      sql`(SELECT size FROM log_head)`,
    ],
    [
      "a tag that leads to another entry",
      sql`UPDATE log_tag SET index = index + 1 WHERE index = (SELECT max(index) FROM log_tag)`,
      "tag_altered",
      sql`(SELECT max(index) FROM log_tag)`,
    ],
    [
      "a tag that leads nowhere",
      sql`DELETE FROM log_tag WHERE index = (SELECT min(index) FROM log_tag)`,
      "tag_altered",
      sql`(SELECT min(index) FROM log_tag)`,
    ],
    ["removed payloads", sql`DELETE FROM vault.payload`, "payload_missing", null],
    [
      "a tile",
      sql`UPDATE log_tile SET hashes = set_byte(hashes, 100, get_byte(hashes, 100) # 1)`,
      "tile_altered",
      0,
    ],
    ["a tile's root", sql`UPDATE log_tile SET root = sha256(root)`, "tile_altered", 0],
    ["a removed tile", sql`DELETE FROM log_tile`, "tile_missing", 0],
    ["the head's root", sql`UPDATE log_head SET root = sha256(root)`, "head_altered", null],
    ["the head's size", sql`UPDATE log_head SET size = size - 1`, "head_altered", null],
    [
      "the newest checkpoint",
      sql`UPDATE log_checkpoint SET note = replace(note, 'motivo', 'motiva') WHERE size = (SELECT size FROM log_head)`,
      "checkpoint_invalid",
      null,
    ],
    [
      "a removed checkpoint",
      sql`DELETE FROM log_checkpoint WHERE size = (SELECT size FROM log_head)`,
      "head_unsigned",
      null,
    ],
    [
      "a checkpoint that was handed out",
      sql`UPDATE log_checkpoint SET note = replace(note, E'\\n' || size || E'\\n', E'\\n' || size + 1 || E'\\n')
        WHERE size = (SELECT min(size) FROM log_checkpoint WHERE size > 0)`,
      "checkpoint_invalid",
      null,
    ],
    [
      "a record",
      sql`UPDATE record SET body = replace(body, 'refused', 'approved') WHERE kind = 'decision'`,
      "record_or_erasure",
      null,
    ],
    [
      "a record's salt",
      sql`UPDATE record SET salt = sha256(salt) WHERE log_index = 7`,
      "record_or_erasure",
      7,
    ],
    ["a removed record", sql`DELETE FROM record WHERE log_index = 9`, "record_or_erasure", 9],
    [
      "a record filed under another outcome",
      sql`UPDATE record SET outcome = 'approved' WHERE kind = 'decision'`,
      "record_filed_wrong",
      null,
    ],
    [
      "an erasure made up",
      sql`INSERT INTO erased_entry SELECT 9, salt, since_hour, erasure_index, position + 1000 FROM erased_entry WHERE erasure_index IS NOT NULL LIMIT 1`,
      "record_or_erasure",
      null,
    ],
    [
      "an erasure taken back",
      sql`DELETE FROM erased_entry WHERE erasure_index IS NOT NULL`,
      "payload_missing",
      null,
    ],
  ])("finds %s, touched as superuser", async (_, tampering, code, entry) => {
    const at = entry === null || typeof entry === "number" ? entry : await firstOf(entry);
    await database.db.execute(tampering);
    const audit = await check();
    expect(audit).toMatchObject({ ok: false, finding: { code } });
    if (at !== null) expect(audit.finding?.entry).toBe(at);
  });

  it("narrows a leaf that was altered together with its hash down to the batch that it came in", async () => {
    await database.db.execute(withItsHash);
    const { finding } = await check();
    expect(finding?.entry).toBeLessThanOrEqual(40);
    expect(finding?.entry).toBeGreaterThan(30);
  });

  it("finds a log that is older than, or another than, a checkpoint kept elsewhere", async () => {
    const { signer } = service.deps.log.context;
    const head = await service.deps.log.head();
    const kept = { origin: signer.key.name, size: head.size, root: head.root };
    expect(await check(kept)).toMatchObject({ ok: true });
    expect(await check({ ...kept, size: head.size + 1 })).toMatchObject({
      finding: { code: "root_mismatch" },
    });
    expect(await check({ ...kept, size: 5 })).toMatchObject({ finding: { code: "root_mismatch" } });
  });

  it("finds a head that another key signed", async () => {
    const thief = signerOf("motivo.localhost/log", createHash("sha256").update("another").digest());
    const head = await service.deps.log.head();
    const forged = signCheckpoint({ origin: thief.key.name, size: head.size, root: head.root }, thief);
    await database.db.execute(sql`UPDATE log_checkpoint SET note = ${forged} WHERE size = ${head.size}`);
    expect(await check()).toMatchObject({ finding: { code: "checkpoint_invalid" } });
    await expect(openCheckpoint(nodeCrypto, forged, thief.key)).resolves.toBeDefined();
  });
});
