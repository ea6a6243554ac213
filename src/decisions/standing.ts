import { and, asc, eq, inArray } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { leaveTrace } from "./trace.ts";

/** What came after a decision and changed it. The decision itself is never rewritten. */
export interface Supersession {
  kind: "correction" | "review";
  /** Index of the entry that says so. */
  logIndex: number;
  hour: number;
  /** What stands now; null when a review annulled the decision. */
  outcome: string | null;
  /** The decision that stands in its place, where there is one. */
  decision: string | null;
}

/** How a decision stands, from the anonymised record alone: nothing is opened. */
export interface Standing {
  decision: string;
  /** As the model decided. */
  decided: string | null;
  /** What holds today; null when it was annulled. */
  outcome: string | null;
  supersededBy: Supersession | null;
}

type Recorded = { result?: "upheld" | "changed" | "annulled"; outcome?: string | null; by?: string };

/** @returns null when no record stands under this id */
export async function standingOf(db: Database, id: string): Promise<Standing | null> {
  const [row] = await db
    .select({ outcome: record.outcome })
    .from(record)
    .where(and(eq(record.id, id), eq(record.kind, "decision")));
  if (!row) return null;
  const later = await db
    .select({ kind: record.kind, logIndex: record.logIndex, hour: record.hour, body: record.body })
    .from(record)
    .where(and(eq(record.about, id), inArray(record.kind, ["correction", "review"])))
    .orderBy(asc(record.logIndex));
  const standing: Standing = { decision: id, decided: row.outcome, outcome: row.outcome, supersededBy: null };
  for (const { kind, logIndex, hour, body } of later) {
    const told = JSON.parse(body) as Recorded;
    if (kind === "review" && told.result === "upheld") continue;
    standing.outcome = told.outcome ?? null;
    standing.supersededBy = {
      kind: kind === "review" ? "review" : "correction",
      logIndex,
      hour,
      outcome: told.outcome ?? null,
      decision: told.by ?? null,
    };
  }
  return standing;
}

/**
 * The same for the client that made the decision, or for an auditor; the reading is on the record.
 * @throws Problem unknown_decision, for another client's too
 */
export async function readStanding(
  deps: Deps,
  reader: { role: "product" | "auditor"; name: string },
  id: string,
): Promise<Standing> {
  const [row] = await deps.db
    .select({ kind: record.kind, client: record.client })
    .from(record)
    .where(eq(record.id, id));
  const isOthers = reader.role === "product" && row?.client !== reader.name;
  if (row?.kind !== "decision" || isOthers) throw new Problem("unknown_decision");
  const standing = await standingOf(deps.db, id);
  if (!standing) throw new Problem("unknown_decision");
  await leaveTrace(deps, reader, "decision", { decision: id });
  return standing;
}
