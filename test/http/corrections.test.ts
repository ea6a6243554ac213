import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

describe("a correction (LGPD 18 III, GDPR 16)", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database);
    rights = rightsOf(service);
  });
  afterAll(() => closeChecked(database, service));

  it("decides again on the corrected inputs and supersedes the decision without rewriting it", async () => {
    const { body: made } = await rights.decide("ana");
    const before = await (await service.call("GET", `/v1/decisions/${made.id}`, "product")).text();
    const asked = {
      decision: made.id,
      inputs: { duration_months: 6, credit_history: "no late payments in the past" },
    };
    const refused = await rights.ask("ana", "correction", {
      decision: made.id,
      inputs: { duration_months: 6_000_000 },
    });
    expect(refused).toMatchObject({ status: 422, body: { code: "out_of_range" } });
    expect((await rights.ask("bia", "correction", { ...asked })).body.code).toBe("unknown_decision");

    const { status, body } = await rights.ask("ana", "correction", {
      decision: made.id,
      inputs: { duration_months: 6 },
      statement: "It was six months.",
    });
    expect([status, body.state]).toEqual([201, "received"]);
    const granted = await service.json<{
      state: string;
      decision: { id: string; version: number; score: number; receipt: { logIndex: number } };
    }>("POST", `/v1/requests/${body.id}/answer`, "operator", { text: "Checked against the contract." });
    expect(granted).toMatchObject({ status: 200, body: { state: "answered", decision: { version: 1 } } });
    const anew = granted.body.decision;
    expect(anew.id).not.toBe(made.id);
    expect(anew.score).not.toBe(made.score);

    expect(await (await service.call("GET", `/v1/decisions/${made.id}`, "product")).text()).toBe(before);
    const standing = await service.json("GET", `/v1/decisions/${made.id}/standing`, "product");
    expect(standing.body).toMatchObject({
      decision: made.id,
      decided: made.outcome,
      supersededBy: { kind: "correction", decision: anew.id },
    });
    // The decision, the correction and the step of the request stand one after the other: one transaction.
    const correction = anew.receipt.logIndex + 1;
    expect(await rights.recordAt(correction)).toMatchObject({
      kind: "correction",
      decision: made.id,
      by: anew.id,
    });
    expect(JSON.stringify(await rights.recordAt(correction))).not.toContain("duration_months");
    const told = await rights.mine("ana", body.id);
    expect(told.body).toMatchObject({ outcome: { decision: anew.id } });
    expect(told.body.steps.at(-1)!.logIndex).toBe(correction + 1);

    const access = await service.json<{
      purposes: { corrections: unknown[]; completeness: { entries: number } }[];
    }>("GET", "/v1/me/access", await rights.tokenOf("ana"));
    expect(access.body.purposes[0]!.corrections).toMatchObject([
      { decision: made.id, by: anew.id, features: ["duration_months"] },
    ]);
  });

  it("is not made twice, and of a superseded decision not at all", async () => {
    const { body: made } = await rights.decide("caio");
    const asked = { decision: made.id, inputs: { duration_months: 6 } };
    const { body } = await rights.ask("caio", "correction", asked);
    const grant = () => service.json("POST", `/v1/requests/${body.id}/answer`, "operator", { text: "Yes." });
    const size = (await service.deps.log.head()).size;
    const both = await Promise.all([grant(), grant()]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    // A decision, its correction, the step: nothing of the second is left.
    expect((await service.deps.log.head()).size).toBe(size + 3);
    expect((await rights.ask("caio", "correction", asked)).body.code).toBe("decision_superseded");
    expect((await rights.ask("caio", "review", { decision: made.id, statement: "Why?" })).body.code).toBe(
      "decision_superseded",
    );
  });

  it("may rest on inputs that the operator found on evidence, and goes on while the purpose is restricted", async () => {
    const { body: made } = await rights.decide("davi");
    const asked = { decision: made.id, inputs: { duration_months: 6 } };
    const { body } = await rights.ask("davi", "correction", asked);
    await rights.ask("davi", "restriction", { because: "accuracy_contested" });
    const { status } = await service.json("POST", `/v1/requests/${body.id}/answer`, "operator", {
      text: "The contract says twelve.",
      inputs: { duration_months: 12 },
    });
    expect(status).toBe(200);
    const mine = await service.json<{ decisions: { inputs: { duration_months: number } }[] }>(
      "GET",
      "/v1/me/decisions",
      await rights.tokenOf("davi"),
    );
    expect(mine.body.decisions.map(({ inputs }) => inputs.duration_months)).toEqual([12, 30]);
  });

  it("is refused where the data is accurate, naming the article (LGPD 18 §4 II, GDPR 12(4))", async () => {
    const { body: made } = await rights.decide("eva");
    const { body } = await rights.ask("eva", "correction", {
      decision: made.id,
      inputs: { duration_months: 6 },
    });
    expect((await rights.act(body.id, "refuse", { ground: "accurate", text: "It was thirty." })).status).toBe(
      200,
    );
    expect((await rights.mine("eva", body.id)).body.steps.at(-1)).toMatchObject({
      ground: "accurate",
      articles: ["LGPD 18 III", "GDPR 16"],
    });
  });

  it("of a decision that an erasure took away meanwhile leaves nothing", async () => {
    const { body: made } = await rights.decide("gil");
    const { body } = await rights.ask("gil", "correction", {
      decision: made.id,
      inputs: { duration_months: 6 },
    });
    await service.call("DELETE", "/v1/me", await rights.tokenOf("gil"));
    const size = (await service.deps.log.head()).size;
    const { status } = await service.json("POST", `/v1/requests/${body.id}/answer`, "operator", {
      text: "Yes.",
    });
    expect(status).toBe(410);
    expect((await service.deps.log.head()).size).toBe(size);
  });
});
