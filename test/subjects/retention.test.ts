import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { dataKey, erasedEntry, payload, record, subject } from "../../src/db/tables.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { liftHold, placeHold } from "../../src/subjects/holds.ts";
import { endRetentionPeriods, firstKeptHour, monthsOf } from "../../src/subjects/retention.ts";
import { freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

const DECIDED = new Date("2026-03-31T10:00:00Z");
/** The package keeps for 24 months: the last day is 31 March 2028. */
const LAST_DAY = new Date("2028-03-31T23:00:00Z");
const DAY_AFTER = new Date("2028-04-01T00:30:00Z");
const FLOOR = 6;

describe("the end of retention", () => {
  let database: OpenDatabase;
  let service: TestService;
  beforeEach(async () => {
    database = await freshPostgres();
    service = await testService(database, { packages: [GERMAN_CREDIT] });
    service.clock.now = DECIDED;
  });
  afterEach(() => closeChecked(database, service));

  const as = async (who: string) => ({
    token: await service.issuer.issue("subject", { subject: who, proof: 3 }),
  });
  async function decide(who: string): Promise<{ id: string; logIndex: number }> {
    const example = await exampleOf(service);
    const { body } = await service.json<{ id: string; receipt: { logIndex: number } }>(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      { ...example, subject: who },
    );
    return { id: body.id, logIndex: body.receipt.logIndex };
  }
  const run = (floor = FLOOR) => endRetentionPeriods(service.deps, floor);
  const key = () => parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
  const exported = async () => {
    const text = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    return verify(nodeCrypto, chunks(text), { key: key(), now: service.clock.now ?? new Date() });
  };
  const audited = async () => (await auditLog(database.db, key(), { now: service.clock.now! })).finding;
  const recordsOf = (id: string) => database.db.select().from(record).where(eq(record.id, id));

  it("takes payload and record of a decision on the day after the last one, and leaves its place justified", async () => {
    const { id, logIndex } = await decide("ana");
    await service.call("GET", `/v1/decisions/${id}`, "auditor");
    service.clock.now = LAST_DAY;
    expect(await run()).toEqual({ entries: 0, keys: 0, held: 0 });
    expect(await recordsOf(id)).toHaveLength(1);

    service.clock.now = DAY_AFTER;
    const ended = await run();
    expect(ended.entries).toBeGreaterThanOrEqual(1);
    expect(ended).toMatchObject({ keys: 1, held: 0 });
    expect(await recordsOf(id)).toEqual([]);
    expect(await database.db.select().from(payload)).toEqual([]);
    expect(await database.db.select().from(dataKey)).toEqual([]);
    expect(await database.db.select().from(subject)).toEqual([]);
    expect(await exported()).toMatchObject({ ok: true, states: { PENDING: ended.entries } });
    expect(await audited()).toBeNull();

    await closeErasureInterval(service.deps);
    expect(await exported()).toMatchObject({ ok: true, states: { PENDING: 0, ERASED: ended.entries } });
    const [mark] = await database.db.select().from(erasedEntry).where(eq(erasedEntry.logIndex, logIndex));
    expect(mark?.erasureIndex).toBeGreaterThan(logIndex);
    expect(await run()).toEqual({ entries: 0, keys: 0, held: 0 });
  });

  it("leaves a person what is younger, whole and provable", async () => {
    const old = await decide("bia");
    service.clock.now = new Date("2027-06-01T12:00:00Z");
    const young = await decide("bia");
    service.clock.now = DAY_AFTER;
    expect(await run()).toMatchObject({ keys: 0 });
    expect(await recordsOf(old.id)).toEqual([]);
    expect(await recordsOf(young.id)).toHaveLength(1);

    const access = await service.json<{ purposes: { decisions: { decision: { id: string } }[] }[] }>(
      "GET",
      "/v1/me/access",
      await as("bia"),
    );
    expect(access.status).toBe(200);
    expect(JSON.stringify(access.body)).toContain(young.id);
    expect(JSON.stringify(access.body)).not.toContain(old.id);
    const proof = await (await service.call("GET", "/v1/me/access/proof", await as("bia"))).text();
    const verdict = await verify(nodeCrypto, chunks(proof), { key: key(), now: service.clock.now });
    expect(verdict).toMatchObject({ ok: true, states: { PENDING: 1 } });
    expect(verdict.states.VERIFIED).toBeGreaterThanOrEqual(1);
    expect(await audited()).toBeNull();
  });

  it("keeps what a hold is on, until it is lifted", async () => {
    const held = await decide("caio");
    const free = await decide("davi");
    const { id } = await placeHold(service.deps, "operator", { subject: "caio", ground: "court order" });
    service.clock.now = DAY_AFTER;
    expect(await run()).toMatchObject({ keys: 1, held: 1 });
    expect([(await recordsOf(held.id)).length, (await recordsOf(free.id)).length]).toEqual([1, 0]);
    await liftHold(service.deps, "operator", id);
    expect(await run()).toMatchObject({ keys: 1, held: 0 });
    expect(await recordsOf(held.id)).toEqual([]);
    expect(await audited()).toBeNull();
  });

  it("takes nothing below the floor, whatever the package says", async () => {
    const { id } = await decide("eva");
    service.clock.now = DAY_AFTER;
    expect(await run(36)).toEqual({ entries: 0, keys: 0, held: 0 });
    expect(await recordsOf(id)).toHaveLength(1);
  });

  it("goes on where a failed run stopped", async () => {
    for (let i = 0; i < 3; i++) await decide(`person ${i}`);
    service.clock.now = DAY_AFTER;
    let calls = 0;
    const { db } = service.deps;
    const failing = {
      ...service.deps,
      randomId: () => {
        calls += 1;
        throw new Error("the process ends here");
      },
    };
    await expect(endRetentionPeriods(failing, FLOOR)).rejects.toThrow("ends here");
    expect(calls).toBe(1);
    expect((await db.select().from(payload)).length).toBeGreaterThanOrEqual(3);
    expect(await exported()).toMatchObject({ ok: true, states: { PENDING: 0 } });
    expect(await run()).toMatchObject({ keys: 3 });
    expect(await db.select().from(payload)).toEqual([]);
  });

  it("is run by operators over HTTP, and by nobody else", async () => {
    await decide("gil");
    service.clock.now = DAY_AFTER;
    expect((await service.json("POST", "/v1/retention/run", "auditor")).status).toBe(403);
    const { status, body } = await service.json("POST", "/v1/retention/run", "operator");
    expect([status, body]).toEqual([200, expect.objectContaining({ keys: 1, held: 0 })]);
  });
});

describe("a retention period", () => {
  it.each([
    [6, "2026-08-31T12:00:00Z", "2026-03-01"],
    [1, "2026-03-01T00:00:00Z", "2026-02-01"],
    [24, "2028-04-01T00:00:00Z", "2026-04-01"],
    [12, "2028-02-29T23:59:59Z", "2027-03-01"],
  ])("of %i months, on %s, keeps from %s on", (months, now, day) => {
    const hour = firstKeptHour(new Date(now), months);
    expect(new Date(hour * 3_600_000).toISOString().slice(0, 10)).toBe(day);
  });

  it("is that of the shortest-lived input, and never below the floor", async () => {
    const { contract } = await readPackageFolder(GERMAN_CREDIT);
    const [first, ...others] = contract.features;
    const mixed = {
      ...contract,
      retentions: { ...contract.retentions, brief: { ...contract.retentions.application!, months: 9 } },
      features: [{ ...first!, retention: "brief" }, ...others],
    };
    expect([monthsOf(contract, 6), monthsOf(mixed, 6), monthsOf(mixed, 12)]).toEqual([24, 9, 12]);
  });
});
