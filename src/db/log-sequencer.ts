import { Problem } from "../errors.ts";
import { type Edge, expectedTree, prepareEntries, settle } from "./append-batch.ts";
import {
  type AppendRow,
  appendParameters,
  type ExpectedTree,
  type OwedNote,
  type PreparedEntry,
  readAppendRow,
  type TagNumbers,
} from "./append-call.ts";
import { type AppendChannel, ConnectionLostError } from "./append-channel.ts";
import { CommitTime } from "./commit-time.ts";
import type { AppendContext, NewEntry, Outcome, Receipt } from "./log-entry.ts";

/** How many entries share a batch, how long the first waits for others, and how many may wait in all. */
export interface BatchLimits {
  size: number;
  waitMs: number;
  queue: number;
}

interface Waiting {
  entry: NewEntry;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
  /** What must not be in two batches at once: its data key and its idempotency key. */
  holds: readonly string[];
  /** Its connection was lost once: an earlier try may yet have gone in, or go in. */
  uncertain: boolean;
  /** The database refused its batch: next time it goes by itself, so that one bad entry fails alone. */
  alone: boolean;
  /** Was sent once more after a refusal that the process could do something about. */
  again: boolean;
}

interface Batch {
  waiting: readonly Waiting[];
  prepared: readonly PreparedEntry[];
  tagNumbers: TagNumbers;
  expected: ExpectedTree | undefined;
  sentAt: number;
}

/** Where entries of a lost batch are found again. */
export interface Whereabouts {
  /**
   * Receipts by entry id, of those that are in the log. Waits for whatever is being appended, so that what is not there
   * now comes only from a statement that has not begun.
   */
  find(ids: readonly string[]): Promise<Map<string, Receipt>>;
}

/** What the sequencer is built on. */
export interface SequencerParts {
  channel: AppendChannel;
  context: AppendContext;
  limits: BatchLimits;
  whereabouts: Whereabouts;
  /** Where the head stands. */
  edge: Edge;
  /** Does something about what the database refused a batch for. @returns whether to send it once more */
  mend?: (error: unknown) => Promise<boolean>;
}

/** A character a byte: a key of a Set in the least time. */
const inOneString = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** How long a lost batch is looked for before its callers are told that nobody knows. */
const SEARCH_MS = 15_000;
const SEARCH_PAUSE_MS = 100;
/** Tag numbers remembered; a forgotten one is read again with the key. */
const REMEMBERED_KEYS = 20_000;
/** Entries looked through for a batch, beyond which the rest waits: many of one person wait for one another. */
const LOOKED_THROUGH = 4;
/** Batches in a row that nobody came in between of, after which this process takes itself for the only one that writes. */
const ALONE_AFTER = 16;
/** A second batch below this costs more than it hides. */
const SMALLEST_SECOND = 12;

/**
 * Gathers concurrent entries into batches and keeps up to two of them on their way. The second is computed on the tree
 * that the first will leave; should the first leave another one, the database computes, so order and outcome never depend
 * on the guess. Under load a batch fills while others are on their way, so waiting costs nothing.
 */
