import { Problem } from "../errors.ts";

/** How many items share a batch, how long the first waits for others, and how many may wait in all. */
export interface BatchLimits {
  size: number;
  waitMs: number;
  queue: number;
}

interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers concurrent items into batches and runs one batch at a time: while one is under way the next one
 * fills, so that waiting costs nothing under load and at most `waitMs` when idle.
 */
export class Batcher<T, R> {
  readonly #run: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #limits: BatchLimits;
  #waiting: Waiting<T, R>[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(limits: BatchLimits, run: (items: readonly T[]) => Promise<readonly R[]>) {
    this.#limits = limits;
    this.#run = run;
  }

  /** @throws Problem overloaded when the queue is full or the service is closing: nothing was begun. */
  add(item: T): Promise<R> {
    if (this.#closed) throw new Problem("not_ready", "The service is closing", { retryAfterSeconds: 5 });
    if (this.#waiting.length >= this.#limits.queue) {
      throw new Problem("overloaded", undefined, { retryAfterSeconds: 1 });
    }
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Takes nothing more and waits for what was taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    if (this.#limits.waitMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#limits.waitMs));
    // Even without a wait, let callers of this same turn join.
    else await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.size);
      try {
        const results = await this.#run(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, i) => {
          resolve(results[i]!);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = null;
  }
}
