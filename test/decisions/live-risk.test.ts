import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { record } from "../../src/db/tables.ts";
import type { DecisionRecord } from "../../src/decisions/decision.ts";
import { type LiveRisk, riskOfRecords } from "../../src/decisions/live-risk.ts";
import { RiskGauges } from "../../src/http/risk.ts";
import { freshEmbedded } from "../support/databases.ts";
import { exampleOf, FREE_TEXT, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

describe("the risk of a model's records", () => {
  let database: OpenDatabase;
  let service: TestService;
  const ages = [26, 26, 27, 41, 41, 70];
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database, { packages: [GERMAN_CREDIT, FREE_TEXT] });
    const example = await exampleOf(service);
    for (const [i, age_years] of ages.entries()) {
      const body = { subject: `person-${i}`, inputs: { ...example.inputs, age_years } };
      const told = await service.call("POST", "/v1/models/german-credit/decisions", "product", body);
      expect(told.status).toBe(201);
    }
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  it("counts classes of equal recorded quasi-identifiers, not of inputs", async () => {
    const { quasiIdentifiers, report } = await riskOfRecords(service.deps, "german-credit");
    const rows = await database.db.select({ kind: record.kind, body: record.body }).from(record);
    const sizes = new Map<string, number>();
    for (const { kind, body } of rows) {
      if (kind !== "decision") continue;
      const { inputs } = JSON.parse(body) as DecisionRecord;
      const cells = JSON.stringify(quasiIdentifiers.map((name) => inputs[name]));
      sizes.set(cells, (sizes.get(cells) ?? 0) + 1);
    }
    expect(sizes.size).toBeGreaterThan(1);
    expect(sizes.size).toBeLessThan(new Set(ages).size);
    const smallest = Math.min(...sizes.values());
    expect(report).toMatchObject({
      rows: ages.length,
      classes: sizes.size,
      k: smallest,
      prosecutor_highest: 1 / smallest,
      prosecutor_average: sizes.size / ages.length,
    });
    expect(Object.keys(report!.sensitive)).toEqual(expect.arrayContaining(["outcome", "score"]));
    expect(report!.sensitive.score!.t_ordered).toBeDefined();
  });

  it("is told to operators and auditors, and not to products", async () => {
    const path = "/v1/models/german-credit/risk";
    for (const reader of ["operator", "auditor"] as const) {
      const told = await service.json<LiveRisk>("GET", path, reader);
      expect([told.status, told.body.report!.rows]).toEqual([200, ages.length]);
    }
    expect((await service.json("GET", path, "product")).status).toBe(403);
    expect((await service.json("GET", "/v1/models/nobody/risk", "auditor")).body.code).toBe("unknown_model");
  });

  it("of a model without records is no number", async () => {
    expect((await riskOfRecords(service.deps, "free-text")).report).toBeNull();
  });

  it("stands in gauges whose only label is a model's name", async () => {
    const gauges = new RiskGauges();
    expect(await gauges.text()).not.toContain("motivo_risk_k");
    await gauges.measure(service.deps);
    const lines = (await gauges.text()).split("\n").filter((line) => /^motivo/.test(line));
    expect(lines).toContain(`motivo_risk_records{model="german-credit"} ${ages.length}`);
    expect(lines).toContain('motivo_risk_records{model="free-text"} 0');
    expect(lines).toContain('motivo_risk_k{model="german-credit"} 1');
    for (const line of lines)
      expect(line).toMatch(/^motivo_risk_[a-z_]+\{model="(german-credit|free-text)"\} [\d.e+-]+$/);
    const answer = await service.call("GET", "/metrics", "operator");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, gauges.contentType]);
    expect((await service.call("GET", "/metrics", null)).status).toBe(401);
  });
});
