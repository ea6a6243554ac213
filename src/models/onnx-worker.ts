import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { type CellAt, tensorsOf } from "./row-tensors.ts";

/** What a worker is born with. */
export interface WorkerStart {
  runnable: Uint8Array;
  binding: Binding;
  background: readonly (readonly Cell[])[];
}

/** One job; `hybrids` names rows of the background that this worker holds instead of carrying them. */
export type WorkerJob =
  | { kind: "rows"; rows: readonly (readonly Cell[])[] }
  | { kind: "hybrids"; row: readonly Cell[]; background: Uint32Array; present: Uint8Array }
  | { kind: "close" };

export type WorkerAnswer =
  | { kind: "ready"; columns: number }
  /** The runtime's words about the model; no row has been near it yet. */
  | { kind: "unusable"; message: string }
  | { kind: "values"; values: Float64Array }
  /** Why stays here: the runtime quotes values in its messages, and a message ends up in a log. */
  | { kind: "failed" };

/**
 * Evaluates a model off the event loop, one job at a time: `run()` blocks the thread that calls it.
 */
async function serve({ runnable, binding, background }: WorkerStart): Promise<void> {
  const port = parentPort!;
  const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  let session: InferenceSession;
  let columns: number | undefined;
  try {
    session = await InferenceSession.create(runnable, {
      executionProviders: ["cpu"],
      // One thread a worker: the pool is the parallelism, and a spinning pool would take the cores from it.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
      // Fatal only: the runtime's own complaints go to stderr, and may quote what they were given.
      logSeverityLevel: 4,
    });
    columns = (await evaluate(1, (column) => background[0]![column]!)).length;
  } catch (error) {
    answer({ kind: "unusable", message: error instanceof Error ? error.message : "unknown" });
    port.close();
    return;
  }

  port.on("message", async (job: WorkerJob) => {
    if (job.kind === "close") {
      await session.release();
      port.close();
      return;
    }
    try {
      const values =
        job.kind === "rows"
          ? await evaluate(job.rows.length, (column, r) => job.rows[r]![column]!)
          : await evaluateHybrids(job);
      answer({ kind: "values", values }, [values.buffer as ArrayBuffer]);
    } catch {
      answer({ kind: "failed" });
    }
  });
  answer({ kind: "ready", columns });

  function evaluateHybrids({ row, background: from, present }: Extract<WorkerJob, { kind: "hybrids" }>) {
    const width = row.length;
    return evaluate(from.length, (column, r) =>
      present[r * width + column] === 0 ? background[from[r]!]![column]! : row[column]!,
    );
  }

  /** → rows × columns, row-major, finite. */
  async function evaluate(rows: number, cellAt: CellAt): Promise<Float64Array> {
    if (binding.rowsPerRun === undefined) return run(rows, cellAt);
    const single: number[] = [];
    for (let r = 0; r < rows; r++) single.push(...(await run(1, (column) => cellAt(column, r))));
    return Float64Array.from(single);
  }

  async function run(rows: number, cellAt: CellAt): Promise<Float64Array> {
    const { [binding.output]: output } = await session.run(tensorsOf(binding, rows, cellAt), [
      binding.output,
    ]);
    const values = Float64Array.from(output!.data as Float32Array | Float64Array);
    output!.dispose();
    const expected = columns === undefined ? values.length : rows * columns;
    if (values.length !== expected || !values.every(Number.isFinite)) throw new Error("unusable output");
    return values;
  }
}

await serve(workerData as WorkerStart);
