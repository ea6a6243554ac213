import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import type { record } from "../../src/db/tables.ts";
import { DETACH_PEOPLE, detachLater, detachWaiting } from "../../src/subjects/detach.ts";
import { freshPostgres } from "../support/databases.ts";

let database: OpenDatabase;
beforeAll(async () => {
  database = await freshPostgres();
});
afterAll(() => database.close());

/** A record whose `rest` is a mark that only this test knows: who is behind it. */
const marked = (mark: number): typeof record.$inferSelect => ({
  id: randomUUID(),
  logIndex: mark,
  kind: "decision",
  hour: 490_000,
  model: "m",
  version: 1,
  outcome: "granted",
  client: "c",
  about: null,
  receiptSize: mark + 1,
  body: JSON.stringify({ kind: "decision", outcome: "granted", rest: mark, seed: mark, id: "x" }),
  salt: new Uint8Array(32),
  keyHmac: null,
});

it("a detached record is linked to its entry no better than by chance, by place, by id and by order of arrival", async () => {
  const rounds = 60;
  for (let round = 0; round < rounds; round++) {
    for (let person = 0; person < DETACH_PEOPLE; person++) {
      await detachLater(database.db, randomUUID(), [marked(round * DETACH_PEOPLE + person)]);
    }
    expect(await detachWaiting(database.db)).toBe(DETACH_PEOPLE);
  }
  /** Guesses of an attacker who knows the entries' order and that batches come in order: place in the batch = person. */
  const hits = async (order: string) => {
    const { rows } = (await database.db.execute(
      sql.raw(`SELECT (body::json ->> 'rest')::int AS mark FROM detached_record ORDER BY ${order}`),
    )) as unknown as { rows: { mark: number }[] };
    const batches = Map.groupBy(rows, ({ mark }) => Math.floor(mark / DETACH_PEOPLE));
    return [...batches.values()].flatMap((batch) =>
      batch.filter(({ mark }, place) => mark % DETACH_PEOPLE === place),
    ).length;
  };
  // One hit a batch by chance; the sum over 60 batches has a standard deviation of about 7.7. Five of them either way.
  for (const order of ["ctid", "id", "xmin::text::bigint, ctid", "md5(body)"]) {
    expect(Math.abs((await hits(order)) - rounds)).toBeLessThan(39);
  }
});

it("records of one person alone wait, however many they are", async () => {
  const person = randomUUID();
  await detachLater(
    database.db,
    person,
    Array.from({ length: 50 }, (_, i) => ({ ...marked(i), version: 2 })),
  );
  expect(await detachWaiting(database.db)).toBe(0);
});
