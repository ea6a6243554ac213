import { and, asc, desc, eq, gt, isNotNull, isNull, lt, max } from "drizzle-orm";
import { hourOf } from "../../audit/leaf.ts";
import { appendEntries, lockHead } from "../db/log-append.ts";
import { epoch as epochTable, idempotencyKey } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";
import { type MoveProgress, moveEverything } from "../privacy/epoch-move.ts";
import { closeErasureInterval } from "./close-interval.ts";
import { MOVABLES } from "./movables.ts";
import { finishRemovals } from "./removal.ts";

export interface ClosedEpoch {
  epoch: number;
  /** moving: others hold its key still, or rows are left; scheduled: the provider deletes it later. */
  state: "moving" | "scheduled" | "destroyed" | "cannot-be-destroyed";
  movedRows: number;
  /** RFC 3339. When its key was destroyed, or from when on it will be. */
  at: string | null;
  /** The entry of the log that says that it is destroyed. */
  logIndex: number | null;
}

type EpochRow = typeof epochTable.$inferSelect;

/** How long other processes are waited for before the rest is left to the next run. */
const PATIENCE_MS = 90_000;
const POLL_MS = 500;

/**
 * Closes the running epoch: opens the next, brings the survivors under it, and destroys the old key once no process
 * holds it. A run that was interrupted is taken up where it was, and no further epoch is opened before it is through.
 * While it runs decisions, readings and erasures go on.
 * @throws EpochKeyError when the provider refuses
 */
export async function closeEpoch(
  deps: Deps,
  options: { onProgress?: (progress: MoveProgress) => void; patienceMs?: number } = {},
): Promise<ClosedEpoch> {
  await deps.epoch.refresh();
  const unfinished = await firstUnfinished(deps);
  const patience = options.patienceMs ?? PATIENCE_MS;
  if (unfinished === null) await deps.epoch.openNext(deps.now(), patience);
  return finishEpochs(deps, options).then(async (closed) => closed.at(-1) ?? (await standing(deps)));
}

/**
 * Goes on with epochs that are being closed: moves what is left, destroys what nothing needs, and asks the provider
 * whether a scheduled destruction has taken place. Does nothing where there is nothing to do.
 */
export async function finishEpochs(
  deps: Deps,
  options: { onProgress?: (progress: MoveProgress) => void; patienceMs?: number } = {},
): Promise<ClosedEpoch[]> {
  await deps.epoch.refresh();
  const closed: ClosedEpoch[] = [];
  const old = await deps.db
    .select()
    .from(epochTable)
    .where(and(lt(epochTable.number, deps.epoch.current().number), isNull(epochTable.destroyedAt)))
    .orderBy(asc(epochTable.number));
  for (const row of old) {
    if (row.movedAt === null) {
      await moveEverything(deps.db, deps.epoch, row.number, MOVABLES, options.onProgress ?? (() => {}));
      await markMoved(deps, row.number);
    }
    closed.push(await destroyEpoch(deps, row.number, options.patienceMs ?? PATIENCE_MS));
  }
  await deps.epoch.dropBlinds(deps.now());
  return closed;
}

/** An epoch whose survivors are not all moved, or whose key is still there although it could be destroyed. */
async function firstUnfinished(deps: Deps): Promise<EpochRow | null> {
  const rows = await deps.db
    .select()
    .from(epochTable)
    .where(
      and(
        lt(epochTable.number, deps.epoch.current().number),
        isNull(epochTable.destroyedAt),
        isNull(epochTable.goneFrom),
      ),
    )
    .orderBy(asc(epochTable.number));
  const canDestroy = deps.epoch.provider.kind !== "environment";
  return rows.find(({ movedAt }) => movedAt === null || canDestroy) ?? null;
}

/**
 * Nothing needs the epoch's key any more, but the hours that an idempotency key lives: what finds those is kept apart,
 * and can open nothing.
 */
