import { ExplainError } from "./errors.ts";
import type { Explanation } from "./explain.ts";
import type { Cell, Player } from "./game.ts";
import { checkPrediction } from "./hybrids.ts";
import { student975 } from "./quantiles.ts";
import { seededRandom, shuffle } from "./random.ts";

/** A figure about a feature over a data set. */
export interface Importance {
  feature: string;
  value: number;
  /** Of the value, for another sample of as many rows from the same population. */
  standardError: number;
  /** 95 %. */
  interval: [lower: number, upper: number];
}

export interface PermutationImportance {
  /** The mean loss on the rows as they are. */
  loss: number;
  /** How much the mean loss rises when a feature's values change places among the rows, one a player. */
  features: (Importance & { repeats: number[] })[];
  /** Rows that the model evaluated: one whose value changed into the same value is not asked for again. */
  modelRows: number;
}

export interface DataSet {
  players: readonly Player[];
  /** Two at least. */
  rows: readonly (readonly Cell[])[];
  outputs: number;
  /** → rows × outputs, row-major. */
  predict(rows: readonly (readonly Cell[])[]): Promise<Float64Array>;
}

/** What a row's outputs cost, given the row's number. */
export type Loss = (row: number, values: Float64Array) => number;

export interface PermutationOptions {
  loss: Loss;
  /** 32 hexadecimal digits. */
  seed: string;
  /** Default 10. */
  repeats?: number;
  /** Rows in one call of the model, and held at once; default 8192. */
  batchRows?: number;
  /** Called after each call of the model. @param done share in [0, 1] */
  onProgress?: (done: number) => void;
}

export const DEFAULT_REPEATS = 10;
const DEFAULT_BATCH = 8192;

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019), all outputs in one loss.
 *
 * In each repeat every row takes the feature's values of another row, and every row gives its own once, along one
 * random cycle: nobody keeps a value, which would draw the figure toward zero. The figure is a mean over pairs of
 * rows, so that its standard error is that of such a mean: each row counts by what it loses as a taker and what it
 * makes others lose as a giver. What the repeats differ by is in it, and shrinks with their number.
 * @throws ExplainError `invalid_shape` with fewer than two rows; `invalid_option`; `prediction_not_finite`,
 *   `prediction_shape`
 */
export async function permutationImportance(
  data: DataSet,
  options: PermutationOptions,
): Promise<PermutationImportance> {
  const { players, rows } = data;
  const { repeats = DEFAULT_REPEATS, batchRows = DEFAULT_BATCH, loss, seed, onProgress } = options;
  if (rows.length < 2) throw new ExplainError("invalid_shape", "Importance needs two rows at least");
  if (!Number.isSafeInteger(repeats) || repeats < 1 || !Number.isSafeInteger(batchRows) || batchRows < 1)
    throw new ExplainError("invalid_option", "Repeats and batches must be integers of 1 or more");
  const random = seededRandom(seed);
  const count = rows.length;
  let modelRows = 0;
  const total = count * (1 + players.length * repeats);
  let settled = 0;
  const evaluate = async (asked: readonly (readonly Cell[])[]) => {
    const values = checkPrediction(await data.predict(asked), asked.length * data.outputs);
    modelRows += asked.length;
    return (i: number) => values.subarray(i * data.outputs, (i + 1) * data.outputs);
  };

  const before = new Float64Array(count);
  for (let from = 0; from < count; from += batchRows) {
    const asked = rows.slice(from, from + batchRows);
    const valuesOf = await evaluate(asked);
    asked.forEach((_, i) => {
      before[from + i] = loss(from + i, valuesOf(i));
    });
    settled += asked.length;
    onProgress?.(settled / total);
  }

  const features: PermutationImportance["features"] = [];
  for (const player of players) {
    const taken = new Float64Array(count);
    const given = new Float64Array(count);
    const means: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const giver = cycle(count, random);
      const changed = [...giver.keys()].filter((i) => differs(rows[i]!, rows[giver[i]!]!, player.columns));
      let sum = 0;
      for (let from = 0; from < changed.length; from += batchRows) {
        const takers = changed.slice(from, from + batchRows);
        const valuesOf = await evaluate(takers.map((i) => mixed(rows[i]!, rows[giver[i]!]!, player.columns)));
        takers.forEach((row, i) => {
          const rise = loss(row, valuesOf(i)) - before[row]!;
          sum += rise;
          taken[row]! += rise / repeats;
          given[giver[row]!]! += rise / repeats;
        });
        onProgress?.((settled + Math.min(from + batchRows, changed.length)) / total);
      }
      settled += count;
      means.push(sum / count);
    }
    const influence = taken.map((value, i) => value + given[i]!);
    // Both halves have the figure for a mean, and the deviations of their sum are the figure's own.
    const { standardError, half } = spreadOfMean(influence);
    const value = means.reduce((sum, mean) => sum + mean, 0) / repeats;
    const interval: Importance["interval"] = [value - half, value + half];
    features.push({ feature: player.name, value, standardError, interval, repeats: means });
  }
  onProgress?.(1);
  return { loss: mean(before), features, modelRows };
}

