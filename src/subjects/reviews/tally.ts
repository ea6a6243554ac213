import { desc, eq, gte } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { reviewTally } from "../../db/tables.ts";
import { type ConcludedReview, oversightOf, RUBBER_STAMP } from "./oversight.ts";

const asConcluded = (row: typeof reviewTally.$inferSelect): ConcludedReview => ({
  reviewer: row.reviewer,
  result: row.result as ConcludedReview["result"],
  seconds: row.seconds,
  concludedAt: row.concludedAt,
});

/** A reviewer's latest reviews, as many as a run needs. */
export async function latestOf(db: Database, reviewer: string): Promise<ConcludedReview[]> {
  const rows = await db
    .select()
    .from(reviewTally)
    .where(eq(reviewTally.reviewer, reviewer))
    .orderBy(desc(reviewTally.concludedAt))
    .limit(RUBBER_STAMP.consecutive);
  return rows.map(asConcluded);
}

/** Override rate, time per review and flags of the reviews that were concluded since. */
export async function reviewOversight(db: Database, since: Date): Promise<ReturnType<typeof oversightOf>> {
  const rows = await db.select().from(reviewTally).where(gte(reviewTally.concludedAt, since));
  return oversightOf(rows.map(asConcluded));
}
