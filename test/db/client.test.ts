import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../src/db/client.ts";
import { databaseAway } from "../../src/db/database-away.ts";
import { type BreakingProxy, breakingProxy } from "../crash/proxy.ts";
import { freshPostgres } from "../support/databases.ts";

describe("a connection to PostgreSQL that is lost", () => {
  let direct: Awaited<ReturnType<typeof freshPostgres>>;
  let proxy: BreakingProxy;
  beforeAll(async () => {
    direct = await freshPostgres();
    proxy = await breakingProxy(direct.url);
  });
  afterAll(async () => {
    await proxy.close();
    await direct.close();
  });

  it("at BEGIN, between statements or at COMMIT leaves its place in the pool to the next one", async () => {
    const { db, close } = await openPostgres(proxy.url, { poolSize: 1 });
    const transaction = () =>
      db.transaction(async (tx) => {
        await tx.execute(sql`SELECT 1`);
        await tx.execute(sql`SELECT 2`);
      });
    await transaction();
    proxy.mend();
    await transaction();
    const { toDatabase } = proxy.mend();
    expect(toDatabase).toBeGreaterThan(3);
    for (let message = 1; message <= toDatabase; message++) {
      proxy.breakAt({ direction: "to-database", message, when: "before" });
      const away = await transaction().then(
        () => null,
        (error: unknown) => databaseAway(error),
      );
      expect([message, away, proxy.mend().broken]).toEqual([message, "broken", true]);
      await transaction();
    }
    await close();
  });

  it("and one that nobody takes are told apart", async () => {
    const closed = await breakingProxy(direct.url);
    await closed.close();
    const { db, close } = await openPostgres(closed.url);
    const error: unknown = await db.execute(sql`SELECT 1`).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(databaseAway(error)).toBe("unreachable");
    expect(databaseAway(new Error("division by zero"))).toBeNull();
    await close();
  });
});
