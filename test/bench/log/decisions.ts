import { randomBytes, randomFillSync, randomUUID } from "node:crypto";
import { toHex } from "../../../audit/bytes.ts";
import { type OpenDatabase, openPostgres } from "../../../src/db/client.ts";
import { type Log, openLog } from "../../../src/db/log.ts";
import type { NewEntry, Receipt } from "../../../src/db/log-append.ts";
import type { KeyProvider } from "../../../src/privacy/key-folder.ts";
import { openSigner } from "../../../src/privacy/log-signer.ts";
import { keyFor } from "../../../src/privacy/subject-keys.ts";
import { entryOf } from "../../../src/privacy/vault.ts";
import { openRing } from "../../support/keys.ts";

export const SUBJECTS = 5_000;
/** Bytes of a vault payload, and of a record's filling. */
const PAYLOAD = 1_500;
const FILLING = 150;

export interface Appender {
  database: OpenDatabase;
  log: Log;
  /** The whole append of a decision of somebody: sealed, tagged, counted, under a key that a client chose, proved. */
  append(): Promise<Receipt>;
  close(): Promise<void>;
}

/** Stands for an HMAC that a client's key would give; drawn many at once, since what is measured is the append. */
function randomDigests(): () => Uint8Array {
  const drawn = new Uint8Array(32 * 4096);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    used += 32;
    return drawn.slice(used - 32, used);
  };
}

/** Entries that wait may be as many as the load wants: what is measured is the append, not the refusal. */
const limits = {
  size: Number(process.env.MOTIVO_BATCH_SIZE ?? 256),
  waitMs: Number(process.env.MOTIVO_BATCH_MS ?? 0),
  queue: 1_000_000,
};

export async function openAppender(url: string, keys: KeyProvider): Promise<Appender> {
  const database = await openPostgres(url, { poolSize: 8 });
  await database.migrate();
  const ring = await openRing(database.db, keys);
  const log = await openLog(database.db, {
    arrays: database.arrays,
    channel: database.channel,
    signer: (state) => openSigner("bench.example/log", keys, state),
    limits,
    now: () => new Date(),
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
  });
  const use = { purpose: "bench", retention: "bench" };
  const people: Awaited<ReturnType<typeof keyFor>>[] = [];
  for (let i = 0; i < SUBJECTS; i += 50) {
    const some = Array.from({ length: 50 }, (_, j) => keyFor(database.db, ring, `s${i + j}`, use));
    people.push(...(await Promise.all(some)));
  }

  const digests = {
    model: randomBytes(32),
    background: randomBytes(32),
    explainer: randomBytes(32),
    policy: randomBytes(32),
  };
  const filling = "x".repeat(FILLING);
  const named = Object.fromEntries(Object.entries(digests).map(([name, bytes]) => [name, toHex(bytes)]));
  const payload = randomBytes(PAYLOAD);
  const digest = randomDigests();
  return {
    database,
    log,
    async append() {
      const key = people[Math.floor(Math.random() * SUBJECTS)]!;
      const columns = { model: "bench", version: 1, outcome: "approved", client: "bench" };
      const id = randomUUID();
      const entry: NewEntry = {
        leaf: { kind: "decision", digests },
        hour: 490_000,
        body: { kind: "decision", hour: 490_000, id, ...columns, digests: named, filling },
        columns: { id, ...columns },
        subject: entryOf(ring, key, payload),
        idempotency: {
          keyHmac: digest(),
          requestHmac: digest(),
          expiresAt: new Date(Date.now() + 86_400_000),
        },
      };
      const outcome = await log.append(entry);
      if ("refused" in outcome) throw new Error(outcome.refused);
      return outcome;
    },
    async close() {
      await log.close();
      await database.close();
    },
  };
}
