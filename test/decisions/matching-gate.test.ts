import { rm } from "node:fs/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { matchingClass, record } from "../../src/db/tables.ts";
import type { DecisionRecord } from "../../src/decisions/decision.ts";
import { freshPostgres } from "../support/databases.ts";
import { gatedPackage } from "../support/gated-package.ts";
import { exampleOf, GERMAN_CREDIT_LOGISTIC, type TestService, testService } from "../support/service.ts";

const K = 3;

describe("a package that states k", () => {
  let database: OpenDatabase;
  let service: TestService;
  let folder: string;
  beforeAll(async () => {
    folder = await gatedPackage(K);
    database = await freshPostgres();
    service = await testService(database, { packages: [folder] });
  });
  afterAll(async () => {
    await service.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const decide = async (who: string, waiting_days: number, channel: string) => {
    const inputs = { waiting_days, channel, note: "it broke" };
    const told = await service.json<{ id: string }>("POST", "/v1/models/free-text/decisions", "product", {
      subject: who,
      inputs,
    });
    expect(told.status).toBe(201);
    const [row] = await database.db
      .select({ body: record.body })
      .from(record)
      .where(eq(record.id, told.body.id));
    return JSON.parse(row!.body) as DecisionRecord;
  };

  it("records the first of a class at the coarsest level and the k-th as its policies say", async () => {
    const coarse = [{ kind: "range", from: null, to: 10 }, { kind: "dropped" }];
    const fine = [
      { kind: "range", from: null, to: 5 },
      { kind: "category", value: "remote" },
    ];
    const kept = [];
    for (let i = 0; i < 4; i++) {
      const { inputs, attributions } = await decide(`ana-${i}`, 3, "web");
      kept.push([inputs.waiting_days, inputs.channel]);
      expect(Object.hasOwn(attributions, "channel")).toBe(i >= K - 1);
    }
    expect(kept).toEqual([coarse, coarse, fine, fine]);
    // Another class starts anew.
    expect((await decide("bia", 3, "letter")).inputs.channel).toEqual({ kind: "dropped" });
  });

  it("counts classes and no people, also for a process that comes later", async () => {
    const counted = async () => {
      const rows = await database.db.select().from(matchingClass);
      return rows.map(({ arrivals }) => arrivals).sort();
    };
    await expect.poll(counted).toEqual([1, 4]);
    const later = await testService(
      { ...database, db: Object.create(database.db) },
      {
        packages: [],
        keys: service.keys,
      },
    );
    const told = await later.json<{ id: string }>("POST", "/v1/models/free-text/decisions", "product", {
      subject: "caio",
      inputs: { waiting_days: 3, channel: "phone", note: "it broke" },
    });
    const [row] = await database.db
      .select({ body: record.body })
      .from(record)
      .where(eq(record.id, told.body.id));
    const { inputs } = JSON.parse(row!.body) as DecisionRecord;
    expect(inputs.channel).toEqual({ kind: "category", value: "remote" });
    await expect.poll(counted).toEqual([1, 5]);
    await later.close();
  });

  it("lets as many as come at once in at the coarsest level, since none of them stands before the others", async () => {
    const records = await Promise.all(
      Array.from({ length: K + 1 }, (_, i) => decide(`dora-${i}`, 30, "web")),
    );
    for (const [i, { inputs }] of records.entries()) {
      const matching = records.filter(
        ({ inputs: other }) =>
          other.channel!.kind === "dropped" ||
          inputs.channel!.kind === "dropped" ||
          JSON.stringify(other) === JSON.stringify(inputs),
      );
      expect([i, matching.length >= K]).toEqual([i, true]);
    }
  });
});

it("the demo's logistic package says no more than an age of those whom nobody resembles yet", async () => {
  const database = await freshPostgres();
  const service = await testService(database, { packages: [GERMAN_CREDIT_LOGISTIC] });
  const example = await exampleOf(service, "german-credit-logistic");
  const recorded: DecisionRecord["inputs"][] = [];
  for (const subject of ["ana", "bia", "caio"]) {
    const path = "/v1/models/german-credit-logistic/decisions";
    await service.call("POST", path, "product", { ...example, subject });
    const rows = await database.db.select().from(record).where(eq(record.kind, "decision"));
    recorded.push((JSON.parse(rows.at(-1)!.body) as DecisionRecord).inputs);
  }
  for (const inputs of recorded.slice(0, 2)) {
    expect(inputs.age_years).toEqual({ kind: "range", from: null, to: 45 });
    expect([inputs.housing, inputs.job]).toEqual([{ kind: "dropped" }, { kind: "dropped" }]);
  }
  expect(recorded[2]!.housing!.kind).toBe("category");
  expect(recorded[2]!.age_years).not.toEqual(recorded[0]!.age_years);
  await service.close();
  await database.close();
});
