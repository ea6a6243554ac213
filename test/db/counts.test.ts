import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { foldCounts } from "../../src/db/counts.ts";
import { monitorCount, monitorDelta } from "../../src/db/tables.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("counts on %s", (_, openDatabase) => {
  let database: OpenDatabase;
  const opened: OpenDatabase[] = [];
  beforeEach(async () => {
    database = await openDatabase();
    opened.push(database);
  });
  afterAll(async () => {
    for (const { close } of opened) await close();
  });

  const add = (day: number, outcome: string, n: number) =>
    database.db
      .insert(monitorDelta)
      .values({ days: [day], models: ["m"], versions: [1], outcomes: [outcome], counts: [n] });
  const stored = async () =>
    (await database.db.select().from(monitorCount).orderBy(monitorCount.day, monitorCount.outcome)).map(
      ({ day, outcome, count }) => [day, outcome, count],
    );

  it("add up by day, model version and outcome, and go on adding", async () => {
    await add(1, "approved", 7);
    await add(1, "approved", 8);
    await add(1, "refused", 10);
    await foldCounts(database.db);
    expect(await stored()).toEqual([
      [1, "approved", 15],
      [1, "refused", 10],
    ]);
    await add(1, "approved", 20);
    await foldCounts(database.db);
    expect(await stored()).toEqual([
      [1, "approved", 35],
      [1, "refused", 10],
    ]);
    expect(await database.db.select().from(monitorDelta)).toEqual([]);
  });

  it("below ten wait for a later day's instead of being stored", async () => {
    await add(1, "refused", 4);
    await foldCounts(database.db);
    expect(await stored()).toEqual([]);
    await add(2, "refused", 5);
    await foldCounts(database.db);
    expect(await stored()).toEqual([]);
    await add(3, "refused", 1);
    await foldCounts(database.db);
    expect(await stored()).toEqual([[3, "refused", 10]]);
    expect(await database.db.select().from(monitorDelta)).toEqual([]);
  });
});
