import { and, eq, inArray, lte } from "drizzle-orm";
import { hourOf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { lockHead } from "../db/log-append.ts";
import { erasedEntry, idempotencyKey, record, retainedRecord } from "../db/tables.ts";
import type { DecisionRecord } from "../decisions/decision.ts";
import type { Deps } from "../decisions/deps.ts";
import { forgetCounts } from "../decisions/matching-gate.ts";
import { tallyLeft } from "../decisions/matching-tally.ts";
import type { Contract } from "../models/contract.ts";
import { detachLater } from "./detach.ts";

export type AfterErasure = Contract["afterErasure"];

/** Entries behind which nothing lies any more, each to be justified by the next erasure entry of the log. */
export async function markErased(
  tx: Database,
  deps: Deps,
  indexes: readonly number[],
  epoch: number,
): Promise<void> {
  const sinceHour = hourOf(deps.now());
  for (const part of chunksOf(indexes)) {
    await tx
      .insert(erasedEntry)
      .values(
        part.map((logIndex) => ({ logIndex, salt: deps.log.context.randomBytes(16), sinceHour, epoch })),
      )
      .onConflictDoNothing();
  }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** The last day of a duty that began with a decision: months by the calendar, UTC; a shorter month ends it sooner. */
export function lastDay(hour: number, months: number): string {
  const from = new Date(hour * 3_600_000);
  const end = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months + 1, 0));
  const day = Math.min(from.getUTCDate(), end.getUTCDate());
  return dayOf(new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), day)));
}

/**
 * Takes away the records of these entries and of every reading, export or review of them, as the package promised:
 * deletes them, lays them out to be detached, or leaves those of decisions until their duty ends. Whoever holds a
 * receipt finds nothing behind it, or a record that no key leads to any more.
 * @returns the log indexes of the entries whose records went
 */
export async function removeRecords(
  tx: Database,
  deps: Deps,
  own: readonly number[],
  { afterErasure, person, epoch }: { afterErasure: AfterErasure; person: string; epoch: number },
): Promise<number[]> {
  const gone: number[] = [];
  for (const part of chunksOf(own)) {
    const rows = await tx.select().from(record).where(inArray(record.logIndex, part));
    const kept = typeof afterErasure === "object" ? await retain(tx, deps, rows, afterErasure, epoch) : [];
    const going = rows.filter(({ logIndex }) => !kept.includes(logIndex));
    if (afterErasure === "detached") {
      await detachLater(
        tx,
        person,
        going.filter(({ kind }) => kind === "decision"),
      );
    }
    gone.push(...part.filter((index) => !kept.includes(index)));
    await forgetAnswers(
      tx,
      rows.flatMap(({ keyHmac }) => keyHmac ?? []),
    );
    gone.push(...(await deleteWithReadings(tx, deps, going)));
  }
  return gone;
}

async function deleteWithReadings(
  tx: Database,
  deps: Deps,
  rows: readonly (typeof record.$inferSelect)[],
): Promise<number[]> {
  if (rows.length === 0) return [];
  const decisions = rows.filter(({ kind }) => kind === "decision");
  await tallyLeft(
    tx,
    deps,
    decisions.map(({ body }) => JSON.parse(body) as DecisionRecord),
  );
  forgetCounts(deps.db);
  const indexes = rows.map(({ logIndex }) => logIndex);
  await tx.delete(record).where(inArray(record.logIndex, indexes));
  const readings = await tx
    .delete(record)
    .where(
      inArray(
        record.about,
        rows.map(({ id }) => id),
      ),
    )
    .returning({ logIndex: record.logIndex });
  // What a person did under their own key about a decision has a tag, and is found by it, too.
  return readings.map(({ logIndex }) => logIndex).filter((index) => !indexes.includes(index));
}

/** The key that a client chose stays taken until it expires; what it answered is gone (410). */
async function forgetAnswers(tx: Database, keys: readonly Uint8Array[]): Promise<void> {
  if (keys.length === 0) return;
  await tx
    .update(idempotencyKey)
    .set({ decision: null, requestHmac: null })
    .where(inArray(idempotencyKey.keyHmac, [...keys]));
}

/** @returns the indexes of the decisions' records that stay */
async function retain(
  tx: Database,
  deps: Deps,
  rows: readonly (typeof record.$inferSelect)[],
  { retained }: Exclude<AfterErasure, string>,
  epoch: number,
): Promise<number[]> {
  const today = dayOf(deps.now());
  const values = rows
    .filter(({ kind }) => kind === "decision")
    .map(({ logIndex, hour }) => ({
      logIndex,
      until: lastDay(hour, retained.months),
      duty: JSON.stringify(retained.duty),
      epoch,
    }))
    .filter(({ until }) => until >= today);
  if (values.length > 0) await tx.insert(retainedRecord).values(values).onConflictDoNothing();
  return values.map(({ logIndex }) => logIndex);
}

const RETAINED_AT_ONCE = 200;

/** Takes away retained records whose last day is over. @returns how many */
export async function endRetention(deps: Deps): Promise<number> {
  const yesterday = dayOf(new Date(deps.now().getTime() - 86_400_000));
  let ended = 0;
  for (;;) {
    const taken = await deps.db.transaction(async (tx) => {
      await lockHead(tx);
      const over = await tx
        .select()
        .from(retainedRecord)
        .where(lte(retainedRecord.until, yesterday))
        .limit(RETAINED_AT_ONCE);
      for (const { logIndex, epoch } of over) {
        const rows = await tx.select().from(record).where(eq(record.logIndex, logIndex));
        await markErased(tx, deps, [logIndex, ...(await deleteWithReadings(tx, deps, rows))], epoch);
        await tx.delete(retainedRecord).where(and(eq(retainedRecord.logIndex, logIndex)));
      }
      return over.length;
    });
    ended += taken;
    if (taken < RETAINED_AT_ONCE) return ended;
  }
}
