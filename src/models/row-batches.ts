import { setImmediate as turn } from "node:timers/promises";
import type { Cell } from "../explain/game.ts";

interface Waiting {
  row: readonly Cell[];
  resolve(values: Float64Array): void;
  reject(error: unknown): void;
}

/** Answers given out in one turn of the event loop: what each sets off takes a few tenths of a millisecond, all at once. */
const AT_A_TIME = 8;

/**
 * Single rows that are asked for in one turn of the event loop, evaluated together: a call of the runtime costs more than a
 * row of a small model does. Only for models whose values do not depend on what else is in the batch.
 */
export class RowBatches {
  readonly #evaluate: (rows: readonly (readonly Cell[])[]) => Promise<Float64Array>;
  readonly #most: number;
  #waiting: Waiting[] = [];

  /**
   * @param evaluate → rows × outputs, row-major
   * @param most rows in one call, at least 1
   */
  constructor(evaluate: (rows: readonly (readonly Cell[])[]) => Promise<Float64Array>, most: number) {
    this.#evaluate = evaluate;
    this.#most = most;
  }

  /** One value an output. @throws what `evaluate` rejects with for this row, whatever the others do */
  ask(row: readonly Cell[]): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ row, resolve, reject }) === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += this.#most)
      void this.#batch(waiting.slice(from, from + this.#most));
  }

  async #batch(batch: readonly Waiting[]): Promise<void> {
    try {
      const values = await this.#evaluate(batch.map(({ row }) => row));
      const width = values.length / batch.length;
      for (const [i, { resolve }] of batch.entries()) {
        if (i > 0 && i % AT_A_TIME === 0) await turn();
        resolve(values.slice(i * width, (i + 1) * width));
      }
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error);
      // One row that the model fails on must not fail those that came with it.
      else for (const one of batch) void this.#batch([one]);
    }
  }
}
