import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { matchingClass } from "../db/tables.ts";
import type { Cell } from "../explain/game.ts";
import type { LiveVersion } from "../models/registry.ts";
import { type AnonymiseContext, anonymise, coarsestLevel } from "../privacy/anonymise.ts";
import { classOf, levelFor } from "../privacy/risk/matching.ts";
import type { Deps } from "./deps.ts";

/** How long a count that was read is believed: other processes count, and records go. */
const KEPT_MS = 30_000;

/**
 * How many records came in each class, by model, less those that went (`matching-tally.ts`). What is counted here stands on
 * the record already, and what other processes count meanwhile is seen late: a count may be too small, and then a record is
 * coarser than it need be. It is too large for no longer than a count is kept in memory.
 */
class MatchingTally {
  readonly #db: Database;
  readonly #known = new Map<string, { until: number; counts: Promise<Map<string, number>> }>();
  #waiting = new Map<string, typeof matchingClass.$inferSelect>();
  #writing: Promise<void> | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  async arrivals(model: string, classes: readonly string[]): Promise<number[]> {
    const known = await this.#ofModel(model);
    return classes.map((name, level) => {
      const place = `${level} ${name}`;
      return (known.get(place) ?? 0) + (this.#waiting.get(`${model} ${place}`)?.arrivals ?? 0);
    });
  }

  /**
   * Counts one record that stands, at the level `recorded`. What the process loses of this by dying makes later records coarser, no
   * more.
   */
  note(model: string, classes: readonly string[], recorded: number): void {
    classes.forEach((name, level) => {
      const place = `${level} ${name}`;
      const fresh = { model, level, class: name, arrivals: 0, standing: 0 };
      const one = this.#waiting.get(`${model} ${place}`) ?? fresh;
      one.arrivals += 1;
      if (level >= recorded) one.standing += 1;
      this.#waiting.set(`${model} ${place}`, one);
    });
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  forget(): void {
    this.#known.clear();
  }

  #ofModel(model: string): Promise<Map<string, number>> {
    const known = this.#known.get(model);
    if (known && performance.now() < known.until) return known.counts;
    const counts = this.#read(model);
    counts.catch(() => this.#known.delete(model));
    this.#known.set(model, { until: performance.now() + KEPT_MS, counts });
    return counts;
  }

  async #read(model: string): Promise<Map<string, number>> {
    const rows = await this.#db.select().from(matchingClass).where(eq(matchingClass.model, model));
    return new Map(rows.map((row) => [`${row.level} ${row.class}`, row.arrivals]));
  }

  /** In one order, so that two processes never wait for each other. */
  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const taken = this.#waiting;
      this.#waiting = new Map();
      const rows = [...taken].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
      try {
        const counted = await this.#db
          .insert(matchingClass)
          .values(rows)
          .onConflictDoUpdate({
            target: [matchingClass.model, matchingClass.level, matchingClass.class],
            set: {
              arrivals: sql`${matchingClass.arrivals} + excluded.arrivals`,
              standing: sql`${matchingClass.standing} + excluded.standing`,
            },
          })
          .returning();
        for (const row of counted)
          (await this.#ofModel(row.model)).set(`${row.level} ${row.class}`, row.arrivals);
      } catch {
        // The database is away: the next arrival tries again, with these.
        for (const [place, row] of taken) {
          const since = this.#waiting.get(place);
          const together = since && {
            ...row,
            arrivals: row.arrivals + since.arrivals,
            standing: row.standing + since.standing,
          };
          this.#waiting.set(place, together ?? row);
        }
        return;
      }
    }
  }
}

const tallies = new WeakMap<Database, MatchingTally>();

/** Reads the counts of every model anew, at the next decision: some of what was counted went. */
export const forgetCounts = (db: Database): void => {
  tallies.get(db)?.forget();
};

function tallyOf(db: Database): MatchingTally {
  const tally = tallies.get(db) ?? new MatchingTally(db);
  tallies.set(db, tally);
  return tally;
}

/** The way of one decision through the gate that its package asks for (`risk.k`). */
interface Arrival {
  /** At which level its quasi-identifiers go on the record; 0: as the policies say. */
  levelFor(cells: readonly Cell[], context: AnonymiseContext): Promise<number>;
  /** To be called once its entry stands, and not before. Neither throws nor waits. */
  stands(): void;
}

export function arrivalOf({ db }: Pick<Deps, "db">, { contract, model }: LiveVersion): Arrival {
  const { risk, quasiIdentifiers } = contract;
  if (risk === undefined) return { levelFor: async () => 0, stands: () => {} };
  // Quasi-identifiers alone make a class: nothing else of the row need be anonymised once a level.
  const features = contract.features.filter(({ name }) => quasiIdentifiers.includes(name));
  const columns = features.map((feature) => contract.features.indexOf(feature));
  let classes: string[] = [];
  let recorded = 0;
  return {
    async levelFor(cells, context) {
      const levels = Array.from({ length: coarsestLevel(contract) }, (_, level) => level);
      const own = columns.map((column) => cells[column]!);
      classes = levels.map((level) =>
        classOf(contract, anonymise({ features, quasiIdentifiers }, own, context, level)),
      );
      recorded = levelFor(await tallyOf(db).arrivals(model, classes), risk.k);
      return recorded;
    },
    stands: () => tallyOf(db).note(model, classes, recorded),
  };
}
