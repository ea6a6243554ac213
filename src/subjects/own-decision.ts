import type { Deps } from "../decisions/deps.ts";
import { type OpenedVault, openVaulted } from "../decisions/opened-vault.ts";
import { leaveTrace } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { keysOf } from "../privacy/subject-keys.ts";
import { eventEntry } from "./trace.ts";

export { type OpenedVault, openVaulted };

/**
 * A person's own decision, opened for a request of theirs; the opening is on the record under their key.
 * Somebody else's and one that never was look the same.
 * @param operator who opens it for them, where they wrote a letter
 * @throws Problem unknown_decision
 */
export async function ownDecision(
  deps: Deps,
  subjectId: string,
  id: string,
  operator?: string,
): Promise<OpenedVault> {
  const opened = await openVaulted(deps, id);
  const keys = opened ? await keysOf(deps.db, deps.epoch, subjectId) : [];
  if (!opened || !keys.some((key) => key.id === opened.key.id)) throw new Problem("unknown_decision");
  if (operator !== undefined) {
    await leaveTrace(deps, { role: "operator", name: operator }, "decision", { decision: id });
    return opened;
  }
  const outcome = await deps.log.append(
    eventEntry(deps, opened.key, {
      kind: "access",
      at: deps.now().toISOString(),
      role: "subject",
      purpose: "own-request",
      what: "decisions",
    }),
  );
  if ("refused" in outcome) throw new Problem("unknown_decision");
  return opened;
}
