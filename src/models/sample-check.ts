import type { Fault } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import { outputsOf } from "../explain/structure.ts";
import type { Contract } from "./contract.ts";
import { invalid, pointerTo } from "./package-faults.ts";
import type { Predictor } from "./predictor.ts";

/**
 * How far the model may be from the trainer's own answer, relative to max(1, |expected|). Graphs compute in
 * float32 (24 bits, 6e-8), and a hundred trees or columns summed in another order stay within a few dozen such
 * steps. A row that crosses a split because the exporter scaled it in float32 lies far outside, and is refused.
 */
export const SAMPLE_TOLERANCE = 1e-5;

/**
 * The rows on which the model does not say what the trainer said, each by its line in the file: first as the runtime
 * computes it, then as the graph is read for exact attributions. Exporters that leave out what they cannot write give
 * no other sign: scikit-learn's categories in HistGradientBoosting, LightGBM's `zero_as_missing`.
 */
export async function sampleFaults(
  contract: Pick<Contract, "samples">,
  predictor: Pick<Predictor, "outputs" | "reading" | "predictRows">,
  rows: readonly Cell[][],
  expected: Readonly<Record<string, readonly number[]>>,
): Promise<Fault[]> {
  const columns = Object.entries(contract.samples.columns);
  const faults = columns
    .filter(([output]) => !predictor.outputs.includes(output))
    .map(([output]) => invalid(pointerTo("samples", "columns", output), "is no output of the model"));
  if (columns.length === 0) faults.push(invalid("/samples/columns", "must name the expected values"));
  if (faults.length > 0) return faults;

  const values = await predictor.predictRows(rows);
  const width = predictor.outputs.length;
  const answers = columns.map(([output, column]) => ({
    at: predictor.outputs.indexOf(output),
    column,
    wanted: expected[column]!,
  }));
  const compare = (subject: string, answerAt: (r: number, at: number) => number) => {
    for (const { at, column, wanted } of answers) {
      wanted.forEach((value, r) => {
        const difference = Math.abs(answerAt(r, at) - value);
        if (difference <= SAMPLE_TOLERANCE * Math.max(1, Math.abs(value))) return;
        const detail = `${subject} differs by ${difference.toExponential(1)}`;
        faults.push(invalid(pointerTo("samples.csv", r + 2, column), detail));
      });
    }
  };
  compare("the model's answer", (r, at) => values[r * width + at]!);
  const { reading } = predictor;
  // A graph that is not read has no exact attributions, and nothing rests on them.
  if (faults.length > 0 || !("structure" in reading)) return faults;
  const read = rows.map((row) => outputsOf(reading.structure, row));
  if (read.some(({ length }) => length !== width)) return faults;
  compare("the answer that follows from the graph's trees or weights", (r, at) => read[r]![at]!);
  return faults;
}
