import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import type { NewEntry } from "../../src/db/log-append.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import {
  dataKey,
  detachedRecord,
  detaching,
  hold,
  payload,
  record,
  removal,
  retainedRecord,
  subject,
} from "../../src/db/tables.ts";
import { EpochKeyError } from "../../src/privacy/keys/provider.ts";
import { keyFor, keysOf } from "../../src/privacy/subject-keys.ts";
import { entryOf } from "../../src/privacy/vault.ts";
import { closeEpoch } from "../../src/subjects/close-epoch.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { DETACH_PEOPLE } from "../../src/subjects/detach.ts";
import { endAccess } from "../../src/subjects/end-access.ts";
import { forgetHolds } from "../../src/subjects/holds.ts";
import { finishRemoval, finishRemovals, removalsUnderWay } from "../../src/subjects/removal.ts";
import { endRetention, lastDay } from "../../src/subjects/remove-records.ts";
import { freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, type TestService, testService } from "../support/service.ts";

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

let database: OpenDatabase;
let service: TestService;
let example: Awaited<ReturnType<typeof exampleOf>>;
beforeEach(async () => {
  database = await freshPostgres();
  service = await testService(database);
  example = await exampleOf(service);
});
afterEach(() => closeChecked(database, service));

const decide = async (who: string, model = "german-credit") => {
  const body = { ...example, subject: who };
  const response = await service.call("POST", `/v1/models/${model}/decisions`, "product", body);
  return (await response.json()) as { id: string; receipt: { logIndex: number } };
};
const as = async (who: string) => ({
  token: await service.issuer.issue("subject", { subject: who, proof: 3 }),
});
const verified = async (text: string) =>
  verify(nodeCrypto, chunks(text), {
    key: parseVkey(nodeCrypto, service.deps.log.context.signer.vkey),
    now: service.clock.now ?? new Date(),
  });
const keyOf = async (who: string) => (await keysOf(database.db, service.deps.epoch, who))[0]!;

/** Many entries of one person, quickly: what an erasure meets, without a model's work. */
async function manyEntries(who: string, count: number): Promise<void> {
  const use = (await keyOf(who)) ?? {};
  const key = await keyFor(database.db, service.deps.epoch, who, use);
  const entry = (): NewEntry => ({
    leaf: { kind: "access" },
    hour: 490_000,
    body: { kind: "access", hour: 490_000 },
    columns: { id: service.deps.randomId() },
    subject: entryOf(service.deps.epoch, key, Buffer.from("{}")),
  });
  await Promise.all(Array.from({ length: count }, () => service.deps.log.append(entry())));
}

describe("stage one of an erasure", () => {
  it("ends access in one transaction and says so in the log; what is left follows step by step", async () => {
    await decide("ana");
    await manyEntries("ana", 450);
    const held = await keyOf("ana");
    const size = (await service.deps.log.head()).size;
    const ended = await endAccess(service.deps, held, "deleted");
    expect(ended).toMatchObject({ entries: 451 });
    expect(await database.db.$count(subject)).toBe(0);
    expect(await database.db.$count(dataKey)).toBe(0);
    expect((await service.deps.log.head()).size).toBe(size + 1);
    expect(await endAccess(service.deps, held, "deleted")).toBeNull();

    // The ciphertexts are there still, and nothing that exists opens them.
    expect(await database.db.$count(payload)).toBe(451);
    expect(await removalsUnderWay(database.db)).toMatchObject([
      { id: ended!.removal, entries: 451, done: 0 },
    ]);
    expect((await service.json("GET", "/v1/erasures", "operator")).body).toMatchObject({
      removals: [{ entries: 451, done: 0 }],
    });
    const access = await service.json<{ held: boolean }>("GET", "/v1/me/access", await as("ana"));
    expect(access.body.held).toBe(false);

    expect(await finishRemoval(service.deps, ended!.removal)).toBe(451);
    expect(await database.db.$count(payload)).toBe(0);
    expect(await database.db.$count(removal)).toBe(0);
    expect(
      await verified(await (await service.call("GET", "/v1/audit/export", "auditor")).text()),
    ).toMatchObject({ ok: true, states: { PENDING: 451 } });
  });

  it("is taken up again where a crash left the removal, also when the epoch was closed meanwhile", async () => {
    await decide("ana");
    await decide("bia");
    await manyEntries("ana", 250);
    const ended = await endAccess(service.deps, await keyOf("ana"), "deleted");
    // A crash after the first step.
    await database.db.execute(sql`UPDATE vault.removal SET done = 200`);
    await service.deps.epoch.openNext(new Date());
    expect(await finishRemovals(service.deps)).toBe(1);
    expect(await database.db.$count(payload)).toBe(1 + 200);
    expect(ended!.entries).toBe(251);
  });
});

