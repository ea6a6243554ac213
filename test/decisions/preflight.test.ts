import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { idempotencyKey } from "../../src/db/tables.ts";
import { preflight } from "../../src/decisions/preflight.ts";
import { firstKeyOf, keyAmong, keyFor, personLookups } from "../../src/privacy/subject-keys.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { FREE_TEXT, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("what stands before a decision, read from %s", (_, fresh) => {
  let database: OpenDatabase;
  let service: TestService;
  beforeAll(async () => {
    database = await fresh();
    service = await testService(database, { packages: [GERMAN_CREDIT, FREE_TEXT] });
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });
  const none = { stops: [], person: [], claim: [] };

  it("is each question's own, however many share the statement", async () => {
    const { deps } = service;
    const uses = ["credit", "marketing"].map((purpose) => ({ purpose, retention: "short" }));
    const made = await Promise.all(
      ["ana", "rui"].map((who, i) => keyFor(deps.db, deps.epoch, who, uses[i]!)),
    );
    const claim = { keyHmac: randomBytes(32), requestHmac: randomBytes(32), decision: null };
    const expiresAt = new Date("2031-05-06T07:08:09.010Z");
    await deps.db.insert(idempotencyKey).values({ ...claim, expiresAt });
    const [ana, rui, nobody, other] = await Promise.all([
      preflight(deps, { ...none, model: "german-credit", person: personLookups(deps.epoch, "ana") }),
      preflight(deps, { ...none, person: personLookups(deps.epoch, "rui"), claim: [claim.keyHmac] }),
      preflight(deps, { ...none, model: "free-text", person: personLookups(deps.epoch, "nobody") }),
      preflight(deps, { ...none, model: "no-such-model" }),
    ]);
    expect(ana).toMatchObject({ champion: 1, stops: [], claim: undefined });
    expect(keyAmong(ana!.keys, deps.epoch, uses[0]!)).toMatchObject({
      id: made[0]!.id,
      vaultKey: made[0]!.vaultKey,
    });
    expect(keyAmong(ana!.keys, deps.epoch, uses[1]!)).toBeNull();
    expect(rui!.champion).toBeUndefined();
    expect(keyAmong(rui!.keys, deps.epoch, uses[1]!)).toMatchObject({ id: made[1]!.id });
    expect(rui!.claim).toMatchObject({ decision: null, expiresAt });
    expect([rui!.claim!.keyHmac, rui!.claim!.requestHmac].map((bytes) => Buffer.from(bytes!))).toEqual([
      claim.keyHmac,
      claim.requestHmac,
    ]);
    expect(nobody).toEqual({ champion: 1, stops: [], keys: [], claim: undefined });
    expect(other).toEqual({ champion: undefined, stops: [], keys: [], claim: undefined });
  });

  it("has what was committed before the question: a champion that moved, an epoch that was opened", async () => {
    const { deps } = service;
    const before = await preflight(deps, { ...none, model: "free-text" });
    await deps.models.point(deps.db, "free-text", "champion", 7);
    const after = await preflight(deps, { ...none, model: "free-text" });
    await deps.models.point(deps.db, "free-text", "champion", 1);
    expect([before.champion, after.champion]).toEqual([1, 7]);

    const use = { purpose: "credit", retention: "short" };
    const key = await keyFor(deps.db, deps.epoch, "eva", use);
    await deps.epoch.openNext(deps.now());
    const { keys } = await preflight(deps, { ...none, person: personLookups(deps.epoch, "eva") });
    expect(keyAmong(keys, deps.epoch, use)).toMatchObject({ id: key.id, vaultKey: key.vaultKey });
  });
});

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("the first key of a person, in %s", (_, fresh) => {
  const use = { purpose: "credit", retention: "short" };
  let database: OpenDatabase;
  let service: TestService;
  beforeAll(async () => {
    database = await fresh();
    service = await testService(database, { packages: [FREE_TEXT] });
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  it("is made once, however many make it at once, and is the one that is found", async () => {
    const { db, epoch } = service.deps;
    const tried = await Promise.all(
      Array.from({ length: 8 }, () => firstKeyOf(db, epoch, "ana maría ☂", use)),
    );
    const [made, ...more] = tried.filter((key) => key !== null);
    expect(more).toEqual([]);
    const found = await keyFor(db, epoch, "ana maría ☂", use);
    expect(found).toMatchObject({ id: made!.id, vaultKey: made!.vaultKey, entries: 0 });
    const other = { ...use, purpose: "marketing" };
    expect(await firstKeyOf(db, epoch, "ana maría ☂", other)).toBeNull();
  });

  it("is not made beside a row that stands under the epoch before", async () => {
    const { db, epoch } = service.deps;
    const before = await keyFor(db, epoch, "rui", use);
    await epoch.openNext(service.deps.now());
    expect(await firstKeyOf(db, epoch, "rui", use)).toBeNull();
    expect(await keyFor(db, epoch, "rui", use)).toMatchObject({ id: before.id });
    expect(await firstKeyOf(db, epoch, "eva", use)).not.toBeNull();
  });
});
