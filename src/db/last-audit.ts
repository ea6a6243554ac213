import type { Database } from "./client.ts";
import type { LogAudit } from "./log-audit.ts";

export interface RememberedAudit extends LogAudit {
  at: Date;
}

const lastOf = new WeakMap<Database, RememberedAudit>();

/** What the last check of this process over this database came to; null before there was one. */
export const lastAudit = (db: Database): RememberedAudit | null => lastOf.get(db) ?? null;

export function rememberAudit(db: Database, audit: LogAudit, at: Date): LogAudit {
  lastOf.set(db, { ...audit, at });
  return audit;
}
