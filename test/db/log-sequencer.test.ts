import { randomBytes, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { prepareEntries } from "../../src/db/append-batch.ts";
import { appendParameters, type ExpectedTree, readAppendRow } from "../../src/db/append-call.ts";
import { type AppendChannel, ConnectionLostError } from "../../src/db/append-channel.ts";
import { openPostgres } from "../../src/db/client.ts";
import { type Log, openLog } from "../../src/db/log.ts";
import type { NewEntry, Receipt } from "../../src/db/log-append.ts";
import { dataKey, logTag, record } from "../../src/db/tables.ts";
import type { EpochRing } from "../../src/privacy/epoch-ring.ts";
import { type ChangeableSigner, openSigner } from "../../src/privacy/log-signer.ts";
import { keyFor, type SubjectKey } from "../../src/privacy/subject-keys.ts";
import { entryOf } from "../../src/privacy/vault.ts";
import { checkLog } from "../support/check-log.ts";
import { freshPostgres } from "../support/databases.ts";
import { memoryKeys, openRing } from "../support/keys.ts";

const anEntry = (more: Partial<NewEntry> = {}): NewEntry => ({
  leaf: { kind: "access" },
  hour: 490_000,
  body: { kind: "access", hour: 490_000 },
  columns: { id: randomUUID() },
  ...more,
});
const claim = (keyHmac = new Uint8Array(randomBytes(32))) => ({
  keyHmac,
  requestHmac: keyHmac,
  expiresAt: new Date(Date.now() + 60_000),
});

/** Place of the leaf hashes among the parameters of a call. */
const HASHES = 11;

describe("the sequencer", () => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  let ring: EpochRing;
  let keys: ReturnType<typeof memoryKeys>;
  let ana: SubjectKey;
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    database = await freshPostgres();
    closers.push(database.close);
    keys = memoryKeys();
    ring = await openRing(database.db, keys);
    ana = await keyFor(database.db, ring, "ana", { purpose: "p", retention: "r" });
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const open = (channel: AppendChannel = database.channel, limits = { size: 64, waitMs: 0, queue: 10_000 }) =>
    openLog(database.db, {
      arrays: database.arrays,
      channel,
      signer: (state) => openSigner("test.example/log", keys, state),
      limits,
      now: () => new Date(),
      randomBytes,
    });
  const appended = async (log: Log, entry: NewEntry): Promise<Receipt> => {
    const outcome = await log.append(entry);
    if ("refused" in outcome) throw new Error(outcome.refused);
    return outcome;
  };
  const ofAna = (more: Partial<NewEntry> = {}) =>
    anEntry({ subject: entryOf(ring, ana, randomBytes(32)), ...more });
  /** All indexes once, and everything that was asked for there once. */
  const holds = async (receipts: readonly Receipt[], size = receipts.length) => {
    expect(new Set(receipts.map(({ logIndex }) => logIndex)).size).toBe(receipts.length);
    await checkLog(database.db, size);
    expect(await database.db.$count(record)).toBe(size);
  };

  it("refuses with 503 and a time to come back what its queue does not hold, and begins nothing of it", async () => {
    const log = await open(database.channel, { size: 64, waitMs: 0, queue: 3 });
    const taken = [0, 1, 2].map(() => appended(log, anEntry()));
    expect(() => log.append(anEntry())).toThrow(
      expect.objectContaining({ code: "overloaded", status: 503, retryAfterSeconds: 1 }),
    );
    await holds(await Promise.all(taken));
  });

  it("lets one entry that cannot be written fail alone", async () => {
    const log = await open();
    const twice = randomUUID();
    await appended(log, anEntry({ columns: { id: twice } }));
    const outcomes = await Promise.allSettled([
      appended(log, anEntry()),
      appended(log, anEntry({ columns: { id: twice } })),
      appended(log, anEntry({ body: { kind: "access", hour: 490_000, text: "\ud800" } })),
      appended(log, anEntry()),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    await checkLog(database.db, 3);
  });

  it("leaves no gap in a person's tags where one of their entries in the middle of a batch is refused", async () => {
    const log = await open();
    const taken = claim();
    await appended(log, anEntry({ idempotency: taken }));
    const outcomes = await Promise.all([
      log.append(ofAna()),
      log.append(ofAna({ idempotency: taken })),
      log.append(ofAna({ idempotency: claim() })),
      log.append(ofAna()),
    ]);
    expect(outcomes.map((outcome) => ("refused" in outcome ? outcome.refused : "in"))).toEqual([
      "in",
      "idempotency-key-taken",
      "in",
      "in",
    ]);
    const [row] = await database.db.select().from(dataKey);
    expect(row!.entries).toBe(3);
    expect(await database.db.$count(logTag)).toBe(3);
    await checkLog(database.db, 4);
  });

  it("seals anew what was sealed for a number that another replica took", async () => {
    const [one, two] = await Promise.all([open(), open()]);
    // Both read the key when nothing was under it.
    const receipts = [
      await appended(one, ofAna()),
      await appended(two, ofAna()),
      await appended(two, ofAna()),
      await appended(one, ofAna()),
    ];
    await holds(receipts);
    expect((await database.db.select().from(dataKey))[0]!.entries).toBe(4);
  });

  it("computes anew on a head of the expected size but another root", async () => {
    const log = await open();
    await appended(log, anEntry());
    const head = await log.head();
    const { prepared, tagNumbers } = prepareEntries(log.context, [anEntry()], new Map());
    const wrong = new Uint8Array(32);
    const expected: ExpectedTree = {
      from: { size: head.size, root: wrong },
      appended: { frontier: { size: 2, peaks: [wrong] }, root: wrong, nodes: [], proof: () => [] },
      frontier: new Uint8Array(40),
      note: "never stored",
      tiles: [],
    };
    const call = { prepared, tagNumbers, expected, now: new Date() };
    const result = readAppendRow(await database.channel.call((arrays) => appendParameters(arrays, call)));
    expect(result).toMatchObject({ first: 1, refused: null });
    expect(result.edge).not.toBeNull();
    await checkLog(database.db, 2);
    // The process that was overtaken goes on, and its next checkpoint covers what came in between.
    await holds([await appended(log, anEntry()), { ...(await appended(log, anEntry())) }], 4);
  });

  it("sends nothing after an alarm, also where the head is not known and nothing is signed in advance", async () => {
    let calls = 0;
    const log = await open({
      ...database.channel,
      async call(parameters) {
        const answer = await database.channel.call(parameters);
        calls += 1;
        if (calls === 1) throw new ConnectionLostError("lost");
        return answer;
      },
    });
    const first = await appended(log, anEntry());
    const signer = log.context.signer as ChangeableSigner;
    const waiting = [log.append(anEntry()), log.append(anEntry())];
    signer.halt("log_forked");
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "log_halted" });
    expect(() => log.append(anEntry())).toThrow(expect.objectContaining({ code: "log_halted" }));
    await holds([first]);
    signer.resume();
    await holds([first, await appended(log, anEntry())]);
  });

  it("sends what is asked for at once in two halves, so that one is prepared while the other is written", async () => {
    const sizes: number[] = [];
    let bothSent = () => {};
    const sent = new Promise<void>((resolve) => {
      bothSent = resolve;
    });
    const log = await open({
      ...database.channel,
      async call(parameters) {
        const answer = database.channel.call((arrays) => {
          const values = parameters(arrays);
          sizes.push((values[HASHES] as Uint8Array).length / 32);
          if (sizes.length === 2) bothSent();
          return values;
        });
        await sent;
        return answer;
      },
    });
    await holds(await Promise.all(Array.from({ length: 50 }, () => appended(log, anEntry()))));
    expect(sizes).toEqual([25, 25]);
  });

  it("sends one batch at a time while another process writes, too: the database has enough to do meanwhile", async () => {
    const sizes: number[] = [];
    const log = await open({
      ...database.channel,
      call: (parameters) =>
        database.channel.call((arrays) => {
          const values = parameters(arrays);
          sizes.push((values[HASHES] as Uint8Array).length / 32);
          return values;
        }),
    });
    const other = await open();
    const receipts = [await appended(log, anEntry()), await appended(other, anEntry())];
    // Finds that the other one was there.
    receipts.push(await appended(log, anEntry()));
    sizes.length = 0;
    receipts.push(...(await Promise.all(Array.from({ length: 50 }, () => appended(log, anEntry())))));
    expect(sizes).toEqual([50]);
    for (let i = 0; i < 16; i++) receipts.push(await appended(log, anEntry()));
    sizes.length = 0;
    receipts.push(...(await Promise.all(Array.from({ length: 50 }, () => appended(log, anEntry())))));
    expect(Math.max(...sizes)).toBeLessThan(50);
    await holds(receipts);
  });

  it("keeps one batch on its way where a sync is slow: two halves would cost two syncs", async () => {
    await database.db.execute(
      sql`ALTER DATABASE ${sql.identifier(new URL(database.url).pathname.slice(1))} SET commit_delay = 4000`,
    );
    await database.db.execute(
      sql`ALTER DATABASE ${sql.identifier(new URL(database.url).pathname.slice(1))} SET commit_siblings = 0`,
    );
    const slow = await openPostgres(database.url);
    closers.push(slow.close);
    let onTheirWay = 0;
    const seen: number[] = [];
    const log = await open({
      ...slow.channel,
      async call(parameters) {
        onTheirWay += 1;
        seen.push(onTheirWay);
        try {
          return await slow.channel.call(parameters);
        } finally {
          onTheirWay -= 1;
        }
      },
    });
    const receipts: Receipt[] = [];
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let i = 0; i < 12; i++) receipts.push(await appended(log, anEntry()));
      }),
    );
    await holds(receipts);
    // From the first answer on the commit is known to be worth more rows than are waiting.
    expect(Math.max(...seen.slice(4))).toBe(1);
  });

  describe("when the connection is lost", () => {
    /** A channel that loses the answer of every third call. @param then what becomes of the statement */
    function lossy(then: (call: () => Promise<unknown>) => Promise<unknown>): AppendChannel {
      let calls = 0;
      return {
        ...database.channel,
        async call(parameters) {
          calls += 1;
          if (calls % 3 !== 0) return database.channel.call(parameters);
          await then(() => database.channel.call(parameters));
          throw new ConnectionLostError("lost");
        },
      };
    }
    const load = (log: Log) =>
      Promise.all(
        Array.from({ length: 120 }, (_, i) =>
          appended(log, i % 2 ? ofAna({ idempotency: claim() }) : anEntry({ idempotency: claim() })),
        ),
      );

    it("answers with the entry's place what was committed all the same", async () => {
      const log = await open(
        lossy((call) => call()),
        { size: 8, waitMs: 0, queue: 1000 },
      );
      await holds(await load(log));
    });

    it("writes once more what was not", async () => {
      const log = await open(
        lossy(async () => {}),
        { size: 8, waitMs: 0, queue: 1000 },
      );
      await holds(await load(log));
    });

    it("writes once what the server carries out after it was given up", async () => {
      const late: Promise<unknown>[] = [];
      const log = await open(
        lossy(async (call) => {
          late.push(new Promise((resolve) => setTimeout(resolve, 30)).then(call).catch(() => {}));
        }),
        { size: 8, waitMs: 0, queue: 1000 },
      );
      const receipts = await load(log);
      await Promise.all(late);
      await holds(receipts);
    });

    it("goes on after the server has ended the connection, again and again", async () => {
      const log = await open(database.channel, { size: 8, waitMs: 0, queue: 1000 });
      let done = false;
      const killer = (async () => {
        while (!done) {
          await database.db.execute(
            sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'motivo append' AND datname = current_database()`,
          );
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      const receipts = [...(await load(log)), ...(await load(log))];
      done = true;
      await killer;
      await holds(receipts);
      expect((await database.db.select().from(dataKey))[0]!.entries).toBe(120);
    });
  });
});
