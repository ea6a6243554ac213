import { rm } from "node:fs/promises";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { exportLines } from "../../src/db/log-export.ts";
import { coarsenedEntry, record } from "../../src/db/tables.ts";
import { coarsenRecords } from "../../src/decisions/coarsen.ts";
import type { DecisionRecord } from "../../src/decisions/decision.ts";
import { riskOfRecords } from "../../src/decisions/live-risk.ts";
import { attributionsOfRecord } from "../../src/decisions/recorded-attributions.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { gatedPackage } from "../support/gated-package.ts";
import {
  closeChecked,
  exampleOf,
  GERMAN_CREDIT_LOGISTIC,
  type TestService,
  testService,
} from "../support/service.ts";

const K = 3;
const MODEL = "free-text";

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("records made coarser later, on %s", (_, open) => {
  let database: OpenDatabase;
  let service: TestService;
  let folder: string;
  /** Four of one class, the first two of them coarse for want of company; one of another, coarse too. */
  let made: { id: string; logIndex: number }[];
  beforeEach(async () => {
    database = await open();
    folder = await gatedPackage(K);
    service = await testService(database, { packages: [folder] });
    made = [];
    for (let i = 0; i < 4; i++) made.push(await decide(`ana-${i}`, 3, "web"));
    made.push(await decide("bia", 3, "letter"));
  });
  afterEach(async () => {
    await closeChecked(database, service);
    await rm(folder, { recursive: true, force: true });
  });

  async function decide(who: string, waiting_days: number, channel: string) {
    const { body } = await service.json<{ id: string; receipt: { logIndex: number } }>(
      "POST",
      `/v1/models/${MODEL}/decisions`,
      "product",
      { subject: who, inputs: { waiting_days, channel, note: "it broke" } },
    );
    return { id: body.id, logIndex: body.receipt.logIndex };
  }
  const key = () => parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
  const checked = (text: string) => verify(nodeCrypto, chunks(text), { key: key(), now: new Date() });
  const exported = async () =>
    checked(await (await service.call("GET", "/v1/audit/export", "auditor")).text());
  const audited = async () => (await auditLog(database.db, key(), { now: new Date() })).finding;
  const rowOf = async (id: string) => (await database.db.select().from(record).where(eq(record.id, id)))[0]!;
  const told = async (id: string) => JSON.parse((await rowOf(id)).body) as DecisionRecord;
  const coarsen = (body: object = {}) =>
    service.json<{ records: number; k: number; entries: number[] }>(
      "POST",
      `/v1/models/${MODEL}/coarsen`,
      "operator",
      body,
    );

  it("are those of too small classes, and the log says which and of what they are now", async () => {
    const fine = made[3]!;
    const before = await rowOf(fine.id);
    expect((await riskOfRecords(service.deps, MODEL)).report).toMatchObject({ k: 2, classes: 2 });
    const { status, body } = await coarsen();
    expect([status, body]).toMatchObject([200, { records: 2, k: K, entries: [expect.any(Number)] }]);
    expect((await riskOfRecords(service.deps, MODEL)).report).toMatchObject({ k: 5, classes: 1 });

    const after = await rowOf(fine.id);
    const { body: _, salt: __, ...columns } = before;
    expect(after).toMatchObject(columns);
    expect(after.salt).not.toEqual(before.salt);
    const [old, now] = [JSON.parse(before.body), JSON.parse(after.body)] as [DecisionRecord, DecisionRecord];
    expect(now.inputs).toMatchObject({
      waiting_days: { kind: "range", from: null, to: 10 },
      channel: { kind: "dropped" },
    });
    // What is explained is the coarser row, and nothing of the dropped one is left in attributions or reasons.
    const live = await service.deps.models.live(MODEL);
    expect(now).toMatchObject(await attributionsOfRecord(live, now));
    expect(old.attributions).toHaveProperty("channel");
    expect(now.attributions).not.toHaveProperty("channel");
    expect(now.reasons.filter((code) => code.startsWith("CHANNEL:"))).toEqual([]);
    const { inputs: i, attributions: a, reasons: r, base: b, rest: e, explained: x, ...same } = now;
    expect(old).toMatchObject(same);

    expect(await exported()).toMatchObject({ ok: true, states: { COARSENED: 2, ERASED: 0, PENDING: 0 } });
    expect(await audited()).toBeNull();
    expect((await coarsen()).body).toMatchObject({ records: 0, entries: [] });
  });

  it("are shown with the entry that commits to them, and as evidence", async () => {
    const { body } = await coarsen();
    const [by] = body.entries;
    type Shown = { state: string; coarsening: number | null; record: DecisionRecord };
    const opened = async (id: string) =>
      (await service.json<Shown>("GET", `/v1/audit/decisions/${id}`, "auditor")).body;
    expect(await opened(made[3]!.id)).toMatchObject({ state: "kept", coarsening: by });
    expect(await opened(made[0]!.id)).toMatchObject({ state: "kept", coarsening: null });
    const bundle = async (id: string) =>
      checked(await (await service.call("GET", `/v1/audit/decisions/${id}/evidence`, "auditor")).text());
    expect(await bundle(made[3]!.id)).toMatchObject({
      ok: true,
      state: "COARSENED",
      entry: made[3]!.logIndex,
    });
    expect(await bundle(made[0]!.id)).toMatchObject({ ok: true, state: "VERIFIED" });
  });

  it("are told on the auditor's pages of the decision and of both entries", async () => {
    const [by] = (await coarsen()).body.entries;
    const signedIn = await service.app.request("/session", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" },
      body: new URLSearchParams({ token: service.tokens.auditor }).toString(),
    });
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0]!;
    const page = async (path: string) => (await service.app.request(path, { headers: { cookie } })).text();
    const link = `href="/audit/entries/${by}"`;
    expect(await page(`/audit/decisions/${made[3]!.id}`)).toContain(link);
    expect(await page(`/audit/decisions/${made[0]!.id}`)).not.toContain(link);
    expect(await page(`/audit/entries/${made[3]!.logIndex}`)).toContain(link);
    expect(await page(`/audit/entries/${by}`)).toMatch(/de 2 mais precisos|of 2 finer ones/);
  });

  it("are found where a superuser puts the finer one back, or another commitment", async () => {
    const before = await rowOf(made[3]!.id);
    await coarsen();
    const after = await rowOf(made[3]!.id);
    const edited = async (statement: ReturnType<typeof sql>) => {
      await database.db.transaction(async (tx) => {
        await tx.execute(sql`SET LOCAL session_replication_role = replica`);
        await tx.execute(statement);
      });
      return (await audited())?.code;
    };
    const put = ({ body, salt }: typeof before) =>
      sql`UPDATE record SET body = ${body}, salt = decode(${toHex(salt)}, 'hex') WHERE id = ${before.id}`;
    expect(await edited(put(before))).toBe("record_or_erasure");
    expect(await edited(put(after))).toBeUndefined();
    const other = sql`UPDATE coarsened_entry SET commitment = decode(${"00".repeat(32)}, 'hex') WHERE position = 0`;
    expect(await edited(other)).toBe("record_or_erasure");
    expect(await edited(sql`DELETE FROM coarsened_entry`)).toBe("record_or_erasure");
  });

  it("leave a person's own answer whole, and go when the person is erased", async () => {
    await coarsen();
    const as = { token: await service.issuer.issue("subject", { subject: "ana-3", proof: 3 }) };
    const access = await service.call("GET", "/v1/me/access", as);
    expect(await access.text()).toContain(made[3]!.id);
    const proof = await (await service.call("GET", "/v1/me/access/proof", as)).text();
    expect(await checked(proof)).toMatchObject({ ok: true });
    expect((await service.call("DELETE", "/v1/me", as)).status).toBe(200);
    await closeErasureInterval(service.deps);
    expect((await exported()).states).toMatchObject({ COARSENED: 1, PENDING: 0 });
    expect(await audited()).toBeNull();
  });

  it("are told as pending in an export that was begun before", async () => {
    const head = await service.deps.log.head();
    await coarsen();
    let text = "";
    for await (const line of exportLines(database.db, head)) text += line;
    expect(await checked(text)).toMatchObject({ ok: true, states: { COARSENED: 0, PENDING: 2 } });
  });

  it("are left alone where they were erased after they were chosen", async () => {
    const { models } = service.deps;
    const live = models.live.bind(models);
    let erased = false;
    models.live = async (model, version) => {
      if (!erased) {
        erased = true;
        const as = { token: await service.issuer.issue("subject", { subject: "ana-2", proof: 3 }) };
        expect((await service.call("DELETE", "/v1/me", as)).status).toBe(200);
      }
      return live(model, version);
    };
    expect(await coarsenRecords(service.deps, MODEL)).toMatchObject({ records: 1 });
    expect((await told(made[3]!.id)).inputs.channel).toEqual({ kind: "dropped" });
    expect(await database.db.select().from(coarsenedEntry)).toMatchObject([{ logIndex: made[3]!.logIndex }]);
    await closeErasureInterval(service.deps);
    expect(await exported()).toMatchObject({ ok: true, states: { COARSENED: 1, PENDING: 0 } });
    expect(await audited()).toBeNull();
  });
});

