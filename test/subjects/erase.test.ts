import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { hourOf } from "../../audit/leaf.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { dataKey, payload, record, subject } from "../../src/db/tables.ts";
import { unseal } from "../../src/privacy/sealing.ts";
import { keysOf } from "../../src/privacy/subject-keys.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, type TestService, testService } from "../support/service.ts";

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

type Example = Awaited<ReturnType<typeof exampleOf>>;

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("an erasure on %s", (kind, open) => {
  let database: OpenDatabase;
  let service: TestService;
  let example: Example;
  beforeEach(async () => {
    database = await open();
    service = await testService(database);
    example = await exampleOf(service);
  });
  afterEach(() => closeChecked(database, service));

  const decide = async (who: string, model = "german-credit", headers = {}) => {
    const body = { ...example, subject: who };
    const response = await service.call("POST", `/v1/models/${model}/decisions`, "product", body, headers);
    return (await response.json()) as { id: string; receipt: { logIndex: number } };
  };
  const as = async (who: string) => ({
    token: await service.issuer.issue("subject", { subject: who, proof: 3 }),
  });
  const exported = async () => (await service.call("GET", "/v1/audit/export", "auditor")).text();
  const verified = async (text: string) =>
    verify(nodeCrypto, chunks(text), {
      key: parseVkey(nodeCrypto, service.deps.log.context.signer.vkey),
      now: new Date(),
    });
  const stateOf = async (index: number) =>
    (
      await service.json<{ state: string; erasure: number | null; record: unknown }>(
        "GET",
        `/v1/audit/decisions/${index}`,
        "auditor",
      )
    ).body;

  it("ends access at once, leaves the log whole, and is justified by the next erasure entry", async () => {
    const mine = await decide("ana");
    const other = await decide("bia");
    await service.call("GET", `/v1/audit/decisions/${mine.id}`, "auditor");
    await service.call("GET", "/v1/me/access", await as("ana"));

    const done = await service.json<{ erased: { entries: number }[]; refused: unknown[] }>(
      "DELETE",
      "/v1/me",
      await as("ana"),
    );
    // The decision, the auditor's reading of it, and the person's own reading.
    expect(done).toMatchObject({
      status: 200,
      body: { erased: [{ model: "german-credit", entries: 3 }], refused: [] },
    });

    const access = await service.json<{ held: boolean }>("GET", "/v1/me/access", await as("ana"));
    expect(access.body).toMatchObject({ held: false, purposes: [] });
    expect((await service.json("GET", `/v1/decisions/${mine.id}`, "product")).body).toMatchObject({
      code: "unknown_decision",
    });
    expect((await service.json("GET", `/v1/audit/decisions/${mine.id}`, "auditor")).body).toMatchObject({
      code: "unknown_decision",
    });
    expect(await stateOf(mine.receipt.logIndex)).toMatchObject({ state: "erased-pending", record: null });
    expect(await verified(await exported())).toMatchObject({ ok: true, states: { PENDING: 3 } });

    const closed = (
      await service.json<{ logIndex: number; entries: number }>(
        "POST",
        "/v1/erasures/close-interval",
        "operator",
      )
    ).body;
    expect(closed.entries).toBe(3);
    expect(await stateOf(mine.receipt.logIndex)).toMatchObject({ state: "erased", erasure: closed.logIndex });
    expect(await stateOf(other.receipt.logIndex)).toMatchObject({ state: "kept" });
    expect(await verified(await exported())).toMatchObject({ ok: true, states: { PENDING: 0, ERASED: 3 } });
    expect((await service.json("POST", "/v1/erasures/close-interval", "operator")).body).toBeNull();
  });

  it("leaves no byte in any table that the person's key could open", async () => {
    await decide("ana");
    await decide("ana");
    await decide("bia");
    const keys = await keysOf(database.db, service.deps.epoch, "ana");
    await service.call("DELETE", "/v1/me", await as("ana"));
    expect(await database.db.$count(subject)).toBe(1);
    expect(await database.db.$count(dataKey)).toBe(1);
    const left = await database.db.select().from(payload);
    expect(left).toHaveLength(1);
    for (const row of left) {
      for (const key of keys) expect(() => unseal(key.vaultKey, row.ciphertext, row.tag)).toThrow("seal");
    }
    expect(await database.db.$count(record, sql`kind = 'decision'`)).toBe(1);
  });

  // PGlite takes the smaller set: what the database itself does differently is in the two above.
  if (kind === "PGlite") return;

  it("is refused where the basis is credit protection, naming the article, and the refusal is on the record", async () => {
    await decide("ana", "german-credit-logistic");
    const before = (await service.deps.log.head()).size;
    const refused = await service.json<{ refused: { article: string }[] }>(
      "DELETE",
      "/v1/me",
      await as("ana"),
    );
    expect(refused).toMatchObject({ status: 409, body: { code: "erasure_refused", erased: [] } });
    expect(refused.body.refused[0]!.article).toContain("LGPD 7 X");
    // The request as received, the refusal under the person's tag, and the request as refused.
    expect((await service.deps.log.head()).size).toBe(before + 3);
    const { body } = await service.json<{ purposes: { refusals: unknown[]; decisions: unknown[] }[] }>(
      "GET",
      "/v1/me/access",
      await as("ana"),
    );
    expect(body.purposes[0]!.decisions).toHaveLength(1);
    expect(body.purposes[0]!.refusals).toMatchObject([{ right: "erasure", article: "LGPD 7 X" }]);
  });

  it("goes purpose by purpose: what rests on consent goes, what may be kept stays", async () => {
    const gone = await decide("ana");
    const kept = await decide("ana", "german-credit-logistic");
    const done = await service.json("DELETE", "/v1/me", await as("ana"));
    expect(done).toMatchObject({
      status: 200,
      body: {
        erased: [{ model: "german-credit" }],
        refused: [{ model: "german-credit-logistic", article: "LGPD 7 X" }],
      },
    });
    expect((await service.json("GET", `/v1/decisions/${gone.id}`, "product")).status).toBe(404);
    expect((await service.json("GET", `/v1/decisions/${kept.id}`, "product")).status).toBe(200);
    const { body } = await service.json<{ purposes: { model: string }[] }>(
      "GET",
      "/v1/me/access",
      await as("ana"),
    );
    expect(body.purposes.map(({ model }) => model)).toEqual(["german-credit-logistic"]);
  });

  it("turns an idempotent repeat into 410, and a new decision about the same person into a first one", async () => {
    const first = await decide("ana", "german-credit", { "idempotency-key": "k" });
    await service.call("DELETE", "/v1/me", await as("ana"));
    const repeat = await service.call(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      { ...example, subject: "ana" },
      { "idempotency-key": "k" },
    );
    expect(repeat.status).toBe(410);
    const anew = await decide("ana");
    expect(anew.id).not.toBe(first.id);
    const { body } = await service.json<{ purposes: { decisions: unknown[] }[] }>(
      "GET",
      "/v1/me/access",
      await as("ana"),
    );
    expect(body.purposes[0]!.decisions).toHaveLength(1);
  });

  it("and decisions about the same person at the same time leave no half-erased person", async () => {
    await decide("ana");
    const token = await as("ana");
    const results = await Promise.all([
      ...Array.from({ length: 12 }, () => decide("ana")),
      service.call("DELETE", "/v1/me", token),
      ...Array.from({ length: 12 }, () => decide("ana")),
    ]);
    expect(
      results.filter((result) => !(result instanceof Response)).every((result) => "receipt" in result),
    ).toBe(true);
    const [key] = await keysOf(database.db, service.deps.epoch, "ana");
    expect(await database.db.$count(payload)).toBe(key?.entries ?? 0);
    await service.call("DELETE", "/v1/me", token);
    expect(await database.db.$count(payload)).toBe(0);
    expect(await verified(await exported())).toMatchObject({ ok: true });
  });

  it("waits for its interval: a process that starts writes only what was pending before this hour", async () => {
    await decide("ana");
    await service.call("DELETE", "/v1/me", await as("ana"));
    const hour = hourOf(new Date());
    expect(await closeErasureInterval(service.deps, { pendingBeforeHour: hour })).toBeNull();
    expect(await closeErasureInterval(service.deps, { pendingBeforeHour: hour + 1 })).toMatchObject({
      entries: 1,
    });
  });

  it("of a person nothing is held about is told so", async () => {
    expect(await service.json("DELETE", "/v1/me", await as("nobody"))).toMatchObject({
      status: 404,
      body: { code: "nothing_held" },
    });
  });
});

