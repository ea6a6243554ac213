/** A worker that dies over a row that says so, as a crash in native code would take it; else the real one. */
import { parentPort, workerData } from "node:worker_threads";
import type { WorkerJob, WorkerStart } from "../../src/models/onnx-worker.ts";

const DEADLY = 666;
const UNBORN = 999;

// Registered before the real worker listens, so that it sees each job first.
parentPort!.on("message", (job: WorkerJob) => {
  if (job.kind === "rows" && job.rows.some((row) => row[0] === DEADLY)) process.exit(1);
  if (job.kind === "rows" && job.rows.some((row) => row[0] === DEADLY + 1)) throw new Error("row 667");
});
if ((workerData as WorkerStart).background[0]![0] === UNBORN) process.exit(1);

await import("../../src/models/onnx-worker.ts");