/** −ln of the probability that the row's own class was given. @param classes one a row, a number of an output */
export function logLoss(classes: ArrayLike<number>): Loss {
  // What float32 calls zero must not make one row the whole figure.
  return (row, values) => -Math.log(Math.max(values[classes[row]!]!, 1e-7));
}

/** (prediction − target)². @param output the number of the output that is compared */
export function squaredError(targets: ArrayLike<number>, output = 0): Loss {
  return (row, values) => (values[output]! - targets[row]!) ** 2;
}

/** |prediction − what it was|: without a target, how much the output moves. @param outputs one a row */
export function absoluteChange(outputs: ArrayLike<number>, output: number): Loss {
  return (row, values) => Math.abs(values[output]! - outputs[row]!);
}

export interface MeanAttributions {
  /** The mean of |attribution| over the rows, one a player. */
  features: Importance[];
  rows: number;
  modelRows: number;
  /** Explanations that met their tolerance. */
  converged: number;
}

/**
 * The mean magnitude of attributions to one output over a data set. Sampled attributions scatter, and magnitudes of
 * what scatters around zero are above zero by about their standard error; exact ones have no such floor.
 * @param explainRow explains the row with this number
 * @param atOnce explanations under way at the same time
 * @throws ExplainError `invalid_shape` with fewer than two rows; whatever `explainRow` rejects with
 */
export async function meanAttributions(
  { players, rows, output }: { players: readonly Player[]; rows: number; output: number },
  explainRow: (row: number) => Promise<Pick<Explanation, "attributions" | "modelRows" | "converged">>,
  { atOnce = 2, onProgress }: { atOnce?: number; onProgress?: (done: number) => void } = {},
): Promise<MeanAttributions> {
  if (rows < 2) throw new ExplainError("invalid_shape", "Importance needs two rows at least");
  const magnitudes = players.map(() => new Float64Array(rows));
  let [modelRows, converged, next, done] = [0, 0, 0, 0];
  const explainNext = async (): Promise<void> => {
    while (next < rows) {
      const row = next++;
      const explanation = await explainRow(row);
      explanation.attributions.forEach((values, p) => {
        magnitudes[p]![row] = Math.abs(values[output]!);
      });
      modelRows += explanation.modelRows;
      if (explanation.converged) converged++;
      done++;
      onProgress?.(done / rows);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rows) }, explainNext));
  const features = players.map(({ name }, p): Importance => {
    const value = mean(magnitudes[p]!);
    const { standardError, half } = spreadOfMean(magnitudes[p]!);
    return { feature: name, value, standardError, interval: [value - half, value + half] };
  });
  return { features, rows, modelRows, converged };
}

/** For each row another one, along one cycle through all of them, each cycle as likely. */
function cycle(count: number, random: ReturnType<typeof seededRandom>): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  shuffle(order, random);
  const giver = new Uint32Array(count);
  order.forEach((row, i) => {
    giver[row] = order[(i + 1) % count]!;
  });
  return giver;
}

const differs = (row: readonly Cell[], other: readonly Cell[], columns: readonly number[]) =>
  columns.some((column) => !Object.is(row[column], other[column]));

function mixed(row: readonly Cell[], giver: readonly Cell[], columns: readonly number[]): Cell[] {
  const cells = [...row];
  for (const column of columns) cells[column] = giver[column]!;
  return cells;
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the mean of independent values, half the 95 % interval by Student's t. */
function spreadOfMean(values: Float64Array): { standardError: number; half: number } {
  const average = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  return { standardError, half: student975(values.length - 1) * standardError };
}
