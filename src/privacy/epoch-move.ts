import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { epoch as epochTable } from "../db/tables.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { moveOwners } from "./move-owners.ts";
import { moveSubjects } from "./move-subject.ts";
import { retryStale } from "./stale.ts";

/** Rows that hang on the key of an epoch, and how to bring them under the next. */
export interface Movable {
  name: string;
  /**
   * Takes up to `limit` rows that are still under an older epoch than the current one, opens them with it, wraps them
   * and recomputes their HMACs under the current one, in one transaction.
   * @returns how many; 0 when none is left
   */
  move(db: Database, ring: EpochRing, limit: number): Promise<number>;
}

export interface MoveProgress {
  /** What is being moved. */
  what: string;
  /** How many rows of it were done in this run. */
  rows: number;
}

const BATCH = 100;

/**
 * Brings everything that is under epoch `from` under the current one, batch by batch. Both are readable meanwhile, by
 * every process; a crash leaves a run that goes on where it was.
 */
export async function moveEverything(
  db: Database,
  ring: EpochRing,
  from: number,
  movables: readonly Movable[],
  onProgress: (progress: MoveProgress) => void,
): Promise<void> {
  const people: Movable = { name: "people", move: moveSubjects };
  const payloads: Movable = {
    name: "payloads",
    move: (database, epochs, limit) => moveOwners(database, epochs, from, limit * 4),
  };
  for (const { name, move } of [people, ...movables, payloads]) {
    let rows = 0;
    for (;;) {
      const moved = await retryStale(ring, () => move(db, ring, BATCH));
      if (moved === 0) break;
      rows += moved;
      if (name !== payloads.name) await count(db, from, moved);
      onProgress({ what: name, rows });
    }
  }
}

const count = (db: Database, from: number, moved: number) =>
  db
    .update(epochTable)
    .set({ movedRows: sql`${epochTable.movedRows} + ${moved}` })
    .where(eq(epochTable.number, from));
