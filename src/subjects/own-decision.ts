import { eq } from "drizzle-orm";
import { parseLeaf } from "../../audit/leaf.ts";
import { record } from "../db/tables.ts";
import type { VaultedDecision } from "../decisions/decision.ts";
import type { Deps } from "../decisions/deps.ts";
import { leaveTrace } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { keysOf, type SubjectKey } from "../privacy/subject-keys.ts";
import { openByTag } from "../privacy/vault.ts";
import { eventEntry } from "./trace.ts";

/** A decision with what the vault holds of it. */
export interface OpenedVault {
  logIndex: number;
  key: SubjectKey;
  vaulted: VaultedDecision;
}

/** A decision's payload, without a trace: for verbs that leave one. @returns null when there is none (any more) */
export async function openVaulted(deps: Deps, id: string): Promise<OpenedVault | null> {
  const [row] = await deps.db
    .select({ kind: record.kind, logIndex: record.logIndex })
    .from(record)
    .where(eq(record.id, id));
  if (row?.kind !== "decision") return null;
  const { leaf } = await deps.log.leaf(row.logIndex);
  const opened = await openByTag(deps.db, deps.epoch, parseLeaf(leaf).tag);
  if (!opened) return null;
  const vaulted = JSON.parse(new TextDecoder().decode(opened.plaintext)) as VaultedDecision;
  return { logIndex: row.logIndex, key: opened.key, vaulted };
}

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
