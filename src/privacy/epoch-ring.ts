import { randomUUID } from "node:crypto";
import { and, asc, desc, eq, gt, isNotNull, isNull, lt, ne, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { epochHolder, epoch as epochTable } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import { type BlindPurpose, blindWith, type Epoch, epochOf, keyCheckOf } from "./epoch.ts";
import { KeyFolderError, type KeyProvider } from "./key-folder.ts";
import { EpochKeyError, type EpochKeyProvider } from "./keys/provider.ts";

/** A row was written under an epoch that this process does not hold (any more): read the row again. */
export class StaleEpochError extends Error {
  override name = "StaleEpochError";
}

/** How often a process looks whether an epoch was opened or closed elsewhere. */
const WATCH_MS = 5_000;
/** Without having looked for this long, a process may not use its keys: they may be about to be destroyed. */
const FENCE_MS = 30_000;
/** A process that has not been heard of for this long has fenced itself, or is gone. */
const SILENT_S = 60;

const POLL_MS = 500;

/** Of how many closed epochs a process looks for copies of its own. */
const COPIES_LOOKED_AT = 3;

const blindName = (epoch: number) => `blind-${epoch}`;

/**
 * The epochs that a process holds the keys of: the newest, which everything is written under, and, while survivors are
 * moved, the one before. Each process says in the database from which epoch on it holds keys, so that a key is
 * destroyed only when no cache has it.
 */
export class EpochRing {
  readonly provider: EpochKeyProvider;
  readonly #db: Database;
  readonly #keys: KeyProvider;
  readonly #id = randomUUID();
  /** Newest first, never empty once opened. */
  #held: Epoch[] = [];
  /** Of epochs that are gone, while keys that clients chose under them are still taken. Newest first. */
  #blinds: { epoch: number; key: Uint8Array }[] = [];
  /** The refreshes under way, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #seenAt = 0;

  private constructor(db: Database, provider: EpochKeyProvider, keys: KeyProvider) {
    this.#db = db;
    this.provider = provider;
    this.#keys = keys;
  }

  /**
   * Opens the epochs that the database is in, or the first one of a new database.
   * @throws KeyFolderError, EpochKeyError when the database knows an epoch whose key is not there, or another key is
   * there under its name: starting on a new key would leave every vault row unreadable without a word.
   */
  static async open(
    db: Database,
    provider: EpochKeyProvider,
    keys: KeyProvider,
    now: Date,
  ): Promise<EpochRing> {
    const ring = new EpochRing(db, provider, keys);
    const [known] = await db.select().from(epochTable).limit(1);
    if (!known) await ring.#declare(1, await provider.create(1), now);
    await ring.refresh();
    return ring;
  }

  /** What is written now is written under this epoch. @throws Problem not_ready when this process has fenced itself */
  current(): Epoch {
    this.#checkFence();
    return this.#held[0]!;
  }

  /** Every epoch that a row may still be under, newest first. */
  held(): readonly Epoch[] {
    this.#checkFence();
    return this.#held;
  }

  /** @throws StaleEpochError when this process does not hold it: `refresh`, and read the row again */
  of(number: number): Epoch {
    const epoch = this.held().find((one) => one.number === number);
    if (!epoch) throw new StaleEpochError(`Epoch ${number} is not held`);
    return epoch;
  }

  /** HMAC of what a client chose, under the current epoch. */
  blind(purpose: BlindPurpose, ...parts: string[]): Uint8Array {
    return blindWith(this.current().blindKey, purpose, parts);
  }

  /** The same under every epoch whose HMACs may still be stored, newest first. */
  blinds(purpose: BlindPurpose, ...parts: string[]): Uint8Array[] {
    const keys = [...this.held().map(({ blindKey }) => blindKey), ...this.#blinds.map(({ key }) => key)];
    return keys.map((key) => blindWith(key, purpose, parts));
  }

  /**
   * Takes up what the database says now: opens an epoch that is new, lets go of one that nothing is under any more. Calls
   * that come together take turns: two at once would each open the new epoch, and the second would write zeroes over the
   * keys that somebody took from the first.
   * @returns whether what is held differs from what was held at the call
   */
  async refresh(): Promise<boolean> {
    const numbers = () => this.#held.map(({ number }) => number).join();
    const before = numbers();
    const turn = this.#turn.then(() => this.#takeUp());
    this.#turn = turn.catch(() => {});
    await turn;
    return before !== numbers();
  }

  async #takeUp(): Promise<void> {
    const rows = await this.#db
      .select()
      .from(epochTable)
      .where(isNull(epochTable.movedAt))
      .orderBy(desc(epochTable.number));
    const held: Epoch[] = [];
    for (const row of rows) {
      const known = this.#held.find(({ number }) => number === row.number);
      held.push(known ?? (await this.#openOne(row)));
    }
    if (held.length === 0) throw new EpochKeyError("The database is in no epoch");
    const dropped = this.#held.filter((one) => !held.includes(one));
    this.#held = held;
    for (const one of dropped) one.forget();
    await this.#takeBlinds();
  }

  /** Says from now on which keys this process holds, and looks every few seconds what others have done. */
  async watch(onFailure: (error: unknown) => void): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look().catch(onFailure), WATCH_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await this.#db.delete(epochHolder).where(eq(epochHolder.id, this.#id));
  }

  /** Whether a process that was heard of lately still holds the key of this epoch. */
  async isHeldElsewhere(number: number): Promise<boolean> {
    return this.#someOther(lt(epochHolder.oldest, number + 1));
  }

  async #someOther(which: SQL): Promise<boolean> {
    const lately = sql`now() - make_interval(secs => ${SILENT_S})`;
    const [holder] = await this.#db
      .select({ id: epochHolder.id })
      .from(epochHolder)
      .where(and(which, gt(epochHolder.seenAt, lately), ne(epochHolder.id, this.#id)))
      .limit(1);
    return holder !== undefined;
  }

  /**
   * Makes the key of the next epoch, then the epoch. From its commit on the database takes nothing more that is written
   * under the one before (`migrations/`), by whichever process.
   */
  async openNext(now: Date, patienceMs = 0): Promise<void> {
    const next = this.current().number + 1;
    const key = await this.provider.create(next);
    const until = performance.now() + patienceMs;
    while (await this.#isMissingElsewhere(next)) {
      if (performance.now() >= until) {
        throw new EpochKeyError(
          `Another process has no key of epoch ${next}. Copy its file from this key folder to every other, and ask again.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await this.#declare(next, key, now);
    await this.refresh();
  }

  /** Replicas may hold copies of the key folder: an epoch whose key only some have would stop the others. */
  #isMissingElsewhere = (number: number): Promise<boolean> => this.#someOther(lt(epochHolder.newest, number));

  /** Keeps what finds the idempotency keys of an epoch beside the other keys, until the last of them has expired. */
  async keepBlind(number: number): Promise<void> {
    const epoch = this.#held.find((one) => one.number === number) ?? (await this.#reopen(number));
    await this.#keys.keep(blindName(number), epoch.blindKey);
  }

  /** Destroys those of them that nothing needs any more. */
  async dropBlinds(now: Date): Promise<void> {
    const over = await this.#db
      .select({ number: epochTable.number })
      .from(epochTable)
      .where(lt(epochTable.blindUntil, now));
    for (const { number } of over) {
      await this.#keys.destroy(blindName(number));
      this.#blinds = this.#blinds.filter(({ epoch }) => epoch !== number);
    }
  }

  async #declare(number: number, key: Uint8Array, now: Date): Promise<void> {
    const keyCheck = keyCheckOf(key);
    key.fill(0);
    await this.#db.transaction(async (tx) => {
      // In the order in which everybody else takes them. Whoever writes now ends first; whoever comes next sees the new epoch.
      await tx.execute(sql`SELECT 1 FROM log_head WHERE id = 1 FOR UPDATE`);
      await tx.execute(
        sql`LOCK TABLE vault.subject, vault.data_key, vault.payload IN SHARE ROW EXCLUSIVE MODE`,
      );
      // Another replica may have opened it first, on a key folder of its own: what the database says counts.
      await tx.insert(epochTable).values({ number, openedAt: now, keyCheck }).onConflictDoNothing();
    });
  }

  async #reopen(number: number): Promise<Epoch> {
    const [row] = await this.#db.select().from(epochTable).where(eq(epochTable.number, number));
    if (!row) throw new EpochKeyError(`There is no epoch ${number}`);
    return this.#openOne(row);
  }

  async #openOne(row: typeof epochTable.$inferSelect): Promise<Epoch> {
    if (!(await this.provider.exists(row.number))) {
      throw new KeyFolderError(
        `This database was written under the key of epoch ${row.number}, which is not in the key folder. ` +
          "Point MOTIVO_KEYS to the folder that holds it, and MOTIVO_KEY_PROVIDER to what wraps it. " +
          "A copy of the database from before that epoch was closed cannot be opened any more.",
      );
    }
    const key = await this.provider.open(row.number);
    if (!Buffer.from(row.keyCheck).equals(keyCheckOf(key))) {
      throw new KeyFolderError(
        `The key of epoch ${row.number} is not the one that this database was written under`,
      );
    }
    return epochOf(row.number, key);
  }

  async #takeBlinds(): Promise<void> {
    const rows = await this.#db
      .select({ number: epochTable.number })
      .from(epochTable)
      .where(and(isNotNull(epochTable.movedAt), gt(epochTable.blindUntil, sql`now()`)))
      .orderBy(asc(epochTable.number));
    const blinds: { epoch: number; key: Uint8Array }[] = [];
    for (const { number } of rows) {
      const known = this.#blinds.find(({ epoch }) => epoch === number);
      if (known) blinds.unshift(known);
      else if (await this.#keys.exists(blindName(number))) {
        blinds.unshift({ epoch: number, key: await this.#keys.read(blindName(number)) });
      }
    }
    this.#blinds = blinds;
  }

  /** Replicas may hold copies of a key folder: what was destroyed elsewhere is destroyed here, too. */
  async #destroyCopies(): Promise<void> {
    const gone = await this.#db
      .select({ number: epochTable.number })
      .from(epochTable)
      .where(isNotNull(epochTable.destroyedAt))
      .orderBy(desc(epochTable.number))
      .limit(COPIES_LOOKED_AT);
    for (const { number } of gone) {
      if (await this.provider.exists(number)) await this.provider.destroy(number);
    }
  }

  async #look(): Promise<void> {
    await this.refresh();
    await this.#destroyCopies();
    const { number } = this.#held[0]!;
    const newest = (await this.provider.exists(number + 1)) ? number + 1 : number;
    const seen = { oldest: this.#held.at(-1)!.number, newest, seenAt: sql`now()` };
    await this.#db
      .insert(epochHolder)
      .values({ id: this.#id, ...seen })
      .onConflictDoUpdate({ target: epochHolder.id, set: seen });
    this.#seenAt = performance.now();
    // Those of processes that ended without a word.
    await this.#db.delete(epochHolder).where(lt(epochHolder.seenAt, sql`now() - interval '1 day'`));
  }

  #checkFence(): void {
    if (this.#timer === null || performance.now() - this.#seenAt < FENCE_MS) return;
    throw new Problem("not_ready", "The database has not been heard of for too long", {
      retryAfterSeconds: 5,
    });
  }
}
