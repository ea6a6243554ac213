import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { checkLog } from "../support/check-log.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { type TestService, testService } from "../support/service.ts";

const DAY = { from: "2026-03-10T00:00:00Z", to: "2026-03-10T23:59:59Z" };

describe("whom an incident touched", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  const decisions: string[] = [];

  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database, {});
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    rights = rightsOf(service);
    for (const who of ["caio", "bia", "ana", "ana"]) decisions.push((await rights.decide(who)).body.id);
    service.clock.now = new Date("2026-03-12T13:00:00Z");
    await rights.decide("davi");
    await service.call("DELETE", "/v1/me", await rights.tokenOf("caio"));
  });
  afterAll(async () => {
    await checkLog(database.db);
    await service.close();
    await database.close();
  });
  const asked = <T>(path: string, body: object) =>
    service.json<T>("POST", `/v1/incidents/${path}`, "operator", body);

  it("counts people once, however many decisions of theirs were touched, and not whom an erasure took away", async () => {
    const { status, body } = await asked("scope", DAY);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      made: 3,
      opened: 0,
      gone: 1,
      people: 2,
      byVersion: [{ model: "german-credit", decisions: 3, people: 2 }],
    });
    expect((await asked("scope", { ...DAY, model: "german-credit", version: 1 })).body).toMatchObject({
      gone: 1,
      people: 2,
    });
  });

  it("names each person once, each reading on the record about a decision of theirs", async () => {
    expect((await asked("people", DAY)).body).toEqual({ people: ["ana", "bia"] });
    const read = (await rights.records()).filter(({ purpose }) => purpose === "incident-notice");
    expect(read).toHaveLength(2);
    expect(read.every(({ decision }) => decisions.includes(String(decision)))).toBe(true);
    expect(new Set(read.map(({ decision }) => decision)).size).toBe(2);
  });

  it("counts what was opened in the period though it was made before, the readings of an incident apart", async () => {
    const outside = { from: "2026-03-11T00:00:00Z", to: "2026-03-12T23:59:59Z" };
    await service.call("GET", `/v1/audit/decisions/${decisions[1]}`, "auditor");
    expect((await asked("scope", outside)).body).toMatchObject({ made: 1, opened: 1, people: 2 });
  });
});
