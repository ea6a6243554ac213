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
      await database.db.execute(sql`ALTER TABLE ${sql.identifier(table)} DISABLE TRIGGER ALL`);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  const TABLES = ["log_entry", "log_tile", "log_head", "log_checkpoint", "record", "erased_entry"];
  /** Each tampering on a copy of what it touches, put back afterwards. */
  beforeEach(async () => {
    for (const table of TABLES) {
      await database.db.execute(
        sql`CREATE TABLE ${sql.identifier(`${table}_copy`)} AS TABLE ${sql.identifier(table)}`,
      );
    }
  });
  afterEach(async () => {
    for (const table of TABLES) {
      await database.db.execute(sql`DELETE FROM ${sql.identifier(table)}`);
      await database.db.execute(
        sql`INSERT INTO ${sql.identifier(table)} SELECT * FROM ${sql.identifier(`${table}_copy`)}`,
      );
      await database.db.execute(sql`DROP TABLE ${sql.identifier(`${table}_copy`)}`);
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

  const flipped = sql`set_byte(leaf, 30, get_byte(leaf, 30) # 1)`;
  it.each<[string, SQL, string, number | null]>([
    ["a leaf", sql`UPDATE log_entry SET leaf = ${flipped} WHERE index = 40`, "entry_altered", 40],
    [
      "a leaf with its hash",
      sql`UPDATE log_entry SET leaf = ${flipped}, leaf_hash = sha256('\\x00'::bytea || ${flipped}) WHERE index = 40`,
      "root_mismatch",
      null,
    ],
    [
      "a leaf's hash",
      sql`UPDATE log_entry SET leaf_hash = sha256(leaf_hash) WHERE index = 41`,
      "entry_altered",
      41,
    ],
    ["a removed entry", sql`DELETE FROM log_entry WHERE index = 12`, "entry_missing", 12],
    [
      "a removed last entry",
      sql`DELETE FROM log_entry WHERE index = (SELECT max(index) FROM log_entry)`,
      "entry_missing",
      null,
    ],
    [
      "an added entry",
      sql`INSERT INTO log_entry SELECT max(index) + 1, '\\x00', '\\x00', NULL FROM log_entry`,
      "entry_beyond_head",
      null,
    ],
    [
      "an entry filed under another tag",
      sql`UPDATE log_entry SET tag = NULL WHERE index = (SELECT min(index) FROM log_entry WHERE tag IS NOT NULL)`,
      "tag_altered",
      2,
    ],
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
      "the head's checkpoint",
      sql`UPDATE log_head SET checkpoint = replace(checkpoint, 'motivo', 'motiva')`,
      "checkpoint_invalid",
      null,
    ],
    [
      "a checkpoint that was handed out",
      sql`UPDATE log_checkpoint SET note = replace(note, E'\\n3\\n', E'\\n4\\n') WHERE size = 3`,
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
      "record_or_erasure",
      null,
    ],
  ])("finds %s, touched as superuser", async (_, tampering, code, entry) => {
    await database.db.execute(tampering);
    const audit = await check();
    expect(audit).toMatchObject({ ok: false, finding: { code } });
    if (entry !== null) expect(audit.finding?.entry).toBe(entry);
  });

  it("narrows a leaf that was altered together with its hash down to the batch that it came in", async () => {
    await database.db.execute(
      sql`UPDATE log_entry SET leaf = ${flipped}, leaf_hash = sha256('\\x00'::bytea || ${flipped}) WHERE index = 40`,
    );
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
    await database.db.execute(sql`UPDATE log_head SET checkpoint = ${forged}`);
    expect(await check()).toMatchObject({ finding: { code: "checkpoint_invalid" } });
    await expect(openCheckpoint(nodeCrypto, forged, thief.key)).resolves.toBeDefined();
  });
});
