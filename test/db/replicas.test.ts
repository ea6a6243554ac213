import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { tag } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { openLog } from "../../src/db/log.ts";
import { logTag } from "../../src/db/tables.ts";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { openSigner } from "../../src/privacy/log-signer.ts";
import { keyFor } from "../../src/privacy/subject-keys.ts";
import { checkLog } from "../support/check-log.ts";
import { freshPostgres } from "../support/databases.ts";
import { openRing } from "../support/keys.ts";

const run = promisify(execFile);
const PEOPLE = 7;
const ENTRIES = 150;

describe.each([2, 4])("%i processes that write at once", (processes) => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  let folder: string;
  beforeAll(async () => {
    database = await freshPostgres();
    folder = await mkdtemp(join(tmpdir(), "motivo-replicas-"));
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it("write one log: every index once, no fork, and every person's tags from 0 without a gap", async () => {
    const keys = keyFolder(join(folder, "keys"));
    const ring = await openRing(database.db, keys);
    const { arrays, channel } = database;
    const options = {
      arrays,
      channel,
      limits: { size: 1, waitMs: 0, queue: 1 },
      now: () => new Date(),
      randomBytes: (length: number) => new Uint8Array(length),
    };
    await openLog(database.db, {
      ...options,
      signer: (state) => openSigner("test.example/log", keys, state),
    });
    const outputs = await Promise.all(
      Array.from({ length: processes }, () =>
        run(process.execPath, [
          "--disable-warning=ExperimentalWarning",
          "test/support/append-process.ts",
          database.url,
          join(folder, "keys"),
          String(PEOPLE),
          String(ENTRIES),
        ]),
      ),
    );
    const indexes = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as (number | string)[]);
    const every = Array.from({ length: processes * ENTRIES }, (_, i) => i);
    expect(indexes.sort((a, b) => Number(a) - Number(b))).toEqual(every);
    await checkLog(database.db, processes * ENTRIES);

    const stored = new Set((await database.db.select().from(logTag)).map((row) => toHex(row.tag)));
    expect(stored.size).toBe(processes * ENTRIES);
    let tags = 0;
    for (let i = 0; i < PEOPLE; i++) {
      const key = await keyFor(database.db, ring, `person ${i}`, { purpose: "p", retention: "r" });
      for (let n = 0; n < key.entries; n++) {
        expect(stored.has(toHex(tag(nodeCrypto, key.tagKey, n)))).toBe(true);
      }
      tags += key.entries;
    }
    expect(tags).toBe(processes * ENTRIES);
  });
});
