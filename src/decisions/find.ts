import { eq } from "drizzle-orm";
import { record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import { type ToldCounterfactuals, tellCounterfactuals } from "./counterfactual-words.ts";
import { counterfactualsOf } from "./counterfactuals.ts";
import type { DecisionAnswer } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { leaveTrace } from "./trace.ts";
import { answerOf } from "./vaulted.ts";

/** Another client's id and one that never was look the same. @throws Problem unknown_decision */
async function ofClient({ db }: Pick<Deps, "db">, client: string, id: string) {
  const [row] = await db
    .select({ kind: record.kind, client: record.client, model: record.model, version: record.version })
    .from(record)
    .where(eq(record.id, id));
  if (row?.kind !== "decision" || row.client !== client) throw new Problem("unknown_decision");
  return { model: row.model!, version: row.version! };
}

/**
 * A decision as it was answered, for the client that made it and nobody else: another client's id and one that
 * never was look the same.
 * @throws Problem unknown_decision
 */
export async function findForClient(deps: Deps, client: string, id: string): Promise<DecisionAnswer> {
  await ofClient(deps, client, id);
  const answer = await answerOf(deps, id);
  await leaveTrace(deps, { role: "product", name: client }, "decision", { decision: id });
  return answer;
}

/**
 * What would have changed a decision, for the client that made it. The reading is on the record.
 * @throws Problem unknown_decision, decision_erased, prediction_failed
 */
export async function counterfactualsForClient(
  deps: Deps,
  client: string,
  id: string,
): Promise<ToldCounterfactuals> {
  const { model, version } = await ofClient(deps, client, id);
  const { contract } = await deps.models.published(model, version);
  const known = await counterfactualsOf(deps, id);
  if (!known) throw new Problem("decision_erased");
  await leaveTrace(deps, { role: "product", name: client }, "explanation", { decision: id });
  return tellCounterfactuals(contract, known);
}