async function markMoved(deps: Deps, number: number): Promise<void> {
  const [taken] = await deps.db
    .select({ until: max(idempotencyKey.expiresAt) })
    .from(idempotencyKey)
    .where(gt(idempotencyKey.expiresAt, deps.now()));
  const blindUntil = taken?.until ?? null;
  if (blindUntil) await deps.epoch.keepBlind(number);
  await deps.db
    .update(epochTable)
    .set({ movedAt: deps.now(), blindUntil })
    .where(and(eq(epochTable.number, number), isNull(epochTable.movedAt)));
  // This process lets go of the key here; the others do within seconds.
  await deps.epoch.refresh();
}

async function destroyEpoch(deps: Deps, number: number, patienceMs: number): Promise<ClosedEpoch> {
  const until = performance.now() + patienceMs;
  while (await deps.epoch.isHeldElsewhere(number)) {
    if (performance.now() >= until) return told(await rowOf(deps, number), "moving");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  // What was erased under this key is justified first: a certificate shows the destruction after the erasure.
  await finishRemovals(deps);
  while (await closeErasureInterval(deps));
  const destruction = await deps.epoch.provider.destroy(number);
  if (destruction.state === "impossible") return told(await rowOf(deps, number), "cannot-be-destroyed");
  if (destruction.state === "scheduled") {
    await deps.db.update(epochTable).set({ goneFrom: destruction.from }).where(eq(epochTable.number, number));
    return told(await rowOf(deps, number), "scheduled");
  }
  await sayDestroyed(deps, number, destruction.at);
  return told(await rowOf(deps, number), "destroyed");
}

/** The row and the entry of the log together. A crash before them leaves a key that is gone and destroyed once more. */
async function sayDestroyed(deps: Deps, number: number, at: Date): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockHead(tx);
    const [row] = await tx.select().from(epochTable).where(eq(epochTable.number, number)).for("update");
    if (!row || row.destroyedAt !== null) return;
    const hour = hourOf(deps.now());
    const [outcome] = await appendEntries(tx, deps.log.context, [
      {
        leaf: { kind: "configuration" },
        hour,
        body: {
          kind: "configuration",
          hour,
          what: "epoch-key-destroyed",
          epoch: number,
          provider: deps.epoch.provider.kind,
          destroyedAt: at.toISOString(),
        },
        columns: { id: deps.randomId() },
      },
    ]);
    if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
    await tx
      .update(epochTable)
      .set({ destroyedAt: at, destroyedIndex: outcome.logIndex })
      .where(eq(epochTable.number, number));
  });
}

async function rowOf(deps: Deps, number: number): Promise<EpochRow> {
  const [row] = await deps.db.select().from(epochTable).where(eq(epochTable.number, number));
  if (!row) throw new Error("An epoch is gone from the database");
  return row;
}

const told = (row: EpochRow, state: ClosedEpoch["state"]): ClosedEpoch => ({
  epoch: row.number,
  state,
  movedRows: row.movedRows,
  at: (row.destroyedAt ?? row.goneFrom)?.toISOString() ?? null,
  logIndex: row.destroyedIndex,
});

/** Where nothing was left to do, because another process did it: the newest epoch that is closed. */
async function standing(deps: Deps): Promise<ClosedEpoch> {
  const [row] = await deps.db
    .select()
    .from(epochTable)
    .where(isNotNull(epochTable.movedAt))
    .orderBy(desc(epochTable.number))
    .limit(1);
  if (!row) throw new Problem("not_ready", "Another process is closing the epoch", { retryAfterSeconds: 5 });
  return told(row, row.destroyedAt ? "destroyed" : "moving");
}

/**
 * Closes the running epoch when it is as old as the schedule says, and goes on with what is being closed.
 * @param days 0: never by itself
 */
export async function closeEpochWhenDue(deps: Deps, days: number): Promise<ClosedEpoch[]> {
  const [row] = await deps.db
    .select()
    .from(epochTable)
    .where(eq(epochTable.number, deps.epoch.current().number));
  const due = row && days > 0 && deps.now().getTime() - row.openedAt.getTime() >= days * 86_400_000;
  if (due && (await firstUnfinished(deps)) === null) return [await closeEpoch(deps)];
  return finishEpochs(deps);
}
