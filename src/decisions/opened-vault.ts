import { eq } from "drizzle-orm";
import { parseLeaf } from "../../audit/leaf.ts";
import { record } from "../db/tables.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";
import { openByTag } from "../privacy/vault.ts";
import type { VaultedDecision } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { decodeVaulted } from "./vaulted.ts";

/** A decision with what the vault holds of it. */
export interface OpenedVault {
  logIndex: number;
  key: SubjectKey;
  vaulted: VaultedDecision;
}

/** A decision's payload, without a trace: for verbs that leave one. @returns null when there is none (any more) */
export async function openVaulted(
  deps: Pick<Deps, "db" | "log" | "epoch">,
  id: string,
): Promise<OpenedVault | null> {
  const [row] = await deps.db
    .select({ kind: record.kind, logIndex: record.logIndex })
    .from(record)
    .where(eq(record.id, id));
  if (row?.kind !== "decision") return null;
  const { leaf } = await deps.log.leaf(row.logIndex);
  const opened = await openByTag(deps.db, deps.epoch, parseLeaf(leaf).tag);
  if (!opened) return null;
  return { logIndex: row.logIndex, key: opened.key, vaulted: decodeVaulted(opened.plaintext) };
}
