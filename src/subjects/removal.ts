import { asc, eq, gt, inArray, lt } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { lockHead } from "../db/log-append.ts";
import { payload, removal } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import type { Movable } from "../privacy/epoch-move.ts";
import { seal, unseal } from "../privacy/sealing.ts";
import { retryStale } from "../privacy/stale.ts";
import { detachWaiting } from "./detach.ts";
import { entriesBetween } from "./entries.ts";
import { removalContext } from "./removal-names.ts";
import { type AfterErasure, markErased, removeRecords } from "./remove-records.ts";

/** Entries that a step takes away. The log waits for a step, so it is short. */
const STEP = 200;

/** A removal that goes on, as the operator sees it. */
export interface RemovalUnderWay {
  id: string;
  entries: number;
  done: number;
  startedAt: string;
}

/**
 * One step of a removal: ciphertexts, records and salts of its next entries go, in one transaction with how far it came.
 * The last one takes the row and with it the tag key. A crash leaves the step undone or done.
 * @returns how many entries of the log it emptied, and whether that was the last step
 */
async function step(deps: Deps, id: string): Promise<{ emptied: number; over: boolean }> {
  return deps.db.transaction(async (tx) => {
    // A reading of one of these decisions must be wholly before this or not at all.
    await lockHead(tx);
    const [row] = await tx.select().from(removal).where(eq(removal.id, id)).for("update");
    if (!row) return { emptied: 0, over: true };
    const tagKey = unseal(deps.epoch.of(row.epoch).wrapKey, row.tagKey, removalContext(id));
    const to = Math.min(row.done + STEP, row.entries);
    const own = await entriesBetween(tx, tagKey, row.done, to);
    if (own.length > 0) {
      await tx.delete(payload).where(
        inArray(
          payload.tag,
          own.map(({ tag }) => tag),
        ),
      );
    }
    const indexes = await removeRecords(
      tx,
      deps,
      own.map(({ logIndex }) => logIndex),
      { afterErasure: JSON.parse(row.afterErasure) as AfterErasure, person: id, epoch: row.erasedUnder },
    );
    await markErased(tx, deps, indexes, row.erasedUnder);
    if (to < row.entries) await tx.update(removal).set({ done: to }).where(eq(removal.id, id));
    else await tx.delete(removal).where(eq(removal.id, id));
    return { emptied: indexes.length, over: to >= row.entries };
  });
}

/** Takes away everything that is left of an erasure. @returns how many entries of the log were emptied in this run */
export async function finishRemoval(deps: Deps, id: string): Promise<number> {
  let emptied = 0;
  for (;;) {
    const done = await retryStale(deps.epoch, () => step(deps, id));
    emptied += done.emptied;
    if (done.over) break;
  }
  await detachWaiting(deps.db);
  return emptied;
}

/** Goes on with every removal that a crash or a restart has left. @returns how many there were */
export async function finishRemovals(deps: Deps): Promise<number> {
  const rows = await deps.db.select({ id: removal.id }).from(removal).orderBy(asc(removal.startedAt));
  for (const { id } of rows) await finishRemoval(deps, id);
  return rows.length;
}

export async function removalsUnderWay(db: Database): Promise<RemovalUnderWay[]> {
  const rows = await db.select().from(removal).where(gt(removal.entries, 0)).orderBy(asc(removal.startedAt));
  return rows.map(({ id, entries, done, startedAt }) => ({
    id,
    entries,
    done,
    startedAt: startedAt.toISOString(),
  }));
}

/** Tag keys of removals that are under way when an epoch is closed. */
export const removalKeys: Movable = {
  name: "removals",
  move: (db, ring, limit) =>
    db.transaction(async (tx) => {
      const current = ring.current();
      const rows = await tx
        .select()
        .from(removal)
        .where(lt(removal.epoch, current.number))
        .limit(limit)
        .for("update", { skipLocked: true });
      for (const { id, epoch, tagKey } of rows) {
        const opened = unseal(ring.of(epoch).wrapKey, tagKey, removalContext(id));
        await tx
          .update(removal)
          .set({ epoch: current.number, tagKey: seal(current.wrapKey, opened, removalContext(id)) })
          .where(eq(removal.id, id));
      }
      return rows.length;
    }),
};
