import { eq } from "drizzle-orm";
import { record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { DecisionAnswer } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { leaveTrace } from "./trace.ts";
import { answerOf } from "./vaulted.ts";

/**
 * A decision as it was answered, for the client that made it and nobody else: another client's id and one that
 * never was look the same.
 * @throws Problem unknown_decision
 */
export async function findForClient(deps: Deps, client: string, id: string): Promise<DecisionAnswer> {
  const [row] = await deps.db
    .select({ kind: record.kind, client: record.client })
    .from(record)
    .where(eq(record.id, id));
  if (row?.kind !== "decision" || row.client !== client) throw new Problem("unknown_decision");
  const answer = await answerOf(deps, id);
  await leaveTrace(deps, { role: "product", name: client }, "decision", { decision: id });
  return answer;
}
