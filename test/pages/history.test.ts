import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { historyOf } from "../../src/pages/audit/history-verb.ts";
import { freshEmbedded } from "../support/databases.ts";

/** What the page of a decision says of what came after it, over rows as the log's records are. */
describe("the history of a decision", () => {
  let database: OpenDatabase;
  let next = 0;
  beforeAll(async () => {
    database = await freshEmbedded();
  });
  afterAll(() => database.close());

  async function recorded(about: string, kinds: readonly string[]): Promise<void> {
    for (const kind of kinds) {
      const index = next++;
      const body = JSON.stringify({ kind, role: "auditor", purpose: "audit" });
      await database.db.execute(sql`
        INSERT INTO record (id, log_index, kind, hour, about, receipt_size, body, salt)
        VALUES (gen_random_uuid(), ${index}, ${kind}, 1, ${about}, ${index + 1}, ${body}, decode('00', 'hex'))`);
    }
  }
  const times = (kind: string, count: number) => Array.from({ length: count }, () => kind);

  it.each([
    { reviews: 3, readings: 100, shown: { reviews: 3, readings: 57 } },
    { reviews: 60, readings: 5, shown: { reviews: 60, readings: 0 } },
    { reviews: 70, readings: 5, shown: { reviews: 60, readings: 0 } },
    { reviews: 2, readings: 4, shown: { reviews: 2, readings: 4 } },
  ])(
    "has of $reviews reviews and $readings readings the newest, and counts the rest",
    async ({ reviews, readings, shown }) => {
      const about = crypto.randomUUID();
      const first = next;
      await recorded(about, [...times("access", readings), ...times("review", reviews)]);
      await recorded(crypto.randomUUID(), ["access"]);
      const { steps, more } = await historyOf(database, about);
      const of = (kind: string) => steps.filter((step) => step.kind === kind);
      expect([of("review").length, of("access").length]).toEqual([shown.reviews, shown.readings]);
      expect(more).toBe(reviews + readings - steps.length);
      const indices = steps.map(({ logIndex }) => logIndex);
      expect(indices).toEqual(indices.toSorted((a, b) => a - b));
      expect(indices.at(-1)).toBe(first + readings + reviews - 1);
      if (shown.readings > 0) expect(of("access").at(-1)!.logIndex).toBe(first + readings - 1);
    },
  );
});
