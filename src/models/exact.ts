import { setImmediate } from "node:timers/promises";
import { ClosedForm } from "../explain/closed-form.ts";
import { ExplainError } from "../explain/errors.ts";
import type { Cell, Player } from "../explain/game.ts";
import { outputsOf } from "../explain/structure.ts";
import type { StructureReading } from "./graph/read-structure.ts";
import type { Predictor } from "./predictor.ts";

/** As `explain` takes it: the closed form, or why there is none. */
export type ExactReading = { closedForm: ClosedForm } | { noClosedForm: string };

/**
 * How far the graph, read in float64, may be from the runtime, relative to max(1, |output|): float32 sums of a
 * few hundred trees stay well within it, and a graph that was misread does not.
 */
const AGREEMENT = 1e-5;

/**
 * The graph as it was read, or why it is of no use. The reader is believed only if it says what the runtime says on every
 * background row: an operator that a new runtime computes in another way then costs speed, never a wrong reason.
 */
export async function agreedStructure(
  predictor: Predictor,
  background: readonly (readonly Cell[])[],
): Promise<StructureReading> {
  const { reading, outputs } = predictor;
  if ("reason" in reading) return reading;
  const values = await predictor.predictRows(background);
  const agrees = background.every((row, b) =>
    outputsOf(reading.structure, row).every((value, o) => {
      const given = values[b * outputs.length + o]!;
      return Math.abs(value - given) <= AGREEMENT * Math.max(1, Math.abs(given));
    }),
  );
  return agrees && reading.structure.shift.length === outputs.length
    ? reading
    : { reason: "the graph, as it was read, does not give what the runtime gives" };
}

/**
 * Makes a version's closed form ready, for these players, background and weights, letting others have the event loop in
 * between.
 * @param within whether players of several columns share out among them what they have
 */
export async function openExact(
  predictor: Predictor,
  players: readonly Player[],
  background: readonly (readonly Cell[])[],
  weights?: Float64Array,
  within = false,
): Promise<ExactReading> {
  const reading = await agreedStructure(predictor, background);
  if ("reason" in reading) return { noClosedForm: reading.reason };
  try {
    return {
      closedForm: await ClosedForm.open(
        reading.structure,
        { players, background, ...(weights && { weights }) },
        setImmediate,
        { within },
      ),
    };
  } catch (error) {
    if (error instanceof ExplainError) return { noClosedForm: error.message };
    throw error;
  }
}
