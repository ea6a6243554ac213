import { and, eq } from "drizzle-orm";
import { copy } from "../../db/tables.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import type { RightsDeps } from "../requests/settings.ts";
import type { CopyAsked } from "./asked.ts";
import { type CopyDescription, type CopyRow, personRow } from "./copy.ts";
import { CopyKey } from "./copy-key.ts";
import { makeCopies } from "./make-copies.ts";

const MS_PER_DAY = 86_400_000;

export interface StartedCopy {
  id: string;
  kind: string;
  /** False: this one was being made already; a person has one at a time. */
  created: boolean;
}

/**
 * Has a copy made in the background. While one is being made, whatever its kind, that one is the answer.
 * @returns null when nothing is held
 */
export async function startCopy(
  deps: RightsDeps,
  { subject, kind, language }: Omit<CopyAsked, "keys">,
): Promise<StartedCopy | null> {
  const keys = await keysOf(deps.db, deps.epoch, subject);
  const person = keys.length === 0 ? null : await personRow(deps.db, keys);
  if (person === null) return null;
  const id = deps.randomId();
  const now = deps.now();
  const description: CopyDescription = { subject, files: [] };
  const row: CopyRow = {
    id,
    subject: person,
    kind,
    language,
    keys: keys.map((key) => key.id),
    state: "making",
    attempt: 0,
    heldUntil: now,
    done: 0,
    total: keys.reduce((sum, { entries }) => sum + entries, 0),
    sealed: CopyKey.of(id, keys).sealDescription(description),
    startedAt: now,
    readyAt: null,
    expiresAt: new Date(now.getTime() + deps.rights.copyDays * MS_PER_DAY),
  };
  const made = await deps.db.insert(copy).values(row).onConflictDoNothing().returning({ id: copy.id });
  const [standing] = await deps.db
    .select({ id: copy.id, kind: copy.kind })
    .from(copy)
    .where(and(eq(copy.subject, person), eq(copy.state, "making")));
  // What fails is tried again, and said, by the schedule.
  void makeCopies(deps).catch(() => {});
  if (made.length > 0) return { id, kind, created: true };
  return standing ? { ...standing, created: false } : null;
}
