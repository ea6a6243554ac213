import type { Link } from "../explain/closed-form.ts";
import type { Cell } from "../explain/game.ts";
import {
  absoluteChange,
  DEFAULT_REPEATS,
  type Importance,
  type Loss,
  logLoss,
  meanAttributions,
  permutationImportance,
  squaredError,
} from "../explain/global.ts";
import { seedFromInteger } from "../explain/random.ts";
import { InputError, listed } from "./input-error.ts";
import type { TabularModel } from "./tabular-model.ts";

export interface ImportanceOptions {
  /** The class, by name or number; the last by default. */
  output?: string | number;
  /** What each row should have been: the name of its class, or its value. Without it, how much the output moves counts. */
  targets?: readonly (string | number)[];
  /** How often each feature's values change places; default 10. */
  repeats?: number;
  /** An integer of 0 or more (default 0), or 32 hexadecimal digits. */
  seed?: number | string;
  /** The scale of the attributions; default `identity`. */
  link?: Link;
  method?: "auto" | "exact" | "permutation";
  tolerance?: number;
  /** @param done share of the work in [0, 1] */
  onProgress?: (done: number) => void;
}

export interface FeatureImportance extends Importance {
  /** The figure of each repeat. */
  repeats: number[];
}

export interface ModelImportance {
  outputName: string;
  rows: number;
  permutation: {
    /** What the figures are a rise of: a loss against the targets, or the output's absolute change. */
    loss: "log-loss" | "squared-error" | "absolute-change";
    /** On the rows as they are. */
    baseline: number;
    /** By feature, in the model's order. */
    features: Record<string, Omit<FeatureImportance, "feature">>;
    repeats: number;
    modelRows: number;
  };
  attributions: {
    link: Link;
    /** The mean of |attribution| by feature. */
    features: Record<string, Omit<Importance, "feature">>;
    modelRows: number;
    /** Rows whose explanation met its tolerance. */
    converged: number;
  };
  seed: number | string;
}

/** Both parts take their time; attributions take most of it. */
const PERMUTATION_SHARE = 0.2;

/**
 * What counts for a model over a data set: permutation importance, and the mean magnitude of attributions.
 * @throws InputError `class_unknown`, `target_invalid`; ExplainError
 */
export async function modelImportance(
  model: TabularModel,
  rows: readonly (readonly Cell[])[],
  options: ImportanceOptions = {},
): Promise<ModelImportance> {
  const { seed = 0, repeats = DEFAULT_REPEATS, link = "identity", method, tolerance, onProgress } = options;
  const at = model.outputAt(options.output);
  const digits = typeof seed === "number" ? seedFromInteger(seed) : seed;
  const { players, outputs } = model;
  const { name, loss } = await lossOf(model, rows, options.targets, at);
  const permutation = await permutationImportance(
    { players, rows, outputs: outputs.length, predict: (asked) => model.predict(asked) },
    {
      loss,
      seed: digits,
      repeats,
      ...(onProgress && { onProgress: (done: number) => onProgress(PERMUTATION_SHARE * done) }),
    },
  );
  const engine = {
    seed: digits,
    output: at,
    link,
    ...(method && { method }),
    ...(tolerance !== undefined && { tolerance }),
  };
  const attributions = await meanAttributions(
    { players, rows: rows.length, output: at },
    (row) => model.explain(rows[row]!, engine),
    {
      ...(onProgress && {
        onProgress: (done) => onProgress(PERMUTATION_SHARE + (1 - PERMUTATION_SHARE) * done),
      }),
    },
  );
  return {
    outputName: outputs[at]!,
    rows: rows.length,
    permutation: {
      loss: name,
      baseline: permutation.loss,
      features: byFeature(permutation.features),
      repeats,
      modelRows: permutation.modelRows,
    },
    attributions: {
      link,
      features: byFeature(attributions.features),
      modelRows: attributions.modelRows,
      converged: attributions.converged,
    },
    seed,
  };
}

async function lossOf(
  model: TabularModel,
  rows: readonly (readonly Cell[])[],
  targets: ImportanceOptions["targets"],
  at: number,
): Promise<{ name: ModelImportance["permutation"]["loss"]; loss: Loss }> {
  const { outputs } = model;
  if (targets === undefined) {
    const values = await model.predict(rows);
    const own = Float64Array.from(rows, (_, r) => values[r * outputs.length + at]!);
    return { name: "absolute-change", loss: absoluteChange(own, at) };
  }
  if (targets.length !== rows.length)
    throw new InputError("target_invalid", `There are ${targets.length} targets for ${rows.length} rows.`);
  if (outputs.length > 1)
    return { name: "log-loss", loss: logLoss(targets.map((target, r) => classOf(model, target, r))) };
  const numbers = targets.map((target, r) => {
    const value = typeof target === "string" && target.trim() === "" ? Number.NaN : Number(target);
    if (Number.isFinite(value)) return value;
    throw new InputError("target_invalid", `The target of row ${r + 1} is no number.`);
  });
  return { name: "squared-error", loss: squaredError(numbers) };
}

/** By its name alone: a target "0" of classes "1" and "2" is a mistake, not the first class. */
function classOf({ outputs }: TabularModel, target: string | number, row: number): number {
  const at = outputs.indexOf(String(target));
  if (at !== -1) return at;
  throw new InputError("target_invalid", `The target of row ${row + 1} is none of ${listed(outputs)}.`);
}

function byFeature<T extends { feature: string }>(
  features: readonly T[],
): Record<string, Omit<T, "feature">> {
  return Object.fromEntries(features.map(({ feature, ...figures }) => [feature, figures]));
}
