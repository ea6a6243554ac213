import { and, asc, eq, gt, inArray, lt, notExists } from "drizzle-orm";
import { tag as tagOf } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { lockHead } from "../db/log-append.ts";
import { dataKey, modelVersion, payload, record, retainedRecord } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import type { Contract } from "../models/contract.ts";
import { openDataKey } from "../privacy/data-key.ts";
import { retryStale } from "../privacy/stale.ts";
import { dropKey } from "./end-access.ts";
import { heldSubjects } from "./holds.ts";
import { ownersOf, tagsOf } from "./owners.ts";
import { type AfterErasure, lastDay, markErased, removeRecords } from "./remove-records.ts";

/** What a run took away. */
export interface RetentionRun {
  /** Entries of the log behind which nothing lies any more, readings of decisions among them. */
  entries: number;
  /** Data keys of which the last entry went, and they with it. */
  keys: number;
  /** Entries past their period that a hold keeps. */
  held: number;
}

/** Entries that a transaction takes away. The log waits for it, so it is short. */
const STEP = 200;
const DAY_MS = 86_400_000;
const HOURS_A_DAY = 24;

type Entry = Pick<typeof record.$inferSelect, "id" | "logIndex" | "hour" | "kind">;

/**
 * Months that a package's decisions are kept. A decision's inputs lie in the vault together and its record stands for all of
 * them, so what was promised for the shortest-lived input rules; never below the floor.
 */
export function monthsOf(contract: Contract, floor: number): number {
  const classes = contract.features.map(({ retention }) => contract.retentions[retention]!.months);
  return Math.max(floor, Math.min(...classes));
}

/** The first hour that is not past a period of so many months: what was written before it has had its last day. */
export function firstKeptHour(now: Date, months: number): number {
  const today = now.toISOString().slice(0, 10);
  let day = Math.floor(now.getTime() / DAY_MS) - 31 * months - 1;
  while (lastDay(day * HOURS_A_DAY, months) < today) day += 1;
  return day * HOURS_A_DAY;
}

/**
 * Takes away payload and record of everything whose retention period is over: decisions of each package after its months,
 * what is about them with them, and what else a person has in the log once no package keeps anything so long. Each entry
 * keeps its place and is justified by the next erasure entry; a hold keeps what it is on. In steps of a transaction each, so
 * that a crash leaves one undone or done and the next run goes on.
 * @param floorMonths below which nothing goes, whatever a package says (AI Act 19(1), 26(6): logs at least six months)
 */
export async function endRetentionPeriods(deps: Deps, floorMonths: number): Promise<RetentionRun> {
  const run: RetentionRun = { entries: 0, keys: 0, held: 0 };
  let longest = floorMonths;
  for (const { model, version } of await deps.db.select().from(modelVersion)) {
    const { contract } = await deps.models.published(model, version);
    const months = monthsOf(contract, floorMonths);
    longest = Math.max(longest, months);
    const of = and(
      eq(record.kind, "decision"),
      eq(record.model, model),
      eq(record.version, version),
      lt(record.hour, firstKeptHour(deps.now(), months)),
    );
    // Detached records are of people who asked to be erased; here nobody did, and the period is over for the record too.
    const promised = contract.afterErasure === "detached" ? "deleted" : contract.afterErasure;
    for (let after = -1; ; ) {
      const rows = await some(deps.db, of, after);
      if (rows.length === 0) break;
      after = rows.at(-1)!.logIndex;
      add(run, await takeAway(deps, rows, promised, model));
    }
  }
  const limit = firstKeptHour(deps.now(), longest);
  for (let after = -1; ; ) {
    // Of that age little is left, so that no index of its own is worth its price at every append.
    const rows = await some(deps.db, undefined, after);
    if (rows.length === 0) break;
    after = rows.at(-1)!.logIndex;
    const old = rows.filter(({ hour, kind }) => hour < limit && kind !== "decision");
    add(run, await takeAway(deps, old, "deleted", null));
    if (rows.every(({ hour }) => hour >= limit)) break;
  }
  return run;
}

