import type { Deps } from "../decisions/deps.ts";
import { keysOf } from "../privacy/subject-keys.ts";
import { eventEntry } from "./trace.ts";

/** Who reads everything held about a person, and what for. */
export interface AskedReading {
  role: "subject" | "operator";
  purpose: "own-access" | "access-by-hand";
}

/**
 * Puts the reading of everything held about a person on the record, once under each of their keys, before it is read.
 * A key that is erased in this moment has nothing left to open, so a refusal needs no answer of its own.
 */
export async function traceReading(deps: Deps, subjectId: string, reading: AskedReading): Promise<void> {
  const at = deps.now().toISOString();
  for (const key of await keysOf(deps.db, deps.epoch, subjectId))
    await deps.log.append(eventEntry(deps, key, { kind: "access", at, ...reading, what: "personal-data" }));
}
