import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import { dataKey, epoch, payload, record, subject } from "../../src/db/tables.ts";
import { openDeps } from "../../src/node.ts";
import { moveSubjects } from "../../src/privacy/move-subject.ts";
import { epochOfOwner } from "../../src/privacy/owner.ts";
import { keyFor, keysOf } from "../../src/privacy/subject-keys.ts";
import { closeEpoch, closeEpochWhenDue, finishEpochs } from "../../src/subjects/close-epoch.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { memoryKeys, openRing } from "../support/keys.ts";
import { exampleOf, type TestService, testService } from "../support/service.ts";

type Example = Awaited<ReturnType<typeof exampleOf>>;

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("closing an epoch on %s", (kind, open) => {
  let database: OpenDatabase & { url?: string };
  let service: TestService;
  let example: Example;
  beforeEach(async () => {
    database = await open();
    service = await testService(database);
    example = await exampleOf(service);
  });
  afterEach(async () => {
    await service.close();
    await database.close();
  });

  const decide = (who: string, headers = {}) =>
    service.call(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      { ...example, subject: who },
      headers,
    );
  const access = async (who: string) => {
    const token = { token: await service.issuer.issue("subject", { subject: who, proof: 3 }) };
    return (
      await service.json<{ held: boolean; purposes: { decisions: unknown[] }[] }>(
        "GET",
        "/v1/me/access",
        token,
      )
    ).body;
  };

  it("brings everybody under the next key, destroys the old one, and says so in the log", async () => {
    for (const who of ["ana", "bia", "ana"]) await decide(who);
    const made = (await (await decide("caio")).json()) as { id: string };
    const before = await keysOf(database.db, service.deps.epoch, "ana");
    const progress: string[] = [];
    const closed = await closeEpoch(service.deps, { onProgress: ({ what }) => progress.push(what) });
    expect(closed).toMatchObject({ epoch: 1, state: "destroyed", movedRows: 7 });
    expect(progress).toEqual(["people", "payloads"]);

    expect(service.deps.epoch.held().map(({ number }) => number)).toEqual([2]);
    await expect(service.deps.epoch.provider.open(1)).rejects.toThrow("not in the key folder");
    expect(await database.db.$count(subject, sql`epoch <> 2`)).toBe(0);
    expect(await database.db.$count(dataKey, sql`epoch <> 2`)).toBe(0);
    for (const row of await database.db.select().from(payload)) expect(epochOfOwner(row.owner)).toBe(2);
    // The data keys are the same: tags, pseudonyms and ciphertexts go on.
    const after = await keysOf(database.db, service.deps.epoch, "ana");
    expect(after.map(({ tagKey }) => tagKey)).toEqual(before.map(({ tagKey }) => tagKey));

    expect((await access("ana")).purposes[0]!.decisions).toHaveLength(2);
    expect((await service.json("GET", `/v1/decisions/${made.id}`, "product")).status).toBe(200);
    const [said] = await database.db.select().from(record).where(sql`kind = 'configuration'`);
    expect(said!.logIndex).toBe(closed.logIndex);
    expect(JSON.parse(said!.body)).toMatchObject({
      what: "epoch-key-destroyed",
      epoch: 1,
      provider: "folder",
      destroyedAt: closed.at,
    });
    const exported = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    const key = parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
    expect(await verify(nodeCrypto, chunks(exported), { key, now: new Date() })).toMatchObject({ ok: true });
  });

  // PGlite takes the smaller set: what the database itself does differently is in the one above.
  if (kind === "PGlite") return;

  it("keeps an idempotency key taken, until it expires", async () => {
    const first = (await (await decide("ana", { "idempotency-key": "k" })).json()) as { id: string };
    await closeEpoch(service.deps);
    const again = (await (await decide("ana", { "idempotency-key": "k" })).json()) as { id: string };
    expect(again.id).toBe(first.id);
    const [row] = await database.db.select().from(epoch).where(sql`number = 1`);
    expect(row!.blindUntil).not.toBeNull();
    service.clock.now = new Date(row!.blindUntil!.getTime() + 1000);
    await finishEpochs(service.deps);
    expect(service.deps.epoch.blinds("idempotency-key", "x")).toHaveLength(1);
  });

  it("finds people whose rows are from before identifiers were kept, and drops rows that nothing hangs on", async () => {
    await decide("ana");
    await database.db.update(subject).set({ identifier: null });
    await keyFor(database.db, service.deps.epoch, "nobody", { purpose: "p/q/r", retention: "s" });
    await database.db.update(subject).set({ identifier: null });
    await closeEpoch(service.deps);
    expect(await database.db.$count(subject)).toBe(1);
    expect((await access("ana")).purposes[0]!.decisions).toHaveLength(1);
  });

  it("goes on after a crash, opens no further epoch before it is through, and loses nobody", async () => {
    for (let i = 0; i < 5; i++) await decide(`p${i}`);
    await service.deps.epoch.openNext(new Date());
    // As a crash would leave it: some rows moved, some not.
    expect(await moveSubjects(database.db, service.deps.epoch, 2)).toBe(2);
    expect((await access("p0")).held && (await access("p4")).held).toBe(true);
    const closed = await closeEpoch(service.deps);
    expect(closed).toMatchObject({ epoch: 1, state: "destroyed" });
    expect(await database.db.$count(epoch)).toBe(2);
    for (let i = 0; i < 5; i++) expect((await access(`p${i}`)).held).toBe(true);
  });

  it("goes on beside another process, which takes up the new epoch by itself and whose cache is waited for", async () => {
    const second = await openPostgres(database.url!);
    const other = await openDeps(service.config, second, service.keys);
    await service.deps.epoch.provider.create(2);
    await other.epoch.watch(() => {});
    await decide("ana");
    // The other process does not know of it yet; what it writes is refused as older, and written anew.
    await service.deps.epoch.openNext(new Date());
    expect(other.epoch.current().number).toBe(1);
    const key = await keyFor(second.db, other.epoch, "bia", { purpose: "p", retention: "r" });
    expect(other.epoch.current().number).toBe(2);
    expect((await keysOf(database.db, service.deps.epoch, "bia")).map(({ id }) => id)).toEqual([key.id]);

    const waiting = await closeEpoch(service.deps, { patienceMs: 0 });
    expect(waiting.state).toBe("moving");
    expect(await service.deps.epoch.provider.exists(1)).toBe(true);
    await other.epoch.close();
    expect((await closeEpoch(service.deps, { patienceMs: 0 })).state).toBe("destroyed");
    await other.log.close();
    await other.models.close();
    await second.close();
  });

  it("does so while decisions go on, without one being refused", async () => {
    for (let i = 0; i < 20; i++) await decide(`p${i}`);
    let closing = true;
    const statuses: number[] = [];
    const traffic = (async () => {
      for (let i = 0; closing || i < 20; i++) statuses.push((await decide(`p${i % 30}`)).status);
    })();
    await closeEpoch(service.deps);
    await closeEpoch(service.deps);
    closing = false;
    await traffic;
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(await database.db.$count(epoch, sql`destroyed_at IS NOT NULL`)).toBe(2);
    for (const row of await database.db.select().from(payload)) expect(epochOfOwner(row.owner)).toBe(3);
  });

  it("destroys the key again where a crash came between its destruction and the log's entry", async () => {
    await decide("ana");
    await service.deps.epoch.openNext(new Date());
    const { provider } = service.deps.epoch;
    const destroy = provider.destroy.bind(provider);
    provider.destroy = async (epoch) => {
      await destroy(epoch);
      throw new Error("crash");
    };
    await expect(closeEpoch(service.deps)).rejects.toThrow("crash");
    expect(await provider.exists(1)).toBe(false);
    expect(await database.db.$count(record, sql`kind = 'configuration'`)).toBe(0);
    provider.destroy = destroy;
    expect(await closeEpoch(service.deps)).toMatchObject({ epoch: 1, state: "destroyed" });
    expect(await closeEpochWhenDue(service.deps, 0)).toEqual([]);
    expect(await database.db.$count(record, sql`kind = 'configuration'`)).toBe(1);
    expect(await database.db.$count(epoch)).toBe(2);
  });

  it("is taken up by a replica with a copy of the key folder of its own, which destroys its copy", async () => {
    await decide("ana");
    const copies = memoryKeys();
    const copy = async (name: string) => copies.keep(name, await service.keys.read(name));
    await copy("epoch-1");
    const replica = await openRing(database.db, copies);
    await replica.watch(() => {});
    // An epoch whose key only some have would stop the others.
    await expect(closeEpoch(service.deps, { patienceMs: 0 })).rejects.toThrow("Another process has no key");
    expect(await database.db.$count(epoch)).toBe(1);

    await copy("epoch-2");
    await replica.close();
    await replica.watch(() => {});
    await service.deps.epoch.openNext(new Date());
    await replica.close();
    expect((await closeEpoch(service.deps, { patienceMs: 0 })).state).toBe("destroyed");
    expect(await copies.exists("epoch-1")).toBe(true);
    await replica.watch(() => {});
    expect(await copies.exists("epoch-1")).toBe(false);
    expect(await keysOf(database.db, replica, "ana")).toHaveLength(1);
    await replica.close();
  });

  it("tells the epoch that was closed last where another process was quicker", async () => {
    await decide("ana");
    await closeEpoch(service.deps);
    await closeEpoch(service.deps);
    const ring = service.deps.epoch;
    await ring.openNext(new Date());
    // The other process is through between this one's look at what is left and its own turn.
    const refresh = ring.refresh.bind(ring);
    let asked = 0;
    ring.refresh = async () => {
      asked += 1;
      if (asked === 2) await finishEpochs(service.deps);
      return refresh();
    };
    expect(await closeEpoch(service.deps)).toMatchObject({ epoch: 3, state: "destroyed" });
  });

  it("happens on schedule, and not before", async () => {
    await decide("ana");
    expect(await closeEpochWhenDue(service.deps, 30)).toEqual([]);
    service.clock.now = new Date(Date.now() + 31 * 86_400_000);
    expect(await closeEpochWhenDue(service.deps, 0)).toEqual([]);
    expect(await closeEpochWhenDue(service.deps, 30)).toMatchObject([{ epoch: 1, state: "destroyed" }]);
    expect(await closeEpochWhenDue(service.deps, 30)).toEqual([]);
  });
});