function add(run: RetentionRun, step: RetentionRun): void {
  run.entries += step.entries;
  run.keys += step.keys;
  run.held += step.held;
}

/** Records in the order of the log, less those that a duty keeps for a time of its own. */
const some = (db: Database, of: ReturnType<typeof and>, after: number): Promise<Entry[]> =>
  db
    .select({ id: record.id, logIndex: record.logIndex, hour: record.hour, kind: record.kind })
    .from(record)
    .where(
      and(
        of,
        gt(record.logIndex, after),
        notExists(
          db
            .select({ logIndex: retainedRecord.logIndex })
            .from(retainedRecord)
            .where(eq(retainedRecord.logIndex, record.logIndex)),
        ),
      ),
    )
    .orderBy(asc(record.logIndex))
    .limit(STEP);

/** @param model of the decisions; null: entries of people that are no decisions, and of which only theirs go */
function takeAway(
  deps: Deps,
  rows: readonly Entry[],
  promised: AfterErasure,
  model: string | null,
): Promise<RetentionRun> {
  if (rows.length === 0) return Promise.resolve({ entries: 0, keys: 0, held: 0 });
  return retryStale(deps.epoch, () =>
    deps.db.transaction(async (tx) => {
      // From here on nobody appends under a key that may go, and no hold is placed.
      await lockHead(tx);
      const tags = await tagsOf(
        tx,
        rows.map(({ logIndex }) => logIndex),
      );
      const owners = await ownersOf(tx, deps, tags);
      const held = await heldSubjects({ ...deps, db: tx }, model);
      const keeps = ({ logIndex }: Entry) => {
        const owner = owners.get(logIndex);
        return owner !== undefined && held.has(owner.subject);
      };
      const going = rows.filter((row) => !keeps(row) && (model !== null || tags.has(row.logIndex)));
      const indexes = going.map(({ logIndex }) => logIndex);
      const epoch = deps.epoch.current().number;
      const gone = await removeRecords(tx, deps, indexes, {
        afterErasure: promised,
        person: deps.randomId(),
        epoch,
      });
      await markErased(tx, deps, gone, epoch);
      const emptied = await tagsOf(tx, [...new Set([...indexes, ...gone])]);
      for (const part of chunksOf([...emptied.values()])) {
        await tx.delete(payload).where(inArray(payload.tag, part));
      }
      const touched = new Set(indexes.flatMap((index) => owners.get(index)?.id ?? []));
      const keys = await dropEmptyKeys(tx, deps, [...touched]);
      return { entries: gone.length, keys, held: rows.filter(keeps).length };
    }),
  );
}

/** A key that opens nothing any more goes, and with a person's last key the person. */
async function dropEmptyKeys(tx: Database, deps: Deps, ids: readonly string[]): Promise<number> {
  let dropped = 0;
  for (const part of chunksOf(ids)) {
    const rows = await tx.select().from(dataKey).where(inArray(dataKey.id, part)).for("update");
    for (const row of rows) {
      const { tagKey, entries } = openDataKey(deps.epoch.of(row.epoch), row);
      if (await opensAnything(tx, tagKey, entries)) continue;
      await dropKey(tx, row.id, row.subject);
      dropped += 1;
    }
  }
  return dropped;
}

/** Newest first: as long as a person is decided about, the newest entry is there. */
async function opensAnything(tx: Database, tagKey: Uint8Array, entries: number): Promise<boolean> {
  for (let to = entries; to > 0; to -= STEP) {
    const from = Math.max(0, to - STEP);
    const tags = Array.from({ length: to - from }, (_, i) => tagOf(nodeCrypto, tagKey, from + i));
    const found = await tx
      .select({ tag: payload.tag })
      .from(payload)
      .where(inArray(payload.tag, tags))
      .limit(1);
    if (found.length > 0) return true;
  }
  return false;
}
