import { and, desc, eq, ne, type SQL } from "drizzle-orm";
import { record } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";

/** Something that happened to a decision after it was taken, as the record has it. */
export interface HistoryStep {
  logIndex: number;
  kind: string;
  /** Whole hours since 1970-01-01T00:00Z. */
  hour: number;
  /** Of a reading: in which role and what for; of a review: its result. */
  role: string | null;
  purpose: string | null;
  result: string | null;
  /** What stands since; null where that did not change, or the decision was annulled. */
  outcome: string | null;
  /** The decision that stands in its place. */
  by: string | null;
}

/** More steps than this are counted, not listed: readings give way first, then the oldest. */
const MOST_STEPS = 60;

interface Told {
  role?: string;
  purpose?: string;
  result?: string;
  outcome?: string | null;
  by?: string;
}

/**
 * The newest readings, corrections and reviews of a decision, oldest first, and how many more there are. What a person read of
 * their own carries no decision's number, and is not among them.
 */
export async function historyOf(
  { db }: Pick<Deps, "db">,
  decision: string,
): Promise<{ steps: HistoryStep[]; more: number }> {
  const about = eq(record.about, decision);
  const columns = { logIndex: record.logIndex, kind: record.kind, hour: record.hour, body: record.body };
  const newest = (which: SQL, most: number) =>
    db.select(columns).from(record).where(and(about, which)).orderBy(desc(record.logIndex)).limit(most);
  const weighty = await newest(ne(record.kind, "access"), MOST_STEPS);
  // A decision may be read without end; no more of that is fetched than has room.
  const room = MOST_STEPS - weighty.length;
  const readings = room === 0 ? [] : await newest(eq(record.kind, "access"), room);
  const shown = [...weighty, ...readings].toSorted((a, b) => a.logIndex - b.logIndex);
  const steps = shown.map(({ body, ...row }): HistoryStep => {
    const {
      role = null,
      purpose = null,
      result = null,
      outcome = null,
      by = null,
    } = JSON.parse(body) as Told;
    return { ...row, role, purpose, result, outcome, by };
  });
  return { steps, more: (await db.$count(record, about)) - steps.length };
}
