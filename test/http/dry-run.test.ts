import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { payload, record, subject } from "../../src/db/tables.ts";
import { freshPostgres } from "../support/databases.ts";
import { exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

const PATH = "/v1/models/german-credit/decisions";

describe("a dry run", () => {
  let database: OpenDatabase;
  let service: TestService;
  let inputs: Record<string, string | number>;
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database, {
      packages: [GERMAN_CREDIT],
      env: { MOTIVO_DRY_RUNS_PER_HOUR: "4" },
    });
    ({ inputs } = await exampleOf(service));
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });
  const tokenOf = async (client: string) => ({
    token: await service.issuer.issue("product", { subject: client, client }),
  });
  const tried = async (client: string, body: Record<string, unknown>) => {
    const response = await service.call("POST", PATH, await tokenOf(client), { dryRun: true, ...body });
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      body: JSON.parse(await response.text()),
    };
  };

  it("is explained, says that it is no decision, and leaves nothing in log, records or vault", async () => {
    const before = (await service.deps.log.head()).size;
    const kept = await database.db.$count(record);
    const { status, body } = await tried("explained", { inputs, language: "en" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ dryRun: true, model: "german-credit", version: 1, language: "en" });
    expect(Object.keys(body)).not.toContain("id");
    expect(Object.keys(body)).not.toContain("receipt");
    const sum = Object.values(body.attributions as Record<string, { value: number }>).reduce(
      (total, { value }) => total + value,
      body.base,
    );
    expect(Math.abs(sum - body.explained.output)).toBeLessThan(1e-9);
    expect(body.reasons.length).toBeGreaterThan(0);
    expect((await service.deps.log.head()).size).toBe(before);
    expect(await database.db.$count(record)).toBe(kept);
    expect(await database.db.$count(payload)).toBe(0);
    expect(await database.db.$count(subject)).toBe(0);
  });

  it("comes to the score that the decision comes to", async () => {
    const dry = await tried("compared", { inputs });
    const { body } = await service.json<{ score: number; base: number }>("POST", PATH, "product", {
      subject: "somebody",
      inputs,
    });
    expect([dry.body.score, dry.body.base]).toEqual([body.score, body.base]);
  });

  it("accepts no subject, and says so without repeating it", async () => {
    for (const named of ["Zebedeu", { id: "Zebedeu" }, null]) {
      const { status, body } = await tried("named", { inputs, subject: named });
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, "subject_not_accepted", "/subject"]);
      expect(JSON.stringify(body)).not.toContain("Zebedeu");
    }
  });

  it("is refused for its content as a decision would be", async () => {
    expect((await tried("wrong", { inputs: { ...inputs, amount_dm: 1e9 } })).body.code).toBe("out_of_range");
    expect((await tried("wrong", { inputs, language: "de" })).body.code).toBe("unsupported_language");
    expect((await tried("wrong", { inputs, version: 1 })).body.code).toBe("invalid_request");
  });

  it("is given so often an hour to each client, refusals for its content not counted", async () => {
    for (let i = 0; i < 6; i++)
      expect((await tried("busy", { inputs: { ...inputs, amount_dm: 1e9 } })).status).toBe(422);
    for (let i = 0; i < 4; i++) expect((await tried("busy", { inputs })).status).toBe(200);
    const { status, retryAfter, body } = await tried("busy", { inputs });
    expect([status, body.code]).toEqual([429, "too_many_dry_runs"]);
    expect(Number(retryAfter)).toBeGreaterThan(3000);
    expect(Number(retryAfter)).toBeLessThanOrEqual(3600);
    expect((await tried("another", { inputs })).status).toBe(200);
  });

  it("that is not asked for by true is none", async () => {
    for (const dryRun of ["true", 1, null])
      expect((await tried("unsure", { inputs, dryRun })).body.code).toBe("invalid_request");
    const { status, body } = await service.json("POST", PATH, "product", {
      subject: "somebody",
      inputs,
      dryRun: false,
    });
    expect([status, Object.keys(body).includes("receipt")]).toEqual([201, true]);
  });
});
