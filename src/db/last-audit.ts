import type { Database } from "./client.ts";

/** A check of the log as it came out; see `log-audit.ts` for what the codes say. */
export interface RememberedAudit {
  ok: boolean;
  entries: number;
  finding: { code: string; entry: number | null; detail: string } | null;
  at: Date;
}

const lastOf = new WeakMap<Database, RememberedAudit>();

/** What the last check of this process over this database came to; null before there was one. */
export const lastAudit = (db: Database): RememberedAudit | null => lastOf.get(db) ?? null;

export function rememberAudit<const A extends Omit<RememberedAudit, "at">>(
  db: Database,
  audit: A,
  at: Date,
): A {
  const { ok, entries, finding } = audit;
  lastOf.set(db, { ok, entries, finding, at });
  return audit;
}