describe("a model whose package states no k", () => {
  it("has records made coarser for the k that is asked for, and for none otherwise", async () => {
    const database = await freshPostgres();
    const folder = await gatedPackage();
    const service = await testService(database, { packages: [folder] });
    const inputs = { waiting_days: 3, channel: "web", note: "it broke" };
    await service.call("POST", `/v1/models/${MODEL}/decisions`, "product", { subject: "ana", inputs });
    await expect(coarsenRecords(service.deps, MODEL)).rejects.toMatchObject({ code: "k_not_stated" });
    const { status, body } = await service.json("POST", `/v1/models/${MODEL}/coarsen`, "operator", {});
    expect([status, body.code]).toEqual([422, "k_not_stated"]);
    expect(await coarsenRecords(service.deps, MODEL, { k: 2 })).toMatchObject({ records: 1, k: 2 });
    const [row] = await database.db.select().from(record).where(eq(record.kind, "decision"));
    const { inputs: said } = JSON.parse(row!.body) as DecisionRecord;
    expect([said.waiting_days, said.channel]).toEqual([{ kind: "dropped" }, { kind: "dropped" }]);
    await closeChecked(database, service);
    await rm(folder, { recursive: true, force: true });
  });
});

it("a record is made coarser level by level as larger k are asked for, each time by an entry of its own", async () => {
  const model = "german-credit-logistic";
  const database = await freshPostgres();
  const service = await testService(database, { packages: [GERMAN_CREDIT_LOGISTIC] });
  const example = await exampleOf(service, model);
  for (const housing of ["own", "rent"]) {
    for (let i = 0; i < 4; i++) {
      const inputs = { ...example.inputs, housing };
      const body = { subject: `${housing}-${i}`, inputs };
      await service.call("POST", `/v1/models/${model}/decisions`, "product", body);
    }
  }
  const ages = async () => {
    const rows = await database.db.select().from(record).where(eq(record.kind, "decision"));
    return rows
      .sort((a, b) => a.logIndex - b.logIndex)
      .map(({ body }) => (JSON.parse(body) as DecisionRecord).inputs)
      .map(({ age_years, housing }) => [(age_years as { to: number | null }).to, housing!.kind]);
  };
  const [coarsest, middle] = [
    [45, "dropped"],
    [30, "dropped"],
  ];
  const fine = [30, "category"];
  expect(await ages()).toEqual([coarsest, coarsest, fine, fine, middle, middle, fine, fine]);
  // Two each that own and that rent are too few; with the two that say no housing they are six.
  expect(await coarsenRecords(service.deps, model)).toMatchObject({ k: 3, records: 4 });
  expect(await ages()).toEqual([coarsest, coarsest, middle, middle, middle, middle, middle, middle]);
  expect(await coarsenRecords(service.deps, model, { k: 7 })).toMatchObject({ records: 6 });
  expect(new Set((await ages()).map(String))).toEqual(new Set([String(coarsest)]));

  const key = parseVkey(nodeCrypto, service.deps.log.context.signer.vkey);
  const text = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
  const verdict = await verify(nodeCrypto, chunks(text), { key, now: new Date() });
  expect(verdict).toMatchObject({ ok: true, states: { COARSENED: 6, PENDING: 0 } });
  expect(await database.db.$count(coarsenedEntry)).toBe(10);
  await closeChecked(database, service);
});
