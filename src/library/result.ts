import type { Explanation, Shares } from "../explain/explain.ts";

/** One row's explanation of one output, by feature. Plain values: `JSON.stringify` gives the same bytes every time. */
export interface RowExplanation {
  /** The mean output over the background. */
  base: number;
  /** The row's. */
  output: number;
  /** By feature or group; they sum to output − base. */
  attributions: Record<string, number>;
  /** 0 where exact. */
  standardErrors: Record<string, number>;
  /** 95 %. */
  intervals: Record<string, [lower: number, upper: number]>;
  method: Explanation["method"];
  /** By feature, what each member of a group has of the group's share (Owen values); null where it was not asked for. */
  within: Pick<RowExplanation, "attributions" | "standardErrors" | "intervals"> | null;
  /** Different rows that the model evaluated. */
  modelRows: number;
  /** As it was given. */
  seed: number | string;
  /** The class, or `value`. */
  outputName: string;
  link: Explanation["link"];
  chosen: Explanation["chosen"];
  modelRowsSaved: number;
  rounds: number;
  /** Whether the tolerance was met before the budget ended. */
  converged: boolean;
  /** |Σ attributions + base − output|, the largest over the outputs. */
  additivityGap: number;
  /** The slope by which exact values of the margin made sampled ones more precise; null where nothing did. */
  control: number | null;
  /** SHA-256 in hex, of the background's cells and of the algorithm with its version. */
  digests: { background: string; algorithm: string };
  /** On the closed paths: how far the model's own float32 output is from the float64 value; else null. */
  distance: number | null;
}

/** The engine's result of one output, with the names of players and outputs. */
export function named(
  of: {
    /** Of the players, and of the single features. */
    names: readonly string[];
    features: readonly string[];
    outputs: readonly string[];
    at: number;
    seed: number | string;
  },
  explanation: Explanation,
): RowExplanation {
  const { names, features, outputs, at, seed } = of;
  const byName = <T>(rows: readonly string[], table: readonly (readonly T[])[]): Record<string, T> =>
    Object.fromEntries(rows.map((name, p) => [name, table[p]![at]!]));
  const shares = (rows: readonly string[], of: Shares) => ({
    attributions: byName(rows, of.attributions),
    standardErrors: byName(rows, of.standardErrors),
    intervals: byName(rows, of.intervals),
  });
  const { method, modelRows, link, chosen, modelRowsSaved, rounds, converged, additivityGap, distance } =
    explanation;
  const { control, digests } = explanation;
  return {
    base: explanation.base[at]!,
    output: explanation.output[at]!,
    ...shares(names, explanation),
    method,
    modelRows,
    seed,
    outputName: outputs[at]!,
    link,
    chosen,
    modelRowsSaved,
    rounds,
    converged,
    additivityGap,
    control: control === null ? null : control.slopes[at]!,
    digests: { background: digests.background, algorithm: digests.algorithm },
    distance,
    within: explanation.within === null ? null : shares(features, explanation.within),
  };
}
