import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";

/** A count below this says too much about the few people behind it to be stored by day. */
export const SMALL_COUNT = 10;

/**
 * Folds what the batches left (`monitor_delta`) into the counts by day, model version and outcome. What a day has too few
 * of waits and is merged into the next day's, until there are enough. Replicas may fold at once: each row is taken by one.
 */
export async function foldCounts(db: Database): Promise<void> {
  await db.execute(sql`
    WITH taken AS (
      DELETE FROM monitor_delta RETURNING *
    ), cell AS (
      SELECT c.day, c.model, c.version, c.outcome, sum(c.n) AS n
      FROM taken, unnest(days, models, versions, outcomes, counts) AS c(day, model, version, outcome, n)
      GROUP BY c.day, c.model, c.version, c.outcome
    ), merged AS (
      SELECT max(day) AS day, model, version, outcome, sum(n) AS n FROM cell WHERE n < ${SMALL_COUNT}
      GROUP BY model, version, outcome
    ), enough AS (
      SELECT day, model, version, outcome, sum(n) AS n FROM (
        SELECT * FROM cell WHERE n >= ${SMALL_COUNT} UNION ALL SELECT * FROM merged WHERE n >= ${SMALL_COUNT}
      ) AS every GROUP BY day, model, version, outcome
    ), waiting AS (
      INSERT INTO monitor_delta (days, models, versions, outcomes, counts)
      SELECT array_agg(day), array_agg(model), array_agg(version), array_agg(outcome), array_agg(n::int)
      FROM merged WHERE n < ${SMALL_COUNT} HAVING count(*) > 0
    )
    INSERT INTO monitor_count AS known (day, model, version, outcome, count)
    SELECT day, model, version, outcome, n FROM enough
    ON CONFLICT (day, model, version, outcome) DO UPDATE SET count = known.count + excluded.count`);
}
