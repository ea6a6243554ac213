import { InferenceSession, type Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { tensorsOf } from "./row-tensors.ts";

/** A model as every thread opens it. @throws what the runtime says of a model that it refuses */
export const openSession = (onnx: Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    // One thread a worker: the pool is the parallelism, and a spinning pool would take the cores from it.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
    // Fatal only: the runtime's own complaints go to stderr, and may quote what they were given.
    logSeverityLevel: 4,
  });

/** → the bound output as float64. @throws unless it has `expected` values, all finite; null: however many */
export async function runSession(
  session: InferenceSession,
  binding: Binding,
  tensors: Record<string, Tensor>,
  expected: number | null,
): Promise<Float64Array> {
  const { [binding.output]: output } = await session.run(tensors, [binding.output]);
  const values = new Float64Array(output!.data as Float32Array | Float64Array);
  output!.dispose();
  if ((expected !== null && values.length !== expected) || !allFinite(values))
    throw new Error("unusable output");
  return values;
}

/** → rows × columns, row-major, finite. @param columns null: however many there are */
export async function evaluateRows(
  session: InferenceSession,
  binding: Binding,
  rows: readonly (readonly Cell[])[],
  columns: number | null,
): Promise<Float64Array> {
  const run = (part: readonly (readonly Cell[])[]) =>
    runSession(
      session,
      binding,
      tensorsOf(binding, part.length, (column, r) => part[r]![column]!),
      columns === null ? null : part.length * columns,
    );
  if (binding.rowsPerRun === undefined) return run(rows);
  const single: number[] = [];
  for (const row of rows) single.push(...(await run([row])));
  return Float64Array.from(single);
}

/** A loop, since a callback a value costs as much as a small model. */
function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
