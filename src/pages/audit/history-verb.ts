import { asc, eq } from "drizzle-orm";
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

/** More readings than this are counted, not listed. */
const MOST_STEPS = 60;

interface Told {
  role?: string;
  purpose?: string;
  result?: string;
  outcome?: string | null;
  by?: string;
}

/**
 * Readings, corrections and reviews of a decision, oldest first, and how many more there are. What a person read of
 * their own carries no decision's number, and is not among them.
 */
export async function historyOf(
  { db }: Pick<Deps, "db">,
  decision: string,
): Promise<{ steps: HistoryStep[]; more: number }> {
  const rows = await db
    .select({ logIndex: record.logIndex, kind: record.kind, hour: record.hour, body: record.body })
    .from(record)
    .where(eq(record.about, decision))
    .orderBy(asc(record.logIndex));
  const steps = rows.map(({ body, ...row }): HistoryStep => {
    const {
      role = null,
      purpose = null,
      result = null,
      outcome = null,
      by = null,
    } = JSON.parse(body) as Told;
    return { ...row, role, purpose, result, outcome, by };
  });
  const weighty = steps.filter(({ kind }) => kind !== "access");
  const readings = steps.filter(({ kind }) => kind === "access").slice(-(MOST_STEPS - weighty.length));
  const shown = [...weighty, ...readings].toSorted((a, b) => a.logIndex - b.logIndex);
  return { steps: shown, more: steps.length - shown.length };
}
