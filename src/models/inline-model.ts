import type { InferenceSession } from "onnxruntime-node";
import { Problem } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { evaluateRows, openSession } from "./session.ts";

/** A model in the calling thread, for rows so quick that the way to a worker costs more. */
export class InlineModel {
  readonly #session: InferenceSession;
  readonly #binding: Binding;
  readonly #columns: number;
  readonly #running = new Set<Promise<unknown>>();
  #closing = false;

  private constructor(session: InferenceSession, binding: Binding, columns: number) {
    this.#session = session;
    this.#binding = binding;
    this.#columns = columns;
  }

  static async open(runnable: Uint8Array, binding: Binding, columns: number): Promise<InlineModel> {
    return new InlineModel(await openSession(runnable), binding, columns);
  }

  /** → rows × columns, row-major, finite. Rejects with `prediction_failed`, or `not_ready` once closed. */
  async rows(rows: readonly (readonly Cell[])[]): Promise<Float64Array> {
    if (this.#closing) throw new Problem("not_ready", "The model is being closed");
    const run = evaluateRows(this.#session, this.#binding, rows, this.#columns);
    this.#running.add(run);
    try {
      return await run;
    } catch {
      // The runtime quotes values in its messages, and a message ends up in a log.
      throw new Problem("prediction_failed");
    } finally {
      this.#running.delete(run);
    }
  }

  /** What is being evaluated is finished first. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await Promise.allSettled(this.#running);
    await this.#session.release();
  }
}