export class Sequencer {
  readonly #channel: AppendChannel;
  readonly #context: AppendContext;
  readonly #limits: BatchLimits;
  readonly #whereabouts: Whereabouts;
  readonly #mend: (error: unknown) => Promise<boolean>;
  readonly #commits = new CommitTime();
  #waiting: Waiting[] = [];
  readonly #onTheirWay: Batch[] = [];
  readonly #held = new Set<string>();
  readonly #tagNumbers = new Map<string, number>();
  /** Where the head will stand after every batch that is on its way; null where that is not known. */
  #edge: Edge | null;
  /** Batches since one found that another process had moved the head. */
  #sinceMoved = ALONE_AFTER;
  #owed: OwedNote[] = [];
  #filing: Promise<void> | undefined;
  #searches = 0;
  #scheduled = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor({ channel, context, limits, whereabouts, edge, mend }: SequencerParts) {
    this.#channel = channel;
    this.#context = context;
    this.#limits = limits;
    this.#whereabouts = whereabouts;
    this.#edge = edge;
    this.#mend = mend ?? (async () => false);
  }

  /**
   * @throws Problem overloaded when the queue is full, not_ready when the service is closing or the database away,
   * log_halted after an alarm: nothing was begun; outcome_unknown when the connection was lost and the database did not come back in time.
   */
  append(entry: NewEntry): Promise<Outcome> {
    if (this.#closed) throw new Problem("not_ready", "The service is closing", { retryAfterSeconds: 5 });
    if (this.#waiting.length >= this.#limits.queue) {
      throw new Problem("overloaded", undefined, { retryAfterSeconds: 1 });
    }
    this.#refuseWhereHalted();
    const holds: string[] = [];
    if (entry.subject) holds.push(entry.subject.dataKey);
    if (entry.idempotency) holds.push(inOneString(entry.idempotency.keyHmac));
    return new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject, holds, uncertain: false, alone: false, again: false });
      this.#schedule(this.#limits.waitMs);
    });
  }

  /** Takes nothing more and waits for what was taken. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#filing;
  }

  /** Where the head is not known nothing is signed in advance, and a batch would be committed that nobody will sign. */
  #refuseWhereHalted(): void {
    const halted = this.#context.signer.halted?.();
    if (halted) throw halted;
  }

  get #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#onTheirWay.length === 0 && this.#searches === 0;
  }

  /** After this turn, so that everybody who was just answered can join the next batch. */
  #schedule(waitMs = 0): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const start = () => {
      this.#scheduled = false;
      this.#start();
    };
    if (waitMs > 0 && this.#onTheirWay.length === 0) setTimeout(start, waitMs);
    else setImmediate(start);
  }

  #start(): void {
    // While a lost batch is looked for, nothing may take its tags' numbers or keys.
    while (this.#searches === 0 && this.#onTheirWay.length < this.#channel.depth) {
      const { least, most } = this.#share();
      if (this.#waiting.length < least) break;
      const batch = this.#take(least, most);
      if (batch.length === 0) break;
      this.#send(batch);
    }
    if (this.#onTheirWay.length === 0 && this.#waiting.length === 0) this.#fileOwed();
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * How many entries the next batch may have. One that took everybody would leave nothing to prepare while it is on its way:
   * process and database would take turns. So it takes half of all that are asked for, where two halves pay.
   */
  #share(): { least: number; most: number } {
    const { size } = this.#limits;
    // Where others write too, the database has enough to do meanwhile, and halves only make it come here more often.
    if (this.#sinceMoved < ALONE_AFTER) {
      return { least: this.#onTheirWay.length === 0 ? 1 : Number.POSITIVE_INFINITY, most: size };
    }
    const worth = Math.min(Math.max(SMALLEST_SECOND, this.#commits.worthOfRows), size);
    const asked = this.#onTheirWay.reduce((sum, { waiting }) => sum + waiting.length, this.#waiting.length);
    const half = Math.ceil(asked / this.#channel.depth);
    return {
      least: this.#onTheirWay.length === 0 ? 1 : worth,
      most: half < worth ? size : Math.min(half, size),
    };
  }

  /**
   * The next entries in order, at most so many, less those whose data key or idempotency key is taken by another; none if
   * below `least`.
   */
  #take(least: number, most: number): Waiting[] {
    const batch: Waiting[] = [];
    const passed: Waiting[] = [];
    const keys = new Set<string>();
    const lookedThrough = Math.min(this.#waiting.length, LOOKED_THROUGH * this.#limits.size);
    let at = 0;
    for (; at < lookedThrough && batch.length < most; at++) {
      const one = this.#waiting[at]!;
      const key = one.entry.idempotency ? one.holds.at(-1)! : "";
      if (one.holds.some((hold) => this.#held.has(hold)) || keys.has(key)) {
        passed.push(one);
      } else if (one.alone) {
        if (batch.length > 0) break;
        batch.push(one);
        at++;
        break;
      } else {
        if (key !== "") keys.add(key);
        batch.push(one);
      }
    }
    if (batch.length < least && !batch[0]?.alone) return [];
    this.#waiting.splice(0, at, ...passed);
    return batch;
  }

  #send(waiting: readonly Waiting[]): void {
    for (const { holds } of waiting) for (const hold of holds) this.#held.add(hold);
    try {
      this.#refuseWhereHalted();
      const entries = waiting.map(({ entry }) => entry);
      const { prepared, tagNumbers } = prepareEntries(this.#context, entries, this.#tagNumbers);
      const expected = this.#edge ? expectedTree(this.#context.signer, this.#edge, prepared) : undefined;
      this.#edge = expected ? { ...expected.appended.frontier, root: expected.appended.root } : null;
      const owed = this.#owed.splice(0);
      const batch: Batch = { waiting, prepared, tagNumbers, expected, sentAt: performance.now() };
      this.#onTheirWay.push(batch);
      const call = { prepared, tagNumbers, expected, owed, now: this.#context.now() };
      this.#channel
        .call((arrays) => appendParameters(arrays, call))
        .then(
          (row) => this.#answered(batch, row),
          (error: unknown) => this.#failed(batch, error),
        );
    } catch (error) {
      // A leaf or record that cannot be encoded: the fault of one entry, which must not be the others'.
      this.#release(waiting);
      this.#fallApart(waiting, error);
    }
  }

  #answered(batch: Batch, row: AppendRow | undefined): void {
    try {
      this.#leave(batch);
      const result = readAppendRow(row);
      this.#commits.note(batch.sentAt, performance.now(), result.spentUs);
      const settled = settle(this.#context.signer, batch.prepared, batch.expected, result);
      const overtaken = result.edge !== null && batch.expected !== undefined;
      this.#sinceMoved = overtaken ? 0 : this.#sinceMoved + 1;
      for (const [key, { from, count }] of batch.tagNumbers) this.#remember(key, from + count);
      for (const [key, next] of settled.counters) this.#remember(key, next);
      if (result.edge || result.refused) {
        // What is still on its way was computed on a tree that did not come to be; the last answer tells the true one.
        this.#edge = this.#onTheirWay.length === 0 ? settled.edge : null;
      }
      if (settled.owed) this.#owed.push(settled.owed);
      this.#release(batch.waiting);
      const again = new Set(settled.stale);
      const doubtful: Waiting[] = [];
      for (const one of batch.waiting) {
        const outcome = settled.outcomes.get(one.entry);
        if (outcome && "refused" in outcome && one.uncertain) doubtful.push(one);
        else if (outcome) one.resolve(outcome);
      }
      this.#waiting.unshift(...batch.waiting.filter(({ entry }) => again.has(entry)));
      if (doubtful.length > 0) {
        // Its own earlier try may be what stands in its way.
        void this.#search(doubtful, (one) => one.resolve(settled.outcomes.get(one.entry)!));
      }
    } catch (error) {
      this.#edge = null;
      for (const { reject } of batch.waiting) reject(error);
    }
    this.#schedule();
  }

  #failed(batch: Batch, error: unknown): void {
    this.#leave(batch);
    this.#edge = null;
    this.#release(batch.waiting);
    if (error instanceof ConnectionLostError) {
      void this.#search(batch.waiting, (one) => {
        one.uncertain = true;
        this.#waiting.unshift(one);
      });
    } else if (error instanceof Problem) {
      // Nothing was sent; but of what was sent before nobody knows yet.
      for (const one of batch.waiting) if (!one.uncertain) one.reject(error);
      const doubtful = batch.waiting.filter(({ uncertain }) => uncertain);
      if (doubtful.length > 0) void this.#search(doubtful, (one) => one.reject(error));
    } else {
      void this.#refused(batch.waiting, error);
    }
    this.#schedule();
  }

  /** Nothing of a batch was written. */
  async #refused(waiting: readonly Waiting[], error: unknown): Promise<void> {
    this.#searches += 1;
    const mended = waiting.every(({ again }) => !again) && (await this.#mend(error).catch(() => false));
    this.#searches -= 1;
    if (mended) this.#waiting.unshift(...waiting.map((one) => Object.assign(one, { again: true })));
    else this.#fallApart(waiting, error);
    this.#schedule();
  }

  /** One entry that the database cannot take fails; the others of its batch get another try, each by itself. */
  #fallApart(waiting: readonly Waiting[], error: unknown): void {
    const [first] = waiting;
    if (waiting.length > 1) {
      this.#waiting.unshift(...waiting.map((one) => Object.assign(one, { alone: true })));
    } else if (first?.uncertain) {
      void this.#search([first], () => first.reject(error));
    } else {
      first?.reject(error);
    }
  }

  /** Answers those that went in after all. @param absent what to do with one that did not, so far */
  async #search(waiting: readonly Waiting[], absent: (one: Waiting) => void): Promise<void> {
    this.#searches += 1;
    const until = performance.now() + SEARCH_MS;
    const ids = waiting.map(({ entry }) => entry.columns.id);
    for (;;) {
      try {
        const found = await this.#whereabouts.find(ids);
        for (const one of [...waiting].reverse()) {
          const receipt = found.get(one.entry.columns.id);
          if (receipt) one.resolve(receipt);
          else absent(one);
        }
        break;
      } catch (cause) {
        if (performance.now() >= until) {
          const unknown = new Problem("outcome_unknown", undefined, { cause, retryAfterSeconds: 5 });
          for (const { reject } of waiting) reject(unknown);
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, SEARCH_PAUSE_MS));
      }
    }
    this.#searches -= 1;
    this.#schedule();
  }

  /** Stores the notes that no batch took along. Where that fails they are signed again when they are asked for. */
  #fileOwed(): void {
    if (this.#owed.length === 0) return;
    const owed = this.#owed.splice(0);
    const call = { prepared: [], tagNumbers: new Map<string, never>(), owed, now: this.#context.now() };
    this.#filing = this.#channel
      .call((arrays) => appendParameters(arrays, call))
      .then(
        () => {},
        () => {},
      );
  }

  #leave(batch: Batch): void {
    this.#onTheirWay.splice(this.#onTheirWay.indexOf(batch), 1);
  }

  #release(waiting: readonly Waiting[]): void {
    for (const { holds } of waiting) for (const hold of holds) this.#held.delete(hold);
  }

  #remember(key: string, next: number): void {
    this.#tagNumbers.delete(key);
    this.#tagNumbers.set(key, next);
    if (this.#tagNumbers.size <= REMEMBERED_KEYS) return;
    const [oldest] = this.#tagNumbers.keys();
    this.#tagNumbers.delete(oldest!);
  }
}
