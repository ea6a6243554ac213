import { randomUUID } from "node:crypto";
import { and, count, countDistinct, eq, gte, sql } from "drizzle-orm";
import { canonicalize, type JsonObject } from "../../audit/canonical.ts";
import type { Database } from "../db/client.ts";
import { detachedRecord, detaching, type record } from "../db/tables.ts";

/** Of how many people a batch is at least, so that its coming says of nobody which record was theirs. */
export const DETACH_PEOPLE = 10;

/**
 * What a detached record still says. Id, index, salt, client, hour and the number of rounds are gone; the seed is gone,
 * too, since it follows from the id that a receipt names.
 */
const KEPT = [
  "outcome",
  "step",
  "score",
  "threshold",
  "base",
  "explained",
  "inputs",
  "attributionsOf",
  "attributions",
  "rest",
  "method",
  "reasons",
] as const;

function detachedBody(body: string): string {
  const told = JSON.parse(body) as JsonObject;
  return canonicalize(
    Object.fromEntries(KEPT.flatMap((name) => (name in told ? [[name, told[name]!]] : []))),
  );
}

const monthOf = (hour: number): string => new Date(hour * 3_600_000).toISOString().slice(0, 7);

/** Lays records of one erased person where they wait for others'. @param person random, one for each erasure */
export async function detachLater(
  tx: Database,
  person: string,
  rows: readonly (typeof record.$inferSelect)[],
): Promise<void> {
  const values = rows.flatMap(({ model, version, hour, body }) =>
    model === null || version === null
      ? []
      : [{ id: randomUUID(), person, model, version, month: monthOf(hour), body: detachedBody(body) }],
  );
  if (values.length > 0) await tx.insert(detaching).values(values);
}

/**
 * Moves what waits, model version by model version, once it is of enough people: in an order by random id, under new
 * random ids, and without the number that held one person's together.
 * @returns how many records were detached
 */
export async function detachWaiting(db: Database): Promise<number> {
  return db.transaction(async (tx) => {
    // One at a time, and nobody adds meanwhile: a record added in between would come alone.
    await tx.execute(sql`LOCK TABLE vault.detaching IN SHARE ROW EXCLUSIVE MODE`);
    const full = await tx
      .select({ model: detaching.model, version: detaching.version })
      .from(detaching)
      .groupBy(detaching.model, detaching.version)
      .having(gte(countDistinct(detaching.person), DETACH_PEOPLE));
    let moved = 0;
    for (const { model, version } of full) {
      const rows = await tx
        .delete(detaching)
        .where(and(eq(detaching.model, model), eq(detaching.version, version)))
        .returning();
      const batch = rows
        .map(({ month, body }) => ({ id: randomUUID(), model, version, month, body }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      for (let i = 0; i < batch.length; i += 500)
        await tx.insert(detachedRecord).values(batch.slice(i, i + 500));
      moved += batch.length;
    }
    return moved;
  });
}

/** How many records wait to be detached, for the operator. */
export async function waitingToDetach(db: Database): Promise<number> {
  const [row] = await db.select({ n: count() }).from(detaching);
  return row?.n ?? 0;
}
