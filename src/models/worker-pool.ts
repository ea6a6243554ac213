import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Problem } from "../errors.ts";
import type { WorkerAnswer, WorkerJob, WorkerStart } from "./onnx-worker.ts";
import { invalid, packageProblem } from "./package-faults.ts";

export interface PoolOptions {
  /** Default: one fewer than there are cores, since the event loop needs one, but at least one. */
  threads?: number;
  /** The module that a thread runs; it speaks the protocol of `onnx-worker.ts`. */
  workerFile?: URL;
  /**
   * Whether single rows of a model that is small and quick enough are evaluated in the calling thread: the way to another one
   * and back costs more than such a row. Default: no.
   */
  inline?: boolean;
}

/** A stripped build has the same tree in .js: a worker's file ends as this one does. */
const WORKER_FILE = new URL(`./onnx-worker${extname(import.meta.url)}`, import.meta.url);
/** In a task of fewer rows the call itself weighs more than they do. */
const TELLING_ROWS = 32;
/** A thread that does not end by itself in this time is ended. */
const CLOSE_MS = 10_000;

/**
 * Since 1.30 onnxruntime reports sessions, errors and a device identifier to its maker, and leaves that identifier in
 * the user's cache. It reads this when its first thread loads it, from the process's environment, which a thread
 * cannot change.
 */
process.env.ORT_DISABLE_TELEMETRY = "1";

/** What a thread finds out about its model while it opens it. */
export type ModelFacts = Omit<Extract<WorkerAnswer, { kind: "ready" }>, "kind">;

interface Task {
  job: WorkerJob;
  transfer: ArrayBuffer[];
  resolve(values: Float64Array): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  ready: boolean;
  task: Task | undefined;
  ended: Promise<void>;
}

/**
 * Threads with a model each. Tasks wait in one queue, first come first served; a thread has one at a time, so an
 * answer can belong to no other task than the thread's own.
 */
export class WorkerPool {
  readonly #start: WorkerStart;
  readonly #file: URL;
  readonly #size: number;
  readonly #threads = new Set<Thread>();
  readonly #queue: Task[] = [];
  #closing: Promise<void> | undefined;
  #pace: number | undefined;

  private constructor(start: WorkerStart, options: PoolOptions) {
    this.#start = start;
    this.#file = options.workerFile ?? WORKER_FILE;
    this.#size = options.threads ?? Math.max(1, availableParallelism() - 1);
  }

  /** Resolves when every thread has loaded the model; rejects with `invalid_package` when the runtime refuses it. */
  static async open(
    start: WorkerStart,
    options: PoolOptions = {},
  ): Promise<{ pool: WorkerPool } & ModelFacts> {
    const pool = new WorkerPool(start, options);
    const opening = Array.from({ length: pool.#size }, () => pool.#open());
    try {
      const [facts] = await Promise.all(opening);
      return { pool, ...facts! };
    } catch (error) {
      await Promise.allSettled(opening);
      await pool.close();
      throw error;
    }
  }

  /** Rejects with `prediction_failed` when the model fails or the thread dies, `not_ready` once closed. */
  run(job: WorkerJob, transfer: ArrayBuffer[] = []): Promise<Float64Array> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  /**
   * Milliseconds a row at the best so far, since a thread that others hold up tells nothing of the model; undefined until a
   * task of some size is done.
   */
  get pace(): number | undefined {
    return this.#pace;
  }

  #learn(job: WorkerJob, milliseconds: number): void {
    if (job.kind === "close") return;
    const rows = job.kind === "rows" ? job.rows.length : job.mixed.background.length;
    if (rows < TELLING_ROWS) return;
    this.#pace = Math.min(this.#pace ?? Number.POSITIVE_INFINITY, milliseconds / rows);
  }

  /** Waits for what is being evaluated, refuses what is still queued, ends the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const task of this.#queue.splice(0)) task.reject(closed());
    await Promise.all(
      [...this.#threads].map(async (thread) => {
        // One with a task is told when it answers: the session must not be released under it.
        if (thread.task === undefined) dismiss(thread);
        const late = setTimeout(() => void thread.worker.terminate(), CLOSE_MS);
        await thread.ended;
        clearTimeout(late);
      }),
    );
  }

  #open(): Promise<ModelFacts> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.#file, { workerData: this.#start, name: "motivo-onnx" });
      const ended = new Promise<void>((done) => worker.once("exit", () => done()));
      const thread: Thread = { worker, ready: false, task: undefined, ended };
      this.#threads.add(thread);
      worker.on("message", (answer: WorkerAnswer) => {
        if (answer.kind === "ready") {
          thread.ready = true;
          const { kind: _, ...facts } = answer;
          resolve(facts);
        } else if (answer.kind === "unusable") {
          reject(unusable(answer.message));
        } else {
          const { task } = thread;
          thread.task = undefined;
          if (answer.kind === "values" && task) {
            this.#learn(task.job, answer.milliseconds);
            task.resolve(answer.values);
          }
          if (answer.kind === "failed") task?.reject(failed());
          if (this.#closing !== undefined) dismiss(thread);
        }
        this.#dispatch();
      });
      // The error itself may quote a row. `exit` follows it, and says all that the pool has to know.
      worker.on("error", () => {});
      worker.on("exit", () => {
        reject(failed());
        this.#lose(thread);
      });
    });
  }

  /**
   * A thread has ended. Its task fails, and a thread that had come up is replaced at once. One that ended while
   * it started is not, or a model that no longer loads would start threads for ever; it fails the first task in
   * the queue instead, and the next task makes the next attempt.
   */
  #lose(thread: Thread): void {
    this.#threads.delete(thread);
    thread.task?.reject(failed());
    if (this.#closing !== undefined) return;
    if (thread.ready) this.#replace();
    else if (this.#threads.size === 0) this.#queue.shift()?.reject(failed());
    this.#dispatch();
  }

  #replace(): void {
    // Whether it comes up shows in the thread's own events; nobody awaits this one.
    this.#open().catch(() => {});
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (!thread.ready || thread.task !== undefined) continue;
      const task = this.#queue.shift();
      if (task === undefined) return;
      thread.task = task;
      thread.worker.postMessage(task.job, task.transfer);
    }
    if (this.#queue.length > 0 && this.#threads.size === 0) this.#replace();
  }
}

function dismiss({ worker }: Thread): void {
  worker.postMessage({ kind: "close" } satisfies WorkerJob);
}

function closed(): Problem {
  return new Problem("not_ready", "The model is being closed");
}

function failed(): Problem {
  return new Problem("prediction_failed");
}

function unusable(message: string): Problem {
  return packageProblem([invalid("/model.onnx", `the runtime refuses it: ${message.slice(0, 300)}`)]);
}