describe("an access answer", () => {
  it("gives the actual inputs, the reasons as shown, who opened them and for what, and how to check that nothing is missing", async () => {
    const database = await freshPostgres();
    const service = await testService(database);
    const example = await exampleOf(service);
    const who = { id: "ana", name: "Ana Exemplo", email: "ana@example.com" };
    const { body: made } = await service.json<{ id: string; reasons: unknown }>(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      { ...example, subject: who },
    );
    await service.call("GET", `/v1/decisions/${made.id}`, "product");
    await service.call("GET", `/v1/audit/decisions/${made.id}`, "auditor");
    await service.call("GET", `/v1/audit/decisions/${made.id}/evidence`, "auditor");
    const token = { token: await service.issuer.issue("subject", { subject: "ana", proof: 3 }) };
    await service.call("GET", "/v1/me/decisions", token);
    const { body } = await service.json<{
      purposes: {
        decisions: { inputs: unknown; subject: unknown; decision: { reasons: unknown } }[];
        opened: { role: string; purpose: string; what: string }[];
        completeness: { entries: number };
        legalBases: unknown[];
      }[];
    }>("GET", "/v1/me/access", token);
    const [purpose] = body.purposes;
    expect(purpose!.decisions[0]).toMatchObject({
      inputs: example.inputs,
      subject: who,
      decision: { reasons: made.reasons },
    });
    expect(purpose!.opened.map(({ role, what }) => `${role} ${what}`)).toEqual([
      "subject personal-data",
      "subject decisions",
      "auditor evidence",
      "auditor explanation",
      "product decision",
    ]);
    expect(purpose!.completeness.entries).toBe(3);
    expect(purpose!.legalBases).toEqual([{ kind: "consent", articles: ["LGPD 7 I", "GDPR 6(1)(a)"] }]);
    await service.close();
    await database.close();
  });
});
