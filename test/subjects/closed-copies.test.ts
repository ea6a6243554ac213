import { createHash } from "node:crypto";
import { asc, sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import * as tables from "../../src/db/tables.ts";
import { unwrapDataKey } from "../../src/privacy/data-key.ts";
import { type Epoch, epochOf } from "../../src/privacy/epoch.ts";
import type { EpochRing } from "../../src/privacy/epoch-ring.ts";
import { openOwner } from "../../src/privacy/owner.ts";
import { unseal } from "../../src/privacy/sealing.ts";
import { keysOf, type SubjectKey } from "../../src/privacy/subject-keys.ts";
import { closeEpoch } from "../../src/subjects/close-epoch.ts";
import { DETACH_PEOPLE } from "../../src/subjects/detach.ts";
import { endAccess } from "../../src/subjects/end-access.ts";
import { finishRemoval } from "../../src/subjects/removal.ts";
import { freshPostgres } from "../support/databases.ts";
import { memoryKeys, openRing } from "../support/keys.ts";
import { exampleOf, type TestService, testService } from "../support/service.ts";

/**
 * Half of the people are erased and the epoch is closed. Then a copy of the database from before is restored beside every
 * key that still exists, and the live database is searched for ways back to the erased.
 */
const PEOPLE = Array.from({ length: 4 * DETACH_PEOPLE }, (_, i) => `person-${i}@example.org`);
const ERASED = PEOPLE.filter((_, i) => i % 2 === 0);
const KEPT = PEOPLE.filter((_, i) => i % 2 === 1);
const REQUEST = "a key that a client chose";

const keys = memoryKeys();
let live: OpenDatabase & { url: string };
let copy: OpenDatabase;
let service: TestService;
const decisionOf = new Map<string, { id: string; receipt: { logIndex: number } }>();
const certificates: object[] = [];
const erasedKeys = new Map<string, SubjectKey>();

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
const verified = async (text: string) =>
  verify(nodeCrypto, chunks(text), {
    key: parseVkey(nodeCrypto, service.deps.log.context.signer.vkey),
    now: new Date(),
  });

/** A copy of the whole database, as a dump that is restored would be. Nobody may be connected to it. */
async function copied(url: string): Promise<OpenDatabase> {
  const admin = new pg.Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  const name = new URL(url).pathname.slice(1);
  await admin.query(`CREATE DATABASE ${name}_copy TEMPLATE ${name}`);
  await admin.end();
  const place = new URL(url);
  place.pathname = `/${name}_copy`;
  return openPostgres(place.href);
}

beforeAll(async () => {
  live = await freshPostgres();
  const first = await testService(live, { keys });
  const example = await exampleOf(first);
  for (const who of PEOPLE) {
    const body = { ...example, subject: { id: who, email: who } };
    const headers = { "idempotency-key": `${REQUEST} ${who}`.replaceAll(" ", "-") };
    const response = await first.call("POST", "/v1/models/german-credit/decisions", "product", body, headers);
    decisionOf.set(who, (await response.json()) as { id: string; receipt: { logIndex: number } });
  }
  for (const who of ERASED) erasedKeys.set(who, (await keysOf(live.db, first.deps.epoch, who))[0]!);
  await first.close();
  await live.close();
  copy = await copied(live.url);

  const again = await openPostgres(live.url);
  live = { ...again, url: live.url };
  service = await testService(live, { keys, packages: [] });
  for (const who of ERASED) {
    const [key] = await keysOf(live.db, service.deps.epoch, who);
    const ended = await endAccess(service.deps, key!, "detached");
    certificates.push({ tagKey: Buffer.from(ended!.tagKey).toString("base64"), entries: ended!.entries });
    await finishRemoval(service.deps, ended!.removal);
  }
  await service.call("POST", "/v1/erasures/close-interval", "operator");
  expect((await closeEpoch(service.deps)).state).toBe("destroyed");
}, 120_000);
afterAll(async () => {
  await service.close();
  await live.close();
  await copy.close();
});

/** Every key that still exists, used as whatever it might be. */
async function existing(): Promise<Epoch[]> {
  const names = ["epoch-1", "epoch-2", "epoch-3", "blind-1", "blind-2", "log", "session", "dev-issuer"];
  const there = [];
  for (const name of names) if (await keys.exists(name)) there.push(await keys.read(name));
  expect(there.length).toBeGreaterThan(2);
  return there.map((key) => epochOf(1, key));
}

describe("a copy from before the erasure, restored beside every key that still exists", () => {
  it("cannot be served from: the key that it was written under is gone", async () => {
    expect(await keys.exists("epoch-1")).toBe(false);
    await expect(openRing(copy.db, keys)).rejects.toThrow("cannot be opened any more");
  });

  it("opens nothing: no data key, no identifier, no owner, no payload", async () => {
    const epochs = await existing();
    const dataKeys = await copy.db.select().from(tables.dataKey);
    const people = await copy.db.select().from(tables.subject);
    const payloads = await copy.db.select().from(tables.payload);
    expect([dataKeys.length, people.length, payloads.length]).toEqual(
      PEOPLE.map(() => PEOPLE.length).slice(0, 3),
    );
    const lookups = new Set(people.map(({ lookup }) => Buffer.from(lookup).toString("hex")));
    for (const epoch of epochs) {
      const ring = { of: () => epoch } as unknown as EpochRing;
      for (const row of dataKeys) expect(() => unwrapDataKey(epoch, row.wrapped, row)).toThrow("seal");
      for (const row of people) {
        const context = Buffer.from(`motivo/identifier/v1/${row.id}`);
        expect(() => unseal(epoch.wrapKey, row.identifier!, context)).toThrow("seal");
      }
      for (const row of payloads) {
        expect(() => openOwner(ring, row.owner, row.tag)).toThrow("seal");
        expect(() => unseal(epoch.wrapKey, row.ciphertext, row.tag)).toThrow("seal");
      }
      for (const who of PEOPLE) {
        expect(lookups.has(Buffer.from(epoch.lookup(who)).toString("hex"))).toBe(false);
      }
    }
  });

  it("would open with the key that was destroyed: the attempts above are the right ones", async () => {
    const tries = await freshPostgres();
    const own = memoryKeys();
    const before = await testService(tries, { keys: own });
    const body = { ...(await exampleOf(before)), subject: "x" };
    await before.call("POST", "/v1/models/german-credit/decisions", "product", body);
    const epoch = epochOf(1, await own.read("epoch-1"));
    const [row] = await tries.db.select().from(tables.dataKey);
    const [person] = await tries.db.select().from(tables.subject);
    expect(unwrapDataKey(epoch, row!.wrapped, row!)).toHaveLength(32);
    const context = Buffer.from(`motivo/identifier/v1/${person!.id}`);
    expect(Buffer.from(unseal(epoch.wrapKey, person!.identifier!, context)).toString()).toBe("x");
    expect(Buffer.from(epoch.lookup("x"))).toEqual(Buffer.from(person!.lookup));
    await before.close();
    await tries.close();
  });
});

describe("the live database, for whoever holds it, every key and the ids of the erased", () => {
  /** Every value of every table, as the attacker reads it. */
  async function everything(): Promise<{ table: string; row: string }[]> {
    const { rows: names } = (await live.db.execute(
      sql`SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
        WHERE table_schema IN ('public', 'vault')`,
    )) as unknown as { rows: { name: string }[] };
    const all = [];
    for (const { name } of names) {
      const { rows } = (await live.db.execute(
        sql.raw(`SELECT t::text AS row FROM ${name} AS t`),
      )) as unknown as { rows: { row: string }[] };
      all.push(...rows.map(({ row }) => ({ table: name, row })));
    }
    return all;
  }

  it("holds no HMAC, hash or spelling of an erased person's id, and no record, payload or decision of theirs", async () => {
    const text = (await everything()).map(({ row }) => row).join("\n");
    const epochs = await existing();
    for (const who of ERASED) {
      const forms = [
        who,
        Buffer.from(who).toString("base64"),
        Buffer.from(who).toString("hex"),
        createHash("sha256").update(who).digest("hex"),
        createHash("sha256").update(who).digest("base64"),
        decisionOf.get(who)!.id,
        ...epochs.map((epoch) => Buffer.from(epoch.lookup(who)).toString("hex")),
      ];
      expect(forms.filter((form) => text.includes(form))).toEqual([]);
    }
    // What is searched for is found where it is not erased.
    const lookup = service.deps.epoch.current().lookup(KEPT[0]!);
    expect(text).toContain(Buffer.from(lookup).toString("hex"));
    expect(text).toContain(decisionOf.get(KEPT[0]!)!.id);
  });

  it("links the detached records to their entries no better than chance, in whatever order they lie there", async () => {
    const entries = ERASED.map((who) => decisionOf.get(who)!.receipt.logIndex);
    // What each record said before, by entry: the truth that the attacker does not have.
    const before = new Map(
      (await copy.db.select().from(tables.record).orderBy(asc(tables.record.logIndex))).map((row) => [
        row.logIndex,
        row,
      ]),
    );
    expect(entries.every((index) => before.get(index)?.kind === "decision")).toBe(true);
    const { rows } = (await live.db.execute(
      sql`SELECT id::text, ctid::text FROM detached_record ORDER BY ctid`,
    )) as unknown as { rows: { id: string }[] };
    expect(rows).toHaveLength(ERASED.length);
    // All inputs are alike here, so the order is all there is; a match is a record found in its own entry's place.
    const batchOf = (place: number) => Math.floor(place / DETACH_PEOPLE);
    expect(new Set(rows.map((_, place) => batchOf(place))).size).toBe(ERASED.length / DETACH_PEOPLE);
    const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first, second] = [rows.slice(0, DETACH_PEOPLE), rows.slice(DETACH_PEOPLE)];
    // Within a batch they lie in the order of random ids, which is no order of entries.
    for (const batch of [first, second]) {
      expect(batch.map(({ id }) => id)).toEqual(
        sorted.filter((row) => batch.includes(row)).map(({ id }) => id),
      );
    }
  });

  it("opens the other half as before", async () => {
    for (const who of KEPT) {
      const [key] = await keysOf(live.db, service.deps.epoch, who);
      expect(key!.entries).toBe(1);
      const found = await service.json("GET", `/v1/decisions/${decisionOf.get(who)!.id}`, "product");
      expect(found.status).toBe(200);
    }
    const token = { token: await service.issuer.issue("subject", { subject: KEPT[0]!, proof: 3 }) };
    const access = await service.json<{ purposes: { decisions: object[] }[] }>("GET", "/v1/me/access", token);
    expect(access.body.purposes[0]!.decisions).toMatchObject([{ subject: { id: KEPT[0]! } }]);
  });
});

describe("the log and the certificates", () => {
  it("verify, and each certificate names both stages", async () => {
    const exported = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    expect(await verified(exported)).toMatchObject({
      ok: true,
      states: { PENDING: 0, ERASED: ERASED.length },
    });
    for (const key of certificates) {
      const asked = { keys: [key] };
      const text = await (await service.call("POST", "/v1/erasures/certificate", null, asked)).text();
      expect(await verified(text)).toMatchObject({
        ok: true,
        states: { ERASED: 1 },
        stages: { accessEnded: expect.any(Number), noCopyOpens: expect.any(Number) },
      });
    }
  });

  it("answer 410 to the repeat of a request that was erased, and the old answer to one that was not", async () => {
    const example = await exampleOf(service);
    const repeat = (who: string) =>
      service.call(
        "POST",
        "/v1/models/german-credit/decisions",
        "product",
        { ...example, subject: { id: who, email: who } },
        { "idempotency-key": `${REQUEST} ${who}`.replaceAll(" ", "-") },
      );
    expect((await repeat(ERASED[0]!)).status).toBe(410);
    const kept = (await (await repeat(KEPT[0]!)).json()) as { id: string };
    expect(kept.id).toBe(decisionOf.get(KEPT[0]!)!.id);
  });
});
