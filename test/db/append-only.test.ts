import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { logBatch, logHead } from "../../src/db/tables.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("the log's tables on %s", (_, open) => {
  let opened: OpenDatabase;
  const bytes = new Uint8Array(32);
  beforeAll(async () => {
    opened = await open();
    await opened.db.insert(logBatch).values({ first: 0, leaves: bytes, hashes: bytes });
    await opened.db.insert(logHead).values({ id: 1, vkey: "v", size: 1, root: bytes, frontier: bytes });
  });
  afterAll(() => opened.close());

  const message = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error: Error & { cause?: Error }) => `${error.message} ${error.cause?.message ?? ""}`,
    );

  it.each([
    ["an UPDATE", sql`UPDATE log_batch SET leaves = '' WHERE first = 0`],
    ["a DELETE", sql`DELETE FROM log_batch`],
    ["a TRUNCATE", sql`TRUNCATE log_batch`],
    ["an UPDATE of a tile", sql`UPDATE log_tile SET root = ''`],
    ["a DELETE of the head", sql`DELETE FROM log_head`],
    ["an UPDATE of a published model", sql`UPDATE model_file SET content = ''`],
    ["an UPDATE of a record", sql`UPDATE record SET body = ''`],
    ["an UPDATE of a coarsening's item", sql`UPDATE coarsened_entry SET log_index = 0`],
    ["a DELETE of an erased entry's mark", sql`DELETE FROM erased_entry`],
  ])("refuse %s", async (_, statement) => {
    expect(await message(opened.db.execute(statement))).toContain("refused");
  });

  it("refuse a head that shrinks or changes its key", async () => {
    expect(await message(opened.db.execute(sql`UPDATE log_head SET size = 0`))).toContain("only grows");
    expect(await message(opened.db.execute(sql`UPDATE log_head SET size = 2, vkey = 'x'`))).toContain(
      "only grows",
    );
    expect(await message(opened.db.execute(sql`UPDATE log_head SET size = 2`))).toBe("accepted");
  });

  it("take a second migration as done", async () => {
    await opened.migrate();
  });
});
