import { and, eq, inArray, notExists } from "drizzle-orm";
import { hourOf } from "../../audit/leaf.ts";
import type { Database } from "../db/client.ts";
import { appendEntries, lockHead } from "../db/log-append.ts";
import { copy, dataKey, removal, subject } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";
import type { Contract } from "../models/contract.ts";
import { seal } from "../privacy/sealing.ts";
import { retryStale } from "../privacy/stale.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";
import { nameOfErasedKey, removalContext } from "./removal-names.ts";

/** An erasure whose first stage is done. */
export interface EndedAccess {
  /** The removal that goes on in the background. */
  removal: string;
  /** Entries under the key. */
  entries: number;
  /** Finds the entries, and opens none: the person keeps it, to ask for the certificate; the service forgets it last. */
  tagKey: Uint8Array;
}

/**
 * Deletes a data key, the person's copies and, with their last key, the person.
 * @param owner the person's row
 * @returns the key's row as it was; null when it was gone already, and nothing else was touched
 */
export async function dropKey(
  tx: Database,
  id: string,
  owner: string,
): Promise<typeof dataKey.$inferSelect | null> {
  const [row] = await tx.delete(dataKey).where(eq(dataKey.id, id)).returning();
  if (!row) return null;
  // A copy is made of all of its purposes' keys: without this one it opens no more.
  await tx.delete(copy).where(eq(copy.subject, owner));
  const others = tx.select({ id: dataKey.id }).from(dataKey).where(eq(dataKey.subject, owner));
  await tx.delete(subject).where(and(eq(subject.id, owner), notExists(others)));
  return row;
}

/**
 * Stage one of an erasure, *access ended*, in one transaction whatever the number of decisions: the wrapped key, its
 * counter and, with a person's last key, lookup and identifier are gone, and the log says so. What the key opened lies
 * there unreadable until the removal that is left behind has taken it away.
 * @param mayEnd asked in the transaction, once nobody else can write: a hold may have been placed a moment ago
 * @returns null when the key is already gone, or may not go
 */
export async function endAccess(
  deps: Deps,
  held: SubjectKey,
  afterErasure: Contract["afterErasure"],
  mayEnd: (tx: Database) => Promise<boolean> = async () => true,
): Promise<EndedAccess | null> {
  return retryStale(deps.epoch, () =>
    deps.db.transaction(async (tx) => {
      // No entry may be added under this key any more. Then in the order that everybody keeps: person, keys.
      await lockHead(tx);
      const [owner] = await tx
        .select({ id: subject.id })
        .from(subject)
        .where(
          inArray(
            subject.id,
            tx.select({ id: dataKey.subject }).from(dataKey).where(eq(dataKey.id, held.id)),
          ),
        )
        .for("update");
      if (!owner || !(await mayEnd(tx))) return null;
      const row = await dropKey(tx, held.id, owner.id);
      if (!row) return null;
      const id = deps.randomId();
      const epoch = deps.epoch.current();
      await tx.insert(removal).values({
        id,
        epoch: epoch.number,
        tagKey: seal(epoch.wrapKey, held.tagKey, removalContext(id)),
        erasedUnder: row.epoch,
        entries: row.entries,
        afterErasure: JSON.stringify(afterErasure),
        startedAt: deps.now(),
      });
      const hour = hourOf(deps.now());
      const [outcome] = await appendEntries(tx, deps.log.context, [
        {
          leaf: { kind: "configuration" },
          hour,
          body: { kind: "configuration", hour, what: "access-ended", dataKey: nameOfErasedKey(row.id) },
          columns: { id: deps.randomId() },
        },
      ]);
      if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
      return { removal: id, entries: row.entries, tagKey: held.tagKey };
    }),
  );
}
