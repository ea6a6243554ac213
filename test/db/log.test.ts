import { randomBytes, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { hashLeaf, verifyInclusion } from "../../audit/merkle.ts";
import { parseNote } from "../../audit/note.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { type Log, LogBrokenError, openLog } from "../../src/db/log.ts";
import type { NewEntry, Receipt } from "../../src/db/log-append.ts";
import { dataKey, idempotencyKey, payload } from "../../src/db/tables.ts";
import type { EpochRing } from "../../src/privacy/epoch-ring.ts";
import type { KeyProvider } from "../../src/privacy/key-folder.ts";
import { openSigner } from "../../src/privacy/log-signer.ts";
import { keyFor } from "../../src/privacy/subject-keys.ts";
import { entryOf, openByTag } from "../../src/privacy/vault.ts";
import { checkLog } from "../support/check-log.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { memoryKeys, openRing } from "../support/keys.ts";

const limits = { size: 64, waitMs: 1, queue: 10_000 };

const anEntry = (more: Partial<NewEntry> = {}): NewEntry => ({
  leaf: { kind: "access" },
  hour: 490_000,
  body: { kind: "access", hour: 490_000 },
  columns: { id: randomUUID() },
  ...more,
});

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("the log on %s", (_, openDatabase) => {
  let database: OpenDatabase;
  let keys: KeyProvider;
  let log: Log;
  let epoch: EpochRing;
  const opened: OpenDatabase[] = [];

  const open = async (origin = "test.example/log") =>
    openLog(database.db, {
      arrays: database.arrays,
      channel: database.channel,
      signer: (state) => openSigner(origin, keys, state),
      limits,
      now: () => new Date(),
      randomBytes,
    });

  beforeEach(async () => {
    database = await openDatabase();
    opened.push(database);
    keys = memoryKeys();
    epoch = await openRing(database.db, keys);
    log = await open();
  });
  afterAll(async () => {
    for (const { close } of opened) await close();
  });

  const appended = async (entry: NewEntry): Promise<Receipt> => {
    const outcome = await log.append(entry);
    if ("refused" in outcome) throw new Error(outcome.refused);
    return outcome;
  };

  it("starts with a signed checkpoint of size 0", async () => {
    await checkLog(database.db, 0);
  });

  it("gives every one of 300 concurrent entries an index and a proof that verifies under its checkpoint", async () => {
    const receipts = await Promise.all(Array.from({ length: 300 }, () => appended(anEntry())));
    expect(new Set(receipts.map((receipt) => receipt.logIndex)).size).toBe(300);
    for (const receipt of receipts) {
      const { size, root } = parseCheckpoint(parseNote(receipt.checkpoint).text);
      const { leaf } = await log.leaf(receipt.logIndex);
      expect(
        verifyInclusion(
          nodeCrypto,
          receipt.logIndex,
          size,
          hashLeaf(nodeCrypto, leaf),
          receipt.inclusionProof,
          root,
        ),
      ).toBe(true);
      expect((await log.inclusionProof(receipt.logIndex, size)).map(toHex)).toEqual(
        receipt.inclusionProof.map(toHex),
      );
      expect(await log.checkpointAt(size)).toBe(receipt.checkpoint);
    }
    await checkLog(database.db, 300);
  });

  it("tags a person's entries 0, 1, 2 … and keeps their payloads where only their key opens them", async () => {
    const key = await keyFor(database.db, epoch, "ana", { purpose: "p", retention: "r" });
    const texts = Array.from({ length: 20 }, (_, i) => Buffer.from(`payload ${i}`));
    await Promise.all(
      texts.map((plaintext) => appended(anEntry({ subject: entryOf(epoch, key, plaintext) }))),
    );
    const rows = await database.db.select().from(payload);
    const found = await Promise.all(rows.map((row) => openByTag(database.db, epoch, row.tag)));
    expect(found.map((each) => Buffer.from(each!.plaintext).toString()).sort()).toEqual(
      texts.map(String).sort(),
    );
    const [row] = await database.db.select().from(dataKey);
    expect(row!.entries).toBe(20);
    await checkLog(database.db, 20);
  });

  it("refuses an entry whose key was erased meanwhile, and takes the others of its batch", async () => {
    const gone = await keyFor(database.db, epoch, "gone", { purpose: "p", retention: "r" });
    await database.db.execute(sql`DELETE FROM vault.data_key`);
    const keyHmac = new Uint8Array(randomBytes(32));
    const idempotency = { keyHmac, requestHmac: keyHmac, expiresAt: new Date(Date.now() + 1000) };
    const outcomes = await Promise.all([
      log.append(anEntry()),
      log.append(anEntry({ subject: entryOf(epoch, gone, Buffer.from("x")), idempotency })),
      log.append(anEntry()),
    ]);
    expect(outcomes[1]).toEqual({ refused: "key-erased" });
    expect(await database.db.select().from(idempotencyKey)).toEqual([]);
    await checkLog(database.db, 2);
  });

  it("refuses an entry about a record that is gone, and takes the one about a record that stands", async () => {
    const decision = randomUUID();
    await appended(anEntry({ columns: { id: decision } }));
    const outcomes = await Promise.all([
      log.append(anEntry({ columns: { id: randomUUID(), about: decision } })),
      log.append(anEntry({ columns: { id: randomUUID(), about: randomUUID() } })),
    ]);
    expect("refused" in outcomes[0]!).toBe(false);
    expect(outcomes[1]).toEqual({ refused: "decision-erased" });
    await checkLog(database.db, 2);
  });

  it("takes one of two entries with one idempotency key", async () => {
    const keyHmac = new Uint8Array(randomBytes(32));
    const idempotency = { keyHmac, requestHmac: keyHmac, expiresAt: new Date(Date.now() + 60_000) };
    const outcomes = await Promise.all([
      log.append(anEntry({ idempotency })),
      log.append(anEntry({ idempotency })),
    ]);
    expect(outcomes.filter((outcome) => "refused" in outcome)).toEqual([
      { refused: "idempotency-key-taken" },
    ]);
    await checkLog(database.db, 1);
  });

  it("opens again on what it wrote, and not with another key or on touched entries", async () => {
    await Promise.all(Array.from({ length: 270 }, () => appended(anEntry())));
    await log.close();
    log = await open();
    await appended(anEntry());
    await checkLog(database.db, 271);

    await expect(open("another.example/log")).rejects.toThrow("another key");
    await database.db.execute(sql`ALTER TABLE log_batch DISABLE TRIGGER ALL`);
    await database.db.execute(sql`UPDATE log_batch SET hashes = sha256(hashes) WHERE first = 270`);
    await expect(open()).rejects.toThrow(LogBrokenError);
  });
});

describe("two replicas on one PostgreSQL", () => {
  it("write one log without a gap, a fork or a repeated tag", async () => {
    const database = await freshPostgres();
    const keys = memoryKeys();
    const epoch = await openRing(database.db, keys);
    const options = {
      arrays: database.arrays,
      channel: database.channel,
      signer: (state: "new" | "existing") => openSigner("test.example/log", keys, state),
      limits,
      now: () => new Date(),
      randomBytes,
    };
    // The first one makes the log; a second one that starts at the same time finds it.
    const replicas = await Promise.all([openLog(database.db, options), openLog(database.db, options)]);
    const people = await Promise.all(
      ["a", "b", "c"].map((id) => keyFor(database.db, epoch, id, { purpose: "p", retention: "r" })),
    );
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        replicas[i % 2]!.append(anEntry({ subject: entryOf(epoch, people[i % 3]!, Buffer.from([i % 256])) })),
      ),
    );
    expect(outcomes.filter((outcome) => "refused" in outcome)).toEqual([]);
    await checkLog(database.db, 400);
    const counters = await database.db.select({ entries: dataKey.entries }).from(dataKey);
    expect(counters.reduce((sum, row) => sum + row.entries, 0)).toBe(400);
    expect(await database.db.$count(payload)).toBe(400);
    await database.close();
  });
});
