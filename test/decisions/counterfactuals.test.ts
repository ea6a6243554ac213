import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { payload, record } from "../../src/db/tables.ts";
import type { ToldCounterfactuals } from "../../src/decisions/counterfactual-words.ts";
import { counterfactualsOf, makeCounterfactuals } from "../../src/decisions/counterfactuals.ts";
import type { DecisionAnswer } from "../../src/decisions/decision.ts";
import { openFollowUps, withoutFollowUp } from "../../src/decisions/follow-up.ts";
import { openDeps } from "../../src/node.ts";
import { closeErasureInterval } from "../../src/subjects/close-interval.ts";
import { checkLog } from "../support/check-log.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, type TestService, testService } from "../support/service.ts";

type Kept = { kind: string; about?: string; [member: string]: unknown };

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("what would have changed a decision, on %s", (_, open) => {
  let database: OpenDatabase;
  let service: TestService;
  let example: Awaited<ReturnType<typeof exampleOf>>;
  beforeAll(async () => {
    database = await open();
    service = await testService(database);
    example = await exampleOf(service);
  });
  afterAll(() => closeChecked(database, service));

  const decided = async (subject: string, inputs: Record<string, unknown> = {}) => {
    const body = { ...example, subject, inputs: { ...example.inputs, ...inputs } };
    const { body: answer } = await service.json<DecisionAnswer>(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      body,
    );
    return answer;
  };
  const asked = (id: string) =>
    service.json<ToldCounterfactuals & { code?: string }>(
      "GET",
      `/v1/decisions/${id}/counterfactuals`,
      "product",
    );
  const as = async (subject: string) => ({
    token: await service.issuer.issue("subject", { subject, proof: 3 }),
  });
  const keptAbout = async (id: string) => {
    const rows = await database.db.select().from(record);
    return rows.filter((row) => row.about === id && row.kind === "explanation");
  };

  it("is found by the same version, and deciding on it says so", async () => {
    const decision = await decided("person-found");
    expect(decision.outcome).toBe("refused");
    const { status, body } = await asked(decision.id);
    expect([status, body.state]).toEqual([200, "found"]);
    expect(body.ways.length).toBeGreaterThan(0);
    for (const way of body.ways) {
      const again = await decided(
        "somebody-else",
        Object.fromEntries(way.changes.map(({ feature, to }) => [feature, to])),
      );
      expect([again.outcome, way.outcome]).toEqual(["approved", "approved"]);
      expect(Math.abs(again.score - way.score)).toBeLessThan(1e-5);
      for (const { feature, from, to } of way.changes) {
        expect(from).toBe(example.inputs[feature]);
        expect(to).not.toBe(from);
        expect(body.considered.map((one) => one.feature)).toContain(feature);
      }
    }
    expect(body.considered.map(({ feature }) => feature)).not.toContain("age_years");
  });

  it("is worded in both languages, with the model and day that it speaks of", async () => {
    const decision = await decided("person-words");
    const { body } = await asked(decision.id);
    for (const language of ["pt-BR", "en"] as const) {
      expect(body.noPromise![language]).toContain("german-credit");
      for (const { text } of body.ways) expect(text[language]).not.toMatch(/[{}]|undefined/);
    }
    const texts = body.ways.map(({ text }) => text);
    expect(texts.map((text) => text.en)).not.toEqual(texts.map((text) => text["pt-BR"]));
  });

  it("is one entry on the record, however many ask, and each reading is on it too", async () => {
    const decision = await decided("person-once");
    const answers = await Promise.all([asked(decision.id), asked(decision.id), asked(decision.id)]);
    await makeCounterfactuals(service.deps, decision.id);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const kept = await keptAbout(decision.id);
    expect(kept.map(({ logIndex }) => logIndex)).toEqual([answers[0]!.body.logIndex]);
    const readings = (await database.db.select().from(record)).filter(
      ({ about, body }) => about === decision.id && body.includes('"what":"explanation"'),
    );
    expect(readings).toHaveLength(3);
  });

  it("tells auditors which features and which way, and no value", async () => {
    const decision = await decided("person-record", { amount_dm: 4321, duration_months: 31 });
    await asked(decision.id);
    const [row] = await keptAbout(decision.id);
    const body = JSON.parse(row!.body) as Kept & { ways: { changes: Record<string, string>[] }[] };
    expect(body).toMatchObject({ about: decision.id, what: "counterfactuals", state: "found" });
    expect(Object.keys(body).sort()).toEqual(["about", "digests", "hour", "kind", "state", "ways", "what"]);
    for (const { changes } of body.ways)
      for (const change of changes) {
        expect(Object.keys(change).sort()).toEqual(["direction", "feature"]);
        expect(["up", "down", "other"]).toContain(change.direction);
      }
    expect(row!.body).not.toMatch(/4321|\b31\b/);
    const bytes = (await database.db.select().from(payload)).map(({ ciphertext }) =>
      Buffer.from(ciphertext).toString("latin1"),
    );
    expect(bytes.join()).not.toContain("counterfactual");
  });

  it("is another client's secret, as the decision is", async () => {
    const decision = await decided("person-client");
    const other = {
      token: await service.issuer.issue("product", { subject: "product-two", client: "product-two" }),
    };
    const { status, body } = await service.json("GET", `/v1/decisions/${decision.id}/counterfactuals`, other);
    expect([status, body.code]).toEqual([404, "unknown_decision"]);
    expect(await keptAbout(decision.id)).toEqual([]);
  });

  it("is nothing where the outcome was favourable, and no entry is made", async () => {
    const decision = await decided("person-approved", {
      checking_account: "200 DM or more, or salary for a year",
      amount_dm: 1500,
      duration_months: 12,
    });
    expect(decision.outcome).toBe("approved");
    expect((await asked(decision.id)).body).toMatchObject({ state: "favourable", ways: [], logIndex: null });
    expect(await keptAbout(decision.id)).toEqual([]);
  });

  it("is with a person's own decisions, and with everything that is held about them", async () => {
    const decision = await decided("person-own");
    const mine = async () =>
      (
        await service.json<{ decisions: { counterfactuals: ToldCounterfactuals }[] }>(
          "GET",
          "/v1/me/decisions",
          await as("person-own"),
        )
      ).body.decisions[0]!.counterfactuals;
    expect(await mine()).toMatchObject({ state: "computing", ways: [] });
    const { body: told } = await asked(decision.id);
    expect(await mine()).toEqual(told);
    const access = await service.json<{ purposes: { counterfactuals: { decision: string }[] }[] }>(
      "GET",
      "/v1/me/access",
      await as("person-own"),
    );
    expect(access.body.purposes[0]!.counterfactuals).toMatchObject([
      { decision: decision.id, state: "found", logIndex: told.logIndex },
    ]);
  });

  it("goes with the person: payload, record and answer, and the log still verifies", async () => {
    const decision = await decided("person-erased");
    const { body } = await asked(decision.id);
    const before = (await database.db.select().from(payload)).length;
    expect((await service.call("DELETE", "/v1/me", await as("person-erased"))).status).toBe(200);
    expect((await database.db.select().from(payload)).length).toBe(before - 2);
    expect(await keptAbout(decision.id)).toEqual([]);
    expect((await asked(decision.id)).body.code).toBe("unknown_decision");
    expect(await counterfactualsOf(service.deps, decision.id)).toBeNull();
    await closeErasureInterval(service.deps);
    const text = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    const result = await verify(
      nodeCrypto,
      (async function* () {
        yield new TextEncoder().encode(text);
      })(),
      { key: parseVkey(nodeCrypto, service.deps.log.context.signer.vkey), now: new Date() },
    );
    expect(result.ok).toBe(true);
    expect(body.logIndex).toBeGreaterThan(decision.receipt.logIndex);
  });

  it("is computed behind the answer, and after a crash at the next start", async () => {
    const lost = await decided("person-crash");
    expect(await withoutFollowUp(service.deps)).toContain(lost.id);
    const faults: unknown[] = [];
    const followUps = openFollowUps(service.deps, (error) => faults.push(error));
    service.deps.decided = followUps.decided;
    await followUps.idle();
    expect(await withoutFollowUp(service.deps)).toEqual([]);
    const { decide } = await import("../../src/decisions/decide.ts");
    const next = await decide(service.deps, {
      client: "product-one",
      model: "german-credit",
      subject: "person-next",
      inputs: example.inputs,
    });
    await followUps.idle();
    expect(await keptAbout(next.id)).toHaveLength(1);
    expect(await keptAbout(lost.id)).toHaveLength(1);
    await followUps.close();
    delete service.deps.decided;
    expect(faults).toEqual([]);
  });
});

it("is one entry when two replicas compute it at the same moment, and the same that one finds alone", async () => {
  const database = await freshPostgres();
  const service = await testService(database, { packages: ["packages/german-credit-logistic"] });
  const replica = await openDeps(service.config, database, service.keys);
  const example = await exampleOf(service, "german-credit-logistic");
  const decide = async () =>
    (
      await service.json<DecisionAnswer>(
        "POST",
        "/v1/models/german-credit-logistic/decisions",
        "product",
        example,
      )
    ).body.id;
  const ids = [await decide(), await decide()];
  for (const id of ids) {
    const both = await Promise.all([makeCounterfactuals(service.deps, id), makeCounterfactuals(replica, id)]);
    const [one, two] = both.map((made) => (made?.state === "computed" ? made : null));
    expect(one!.logIndex).toBe(two!.logIndex);
    expect(one!.found.ways).toEqual(two!.found.ways);
  }
  const rows = await database.db.select().from(record);
  expect(rows.filter(({ kind }) => kind === "explanation")).toHaveLength(2);
  await checkLog(database.db);
  await replica.log.close();
  await replica.models.close();
  await service.close();
  await database.close();
});
