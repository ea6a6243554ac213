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
 * @returns the ids of these keys: one that came to be meanwhile is for the next reading, which says so
 */
export async function traceReading(
  deps: Deps,
  subjectId: string,
  reading: AskedReading,
  what: "decisions" | "personal-data" = "personal-data",
): Promise<Set<string>> {
  const at = deps.now().toISOString();
  const keys = await keysOf(deps.db, deps.epoch, subjectId);
  for (const key of keys)
    await deps.log.append(eventEntry(deps, key, { kind: "access", at, ...reading, what }));
  return new Set(keys.map(({ id }) => id));
}
