import { rm } from "node:fs/promises";
import { asc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { matchingClass, record } from "../../src/db/tables.ts";
import { coarsenRecords } from "../../src/decisions/coarsen.ts";
import type { DecisionRecord } from "../../src/decisions/decision.ts";
import { endRetentionPeriods } from "../../src/subjects/retention.ts";
import { freshPostgres } from "../support/databases.ts";
import { gatedPackage } from "../support/gated-package.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

const K = 3;

describe("the counts of arrivals", () => {
  let database: OpenDatabase;
  let service: TestService;
  let folder: string;
  beforeEach(async () => {
    database = await freshPostgres();
    folder = await gatedPackage(K);
    service = await testService(database, { packages: [folder] });
    for (let i = 0; i < 4; i++) await decide(`ana-${i}`, "web");
    await decide("bia", "letter");
    await expect.poll(counts).toEqual({ letter: [1, 0], web: [4, 2] });
  });
  afterEach(async () => {
    await closeChecked(database, service);
    await rm(folder, { recursive: true, force: true });
  });

  /** Whether it went in as fine as the policies say. */
  async function decide(who: string, channel: string): Promise<boolean> {
    const inputs = { waiting_days: 3, channel, note: "it broke" };
    const { body } = await service.json<{ id: string }>("POST", "/v1/models/free-text/decisions", "product", {
      subject: who,
      inputs,
    });
    const [row] = await database.db.select().from(record).where(eq(record.id, body.id));
    return (JSON.parse(row!.body) as DecisionRecord).inputs.channel!.kind === "category";
  }
  async function erase(who: string) {
    const token = await service.issuer.issue("subject", { subject: who, proof: 3 });
    expect((await service.call("DELETE", "/v1/me", { token })).status).toBe(200);
  }
  /** Of the finest level: how many came, and how many stand in it. */
  async function counts() {
    const rows = await database.db.select().from(matchingClass).orderBy(asc(matchingClass.class));
    return Object.fromEntries(
      rows.map(({ class: name, arrivals, standing }) => [
        name.includes("remote") ? "web" : "letter",
        [arrivals, standing],
      ]),
    );
  }

  it("lose what is erased: a fine record its class, a coarse one each that it may have been of", async () => {
    await erase("ana-3");
    expect(await counts()).toEqual({ letter: [1, 0], web: [3, 1] });
    await erase("ana-0");
    expect(await counts()).toEqual({ letter: [0, 0], web: [2, 1] });
    await erase("bia");
    // Never below the records that stand in it, whose class nobody doubts.
    expect(await counts()).toEqual({ letter: [0, 0], web: [1, 1] });
    await erase("ana-1");
    expect(await counts()).toEqual({ letter: [0, 0], web: [1, 1] });
  });

  it("let later records be finer only where enough are left", async () => {
    await erase("ana-3");
    await erase("ana-0");
    expect(await decide("caio", "web")).toBe(true);
    await expect.poll(counts).toMatchObject({ web: [3, 2] });
    for (const who of ["caio", "ana-2"]) await erase(who);
    expect(await counts()).toMatchObject({ web: [1, 0] });
    expect(await decide("davi", "web")).toBe(false);
    await expect.poll(counts).toMatchObject({ web: [2, 0] });
  });

  it("lose what has been kept long enough", async () => {
    service.clock.now = new Date(Date.now() + 20 * 366 * 86_400_000);
    await endRetentionPeriods(service.deps, 6);
    expect(await database.db.$count(record, eq(record.kind, "decision"))).toBe(0);
    expect(await counts()).toEqual({ letter: [0, 0], web: [0, 0] });
  });

  it("keep what is made coarser as an arrival, which stands in the finer class no more", async () => {
    await coarsenRecords(service.deps, "free-text");
    expect(await counts()).toEqual({ letter: [1, 0], web: [4, 0] });
  });
});