describe("an erasure", () => {
  it("gives its person what the certificate is asked for with; it names both stages and verifies offline", async () => {
    for (const who of ["ana", "ana", "bia"]) await decide(who);
    const { body } = await service.json<{ erased: { certificate: object; removal: string }[] }>(
      "DELETE",
      "/v1/me",
      await as("ana"),
    );
    const erased = body.erased[0]!;
    expect(erased).toMatchObject({ removal: "done", records: "deleted", certificate: { entries: 2 } });
    const certificate = async () => {
      const asked = { keys: [erased.certificate] };
      return (await service.call("POST", "/v1/erasures/certificate", null, asked)).text();
    };
    expect(await verified(await certificate())).toMatchObject({
      ok: true,
      states: { ERASED: 0, PENDING: 2 },
      stages: { noCopyOpens: null },
    });
    await closeErasureInterval(service.deps);
    expect(await verified(await certificate())).toMatchObject({
      ok: true,
      states: { ERASED: 2, PENDING: 0 },
      stages: { accessEnded: expect.any(Number), noCopyOpens: null },
    });
    await closeEpoch(service.deps);
    const last = await certificate();
    expect(await verified(last)).toMatchObject({
      ok: true,
      states: { ERASED: 2, PENDING: 0 },
      stages: { accessEnded: expect.any(Number), noCopyOpens: expect.any(Number) },
    });
    const torn = last.replace(/"salt":"(.)/, (_, c: string) => `"salt":"${c === "A" ? "B" : "A"}`);
    expect((await verified(torn)).ok).toBe(false);
  });

  it("has no certificate for whoever holds nothing, and none before it is through", async () => {
    await decide("ana");
    const nobody = { keys: [{ tagKey: Buffer.alloc(32).toString("base64"), entries: 1 }] };
    expect(await service.json("POST", "/v1/erasures/certificate", null, nobody)).toMatchObject({
      status: 404,
      body: { code: "unknown_entry" },
    });
    const { tagKey, entries } = await keyOf("ana");
    const tooSoon = { keys: [{ tagKey: Buffer.from(tagKey).toString("base64"), entries }] };
    expect(await service.json("POST", "/v1/erasures/certificate", null, tooSoon)).toMatchObject({
      status: 409,
      body: { code: "not_erased" },
    });
  });
});

describe("an operator", () => {
  it("closes an epoch by the API, sees how far each is, and is told when the provider refuses", async () => {
    await decide("ana");
    const { provider } = service.deps.epoch;
    const create = provider.create.bind(provider);
    provider.create = async () => {
      throw new EpochKeyError("AWS KMS did not make a key (AccessDeniedException)");
    };
    expect(await service.json("POST", "/v1/epochs/close", "operator")).toMatchObject({
      status: 503,
      body: { code: "keys_unavailable" },
    });
    provider.create = create;
    expect(await service.json("POST", "/v1/epochs/close", "operator")).toMatchObject({
      status: 200,
      body: { epoch: 1, state: "destroyed" },
    });
    expect(await service.json("GET", "/v1/epochs", "operator")).toMatchObject({
      body: {
        provider: "folder",
        warning: null,
        epochs: [
          { epoch: 2, destroyedAt: null },
          { epoch: 1, destroyedAt: expect.any(String), movedRows: 2 },
        ],
      },
    });
  });
});

describe("a hold", () => {
  const place = (more = {}) =>
    service.json<{ id: string }>("POST", "/v1/holds", "operator", {
      subject: "ana",
      ground: "GDPR 17(3)(e)",
      ...more,
    });

  it("refuses the erasure with its ground until it is lifted, and is on the record without a name", async () => {
    await decide("ana");
    const placed = await place();
    expect(placed.status).toBe(201);
    expect(await service.json("DELETE", "/v1/me", await as("ana"))).toMatchObject({
      status: 409,
      body: { code: "erasure_refused", refused: [{ article: "GDPR 17(3)(e)" }] },
    });
    expect(
      (await service.json<{ holds: unknown[] }>("POST", "/v1/holds/find", "operator", { subject: "ana" }))
        .body.holds,
    ).toHaveLength(1);
    expect((await service.json("DELETE", `/v1/holds/${placed.body.id}`, "operator")).status).toBe(200);
    expect(await service.json("DELETE", `/v1/holds/${placed.body.id}`, "operator")).toMatchObject({
      status: 404,
      body: { code: "unknown_hold" },
    });
    expect((await service.json("DELETE", "/v1/me", await as("ana"))).status).toBe(200);
    const said = await database.db.select().from(record).where(sql`kind = 'hold'`).orderBy(record.logIndex);
    expect(said.map(({ body }) => JSON.parse(body))).toMatchObject([
      { what: "placed", ground: "GDPR 17(3)(e)", role: "operator" },
      { what: "lifted", ground: "GDPR 17(3)(e)" },
    ]);
    expect(said.some(({ body }) => body.includes("ana"))).toBe(false);
  });

  it("that is placed while an erasure is under way comes before it or after it, never in between", async () => {
    for (let i = 0; i < 6; i++) await decide(`p${i}`);
    await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const [placed, erased] = await Promise.all([
          place({ subject: `p${i}` }),
          service.json("DELETE", "/v1/me", await as(`p${i}`)),
        ]);
        expect(placed.status).toBe(201);
        const left = await keysOf(database.db, service.deps.epoch, `p${i}`);
        expect([erased.status, left.length]).toEqual(erased.status === 200 ? [200, 0] : [409, 1]);
      }),
    );
  });

  it("is for one model where it says so, ends on its day, and outlives the closing of an epoch", async () => {
    await decide("ana");
    await place({ model: "german-credit-logistic" });
    await place({ model: "german-credit", until: "2026-12-31" });
    service.clock.now = new Date("2026-12-30T12:00:00Z");
    await closeEpoch(service.deps);
    expect(await database.db.$count(hold, sql`epoch = 2`)).toBe(2);
    expect((await service.json("DELETE", "/v1/me", await as("ana"))).status).toBe(409);
    service.clock.now = new Date("2027-01-01T12:00:00Z");
    await forgetHolds(service.deps);
    expect(await database.db.$count(hold)).toBe(1);
    expect((await service.json("DELETE", "/v1/me", await as("ana"))).status).toBe(200);
  });
});

describe("records after an erasure", () => {
  const erase = async (who: string, afterErasure: Parameters<typeof endAccess>[2]) => {
    const ended = await endAccess(service.deps, await keyOf(who), afterErasure);
    return finishRemoval(service.deps, ended!.removal);
  };

  it("are detached when enough people's are there: no id, hour, client or seed, and no way back", async () => {
    const people = Array.from({ length: DETACH_PEOPLE }, (_, i) => `p${i}`);
    const made = new Map<string, { id: string }>();
    for (const who of [...people, "p0"]) made.set(who, await decide(who));
    const bodies = (await database.db.select().from(record).where(sql`kind = 'decision'`)).map(
      ({ body }) => JSON.parse(body) as Record<string, unknown>,
    );
    for (const who of people.slice(0, -1)) await erase(who, "detached");
    expect(await database.db.$count(detachedRecord)).toBe(0);
    expect(await database.db.$count(detaching)).toBe(DETACH_PEOPLE);
    expect(await database.db.$count(record, sql`kind = 'decision'`)).toBe(1);
    await erase(people.at(-1)!, "detached");

    expect(await database.db.$count(detaching)).toBe(0);
    const detached = await database.db.select().from(detachedRecord);
    expect(detached).toHaveLength(DETACH_PEOPLE + 1);
    const text = JSON.stringify(detached);
    for (const { id, seed, hour } of bodies) {
      for (const trace of [id, seed, hour, "product-one"]) expect(text).not.toContain(String(trace));
    }
    for (const row of detached) {
      expect(row.month).toMatch(/^\d{4}-\d{2}$/);
      expect(JSON.parse(row.body)).toMatchObject({ outcome: expect.any(String), inputs: expect.any(Object) });
    }
    for (const { id } of made.values()) {
      expect((await service.json("GET", `/v1/decisions/${id}`, "product")).status).toBe(404);
    }
  });

  it("are retained under a named duty until its day, while nothing opens what they were made from", async () => {
    const mine = await decide("ana");
    const duty = { "pt-BR": "guarda fiscal", en: "tax records" };
    await erase("ana", { retained: { duty, months: 2 } });
    const [kept] = await database.db.select().from(retainedRecord);
    expect(kept).toMatchObject({ logIndex: mine.receipt.logIndex, duty: JSON.stringify(duty) });
    expect(await database.db.$count(payload)).toBe(0);
    expect((await service.json("GET", `/v1/decisions/${mine.id}`, "product")).status).toBe(410);
    expect(await endRetention(service.deps)).toBe(0);
    const key = parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
    // The payload is gone as it should be, although the record is there.
    expect(await auditLog(database.db, key, { now: service.deps.now() })).toMatchObject({ finding: null });

    service.clock.now = new Date(new Date(`${kept!.until}T00:00:00Z`).getTime() + 25 * 3_600_000);
    expect(await endRetention(service.deps)).toBe(1);
    expect(await database.db.$count(record, sql`kind = 'decision'`)).toBe(0);
    await closeErasureInterval(service.deps);
  });

  it("are kept no longer than a duty that was over already", async () => {
    await decide("ana");
    service.clock.now = new Date(Date.now() + 100 * 86_400_000);
    await erase("ana", { retained: { duty: { "pt-BR": "x", en: "x" }, months: 1 } });
    expect(await database.db.$count(retainedRecord)).toBe(0);
    expect(await database.db.$count(record, sql`kind = 'decision'`)).toBe(0);
  });

  it("end on the last day of a shorter month", () => {
    const hour = Date.UTC(2026, 0, 31, 5) / 3_600_000;
    expect(lastDay(hour, 1)).toBe("2026-02-28");
    expect(lastDay(hour, 12)).toBe("2027-01-31");
    expect(lastDay(Date.UTC(2027, 11, 31) / 3_600_000, 2)).toBe("2028-02-29");
  });
});
