import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { openHybrids } from "./hybrid-model.ts";
import type { MixedRows } from "./mixing.ts";
import { evaluateRows, openSession, runSession } from "./session.ts";

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

/** How the model takes rows that come one by one. */
interface RowFacts {
  /** Of a single row at its best. */
  rowMilliseconds: number;
  /** Whether rows evaluated together come out in the bits that each has alone. */
  rowsAlike: boolean;
  /** How long the runtime takes to load the model. */
  openMilliseconds: number;
}

const UNTRIED: RowFacts = {
  rowMilliseconds: Number.POSITIVE_INFINITY,
  rowsAlike: false,
  openMilliseconds: Number.POSITIVE_INFINITY,
};

export type WorkerAnswer =
  | ({ kind: "ready"; columns: number; preprocessedOnce: boolean; anyBatch: boolean } & RowFacts)
  /** The runtime's words about the model; no row has been near it yet. */
  | { kind: "unusable"; message: string }
  /** With how long it took to evaluate them. */
  | { kind: "values"; values: Float64Array; milliseconds: number }
  /** Why stays here: the runtime quotes values in its messages, and a message ends up in a log. */
  | { kind: "failed" };

/** Background rows that a thread tries batches on, and how often it times a single one. */
const TRIED = 64;
const TIMED = 16;
const WORTH_COMPANY_MS = 1;

/**
 * Evaluates a model off the event loop, one job at a time: `run()` blocks the thread that calls it.
 */
async function serve({ runnable, binding, background }: WorkerStart): Promise<void> {
  const port = parentPort!;
  const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  let session: InferenceSession;
  let columns: number | null = null;
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
  answer({ kind: "ready", columns, preprocessedOnce, anyBatch, ...(await tryRows()) });

  function evaluate(rows: readonly (readonly Cell[])[]): Promise<Float64Array> {
    return evaluateRows(session, binding, rows, columns);
  }

  function run(from: InferenceSession | undefined, tensors: Record<string, Tensor>, rows: number) {
    return runSession(from ?? session, binding, tensors, rows * columns!);
  }

  /** What a row takes by itself at its best, and whether its bits are the same in company. */
  async function tryRows(): Promise<RowFacts> {
    const rows = background.slice(0, TRIED);
    try {
      const alone: number[] = [];
      let rowMilliseconds = Number.POSITIVE_INFINITY;
      for (const [r, row] of rows.entries()) {
        const started = performance.now();
        alone.push(...(await evaluate([row])));
        if (r < TIMED) rowMilliseconds = Math.min(rowMilliseconds, performance.now() - started);
        // Beside such a row a call is nothing: there is no gain in company, and much time in trying it.
        else if (rowMilliseconds > WORTH_COMPANY_MS) return { ...UNTRIED, rowMilliseconds };
      }
      let rowsAlike = rows.length > 1;
      for (const size of [2, 3, 7, 16, rows.length])
        for (let from = 0; from < rows.length; from += size) {
          const together = await evaluate(rows.slice(from, from + size));
          rowsAlike &&= together.every((value, i) => Object.is(value, alone[from * columns! + i]));
        }
      return { rowMilliseconds, rowsAlike, openMilliseconds: await timeOpening() };
    } catch {
      // A background row that the model fails on is refused elsewhere, by name: here it only keeps rows apart.
      return UNTRIED;
    }
  }

  /** Another time, since the first one in a process also sets the runtime up. */
  async function timeOpening(): Promise<number> {
    const started = performance.now();
    const another = await openSession(runnable);
    const milliseconds = performance.now() - started;
    await another.release();
    return milliseconds;
  }
}

await serve(workerData as WorkerStart);
