import type { ClosedForm, Link } from "./closed-form.ts";
import { ExplainError } from "./errors.ts";
import type { Game } from "./game.ts";
import { checkPrediction, checkShape, type HybridRows } from "./hybrids.ts";
import type { Estimate } from "./moments.ts";
import type { Blocks } from "./owen.ts";

/** As the members of the same names of an explanation, one row a column. */
export type Shares = Pick<Explanation, "attributions" | "standardErrors" | "intervals">;

/** Plain values in a fixed key order, so that `JSON.stringify` gives the same bytes for the same seed. */
export interface Explanation {
  method: "permutation" | "exact-enumeration" | "exact-tree" | "exact-linear";
  /** Why this method: by name, because a closed form costs next to nothing, or `auto` compared the model rows. */
  chosen: "asked" | "closed-form" | "enumeration-costs-less" | "enumeration-costs-more";
  /** The scale that base, output and attributions are on. */
  link: Link;
  /**
   * What made sampled values more precise: for the exact margin, and for the last function's curvature beside it, one slope an
   * output, 0 where the control was not worth its own noise. Null where nothing did.
   */
  control: { link: "margin"; slopes: number[]; curvatures: number[] } | null;
  /** The weighted mean over the background, one an output. */
  base: number[];
  /** The explained row's. */
  output: number[];
  /**
   * Largest distance between the explained row's outputs as the model gave them and as they follow from its scores in
   * float64, one that the runtime's own rounding explains; null where nothing was computed from scores.
   */
  distance: number | null;
  /** players × outputs; over the players they sum to output − base. */
  attributions: number[][];
  /** players × outputs; 0 where exact. */
  standardErrors: number[][];
  /** players × outputs, 95 % each. */
  intervals: [lower: number, upper: number][][];
  /** Owen values, columns × outputs, which over the columns of a player sum to its attributions; null if not asked for. */
  within: Shares | null;
  seed: string;
  /** Different model rows behind it, background included, whether or not that was evaluated before. */
  modelRows: number;
  /**
   * What the same work takes without deduplication, less `modelRows`: for each background row 2K + 1 rows a
   * round, or 2^K by enumeration, K being the players that vary anywhere in the background. 0 in closed form.
   */
  modelRowsSaved: number;
  rounds: number;
  /** Whether the tolerance was met before the budget ended. */
  converged: boolean;
  /** What the work was allowed: with the seed, all that it takes to do it again. */
  tolerance: number;
  maxModelRows: number;
  /** Largest |Σ attributions + base − output| over the outputs. */
  additivityGap: number;
  /** SHA-256 in hex. */
  digests: { model: string | null; background: string; algorithm: string };
}

/** Everything about an explanation that is known before it is computed. */
export type Told = Pick<
  Explanation,
  "method" | "chosen" | "link" | "seed" | "tolerance" | "maxModelRows" | "digests"
>;

/** One model row, to say how far the model's own rounding is from the float64 value. */
export async function inClosedForm(
  game: Game,
  { closedForm, within: shared }: { closedForm: ClosedForm; within?: boolean },
  told: Omit<Told, "method">,
): Promise<Explanation> {
  const { link } = told;
  checkShape(game);
  const players = game.players.length;
  // The explained row itself: every player takes its value, whichever background row stands behind.
  const present = new Uint8Array(players).fill(1);
  const given = checkPrediction(
    await game.predict({ count: 1, background: Uint32Array.of(0), present, players: game.players }),
    game.outputs,
  );
  const { base, output, outputs, attributions, within } = closedForm.explain(game.row, link);
  if (outputs.length !== game.outputs)
    throw new ExplainError("prediction_shape", "The model's structure gives another number of outputs", {
      expected: game.outputs,
      given: outputs.length,
    });
  const distance = Math.max(...outputs.map((output, o) => Math.abs(output - given[o]!)));
  const shares = (values: Float64Array): Shares => {
    const table = <T>(cell: (value: number) => T): T[][] =>
      rowsOf(values.length / game.outputs, game.outputs, (i) => cell(values[i]! + 0));
    return {
      attributions: table((value) => value),
      standardErrors: table(() => 0),
      intervals: table((value) => [value, value]),
    };
  };
  return {
    method: closedForm.method,
    chosen: told.chosen,
    link,
    control: null,
    base: Array.from(base, (value) => value + 0),
    output: Array.from(output, (value) => value + 0),
    distance,
    ...shares(attributions),
    within: shared && within ? shares(within) : null,
    seed: told.seed,
    modelRows: 1,
    modelRowsSaved: 0,
    rounds: 0,
    converged: true,
    tolerance: told.tolerance,
    maxModelRows: told.maxModelRows,
    additivityGap: additivityGap(base, output, attributions),
    digests: told.digests,
  };
}

function rowsOf<T>(players: number, outputs: number, cell: (i: number) => T): T[][] {
  return Array.from({ length: players }, (_, p) =>
    Array.from({ length: outputs }, (_, o) => cell(p * outputs + o)),
  );
}

/** Largest |Σ attributions + base − output|. */
function additivityGap(
  base: ArrayLike<number>,
  output: ArrayLike<number>,
  attributions: Float64Array,
): number {
  let largest = 0;
  for (let o = 0; o < base.length; o++) {
    let sum = base[o]!;
    for (let i = o; i < attributions.length; i += base.length) sum += attributions[i]!;
    largest = Math.max(largest, Math.abs(sum - output[o]!));
  }
  return largest;
}

/** What rows and an estimate from them say. */
export function assemble(
  rows: HybridRows,
  { method, chosen, link, seed, tolerance, maxModelRows, digests }: Told,
  { attributions, standardErrors, halfWidths, rounds, converged, slopes }: Estimate,
  blocks?: Blocks,
): Explanation {
  const outputs = Array.from({ length: rows.outputs }, (_, o) => o);
  const base = outputs.map((o) =>
    rows.empty.reduce((sum, id, b) => sum + rows.weights[b]! * rows.value(id, o), 0),
  );
  const output = outputs.map((o) => rows.value(rows.full, o));
  // Adding 0 turns -0 into 0, which JSON would not tell apart and `Object.is` would.
  const shares = (first: number, count: number): Shares => {
    const table = <T>(cell: (i: number) => T) =>
      rowsOf(count, rows.outputs, (i) => cell(first * rows.outputs + i));
    return {
      attributions: table((i) => attributions[i]! + 0),
      standardErrors: table((i) => standardErrors[i]!),
      intervals: table((i) => [attributions[i]! - halfWidths[i]! + 0, attributions[i]! + halfWidths[i]! + 0]),
    };
  };
  const own = blocks ? attributions.subarray(rows.players * rows.outputs) : attributions;
  const anywhere = rows.varyingAnywhere;
  const perRow = method === "permutation" ? rounds * (2 * anywhere + 1) : 2 ** anywhere;
  return {
    method,
    chosen,
    link,
    control: slopes && {
      link: "margin",
      slopes: Array.from(slopes.margin, (slope) => slope + 0),
      curvatures: Array.from(slopes.curvature, (slope) => slope + 0),
    },
    base,
    output,
    distance: null,
    ...(blocks ? shares(rows.players, blocks.count) : shares(0, rows.players)),
    within: blocks ? shares(0, rows.players) : null,
    seed,
    modelRows: rows.evaluated,
    modelRowsSaved: Math.max(perRow * rows.varying.length - rows.evaluated, 0),
    rounds,
    converged,
    tolerance,
    maxModelRows,
    additivityGap: additivityGap(base, output, own),
    digests,
  };
}
