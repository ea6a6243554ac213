import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, type Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { openHybrids } from "./hybrid-model.ts";
import type { MixedRows } from "./mixing.ts";
import { tensorsOf } from "./row-tensors.ts";

/** What a worker is born with. */
export interface WorkerStart {
  runnable: Uint8Array;
  binding: Binding;
  background: readonly (readonly Cell[])[];
}

/** One job; `hybrids` names rows of the background that this worker holds instead of carrying them. */
export type WorkerJob =
  | { kind: "rows"; rows: readonly (readonly Cell[])[] }
  | { kind: "hybrids"; rows: readonly (readonly Cell[])[]; mixed: MixedRows }
  | { kind: "close" };

export type WorkerAnswer =
  | { kind: "ready"; columns: number; preprocessedOnce: boolean; anyBatch: boolean }
  /** The runtime's words about the model; no row has been near it yet. */
  | { kind: "unusable"; message: string }
  /** With how long it took to evaluate them. */
  | { kind: "values"; values: Float64Array; milliseconds: number }
  /** Why stays here: the runtime quotes values in its messages, and a message ends up in a log. */
  | { kind: "failed" };

const openSession = (onnx: Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    // One thread a worker: the pool is the parallelism, and a spinning pool would take the cores from it.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
    // Fatal only: the runtime's own complaints go to stderr, and may quote what they were given.
    logSeverityLevel: 4,
  });

/**
 * Evaluates a model off the event loop, one job at a time: `run()` blocks the thread that calls it.
 */
async function serve({ runnable, binding, background }: WorkerStart): Promise<void> {
  const port = parentPort!;
  const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  let session: InferenceSession;
  let columns: number | undefined;
  try {
    session = await openSession(runnable);
    columns = (await evaluate([background[0]!])).length;
  } catch (error) {
    answer({ kind: "unusable", message: error instanceof Error ? error.message : "unknown" });
    port.close();
    return;
  }
  const hybrids = await openHybrids({ runnable, binding, background }, { openSession, whole: run });

  port.on("message", async (job: WorkerJob) => {
    if (job.kind === "close") {
      await hybrids.release();
      await session.release();
      port.close();
      return;
    }
    const started = performance.now();
    try {
      const values =
        job.kind === "rows" ? await evaluate(job.rows) : await hybrids.evaluate(job.rows, job.mixed);
      const milliseconds = performance.now() - started;
      answer({ kind: "values", values, milliseconds }, [values.buffer as ArrayBuffer]);
    } catch {
      answer({ kind: "failed" });
    }
  });
  const { preprocessedOnce, anyBatch } = hybrids;
  answer({ kind: "ready", columns, preprocessedOnce, anyBatch });

  /** → rows × columns, row-major, finite. */
  async function evaluate(rows: readonly (readonly Cell[])[]): Promise<Float64Array> {
    const tensors = (part: readonly (readonly Cell[])[]) =>
      tensorsOf(binding, part.length, (column, r) => part[r]![column]!);
    if (binding.rowsPerRun === undefined) return run(session, tensors(rows), rows.length);
    const single: number[] = [];
    for (const row of rows) single.push(...(await run(session, tensors([row]), 1)));
    return Float64Array.from(single);
  }

  async function run(
    from: InferenceSession | undefined,
    tensors: Record<string, Tensor>,
    rows: number,
  ): Promise<Float64Array> {
    const { [binding.output]: output } = await (from ?? session).run(tensors, [binding.output]);
    const values = new Float64Array(output!.data as Float32Array | Float64Array);
    output!.dispose();
    const expected = columns === undefined ? values.length : rows * columns;
    if (values.length !== expected || !allFinite(values)) throw new Error("unusable output");
    return values;
  }
}

/** A loop, since a callback a value costs as much as a small model. */
function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

await serve(workerData as WorkerStart);
