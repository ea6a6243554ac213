import { kmeans } from "ml-kmeans";
import { type ExplainOptions, explain } from "../explain/explain.ts";
import type { Cell, Game } from "../explain/game.ts";
import { seedFromInteger } from "../explain/random.ts";
import type { BackgroundSummary } from "./background-summary.ts";
import type { Contract } from "./contract.ts";
import { openExact } from "./exact.ts";
import type { Predictor } from "./predictor.ts";

type Asked = NonNullable<Contract["background"]["summary"]>;

const SEED = 20_240_814;
const MEASURED_ON = 12;

/** The same package gives the same summary: k-means is seeded, and nothing else is left to chance. */
export async function summariseBackground(
  contract: Contract,
  predictor: Predictor,
  background: readonly (readonly Cell[])[],
  explained: readonly (readonly Cell[])[],
): Promise<BackgroundSummary | undefined> {
  const asked = contract.background.summary;
  if (asked === undefined || asked.rows >= background.length) return undefined;
  const shares =
    asked.method === "k-means"
      ? nearestToMeans(contract, background, asked)
      : strata(await predictor.predictRows(background), background.length, asked);
  const chosen = [...shares].sort(([a], [b]) => a - b);
  const summary = {
    rows: chosen.map(([row]) => row),
    weights: chosen.map(([, count]) => count / background.length),
  };
  return {
    format: "motivo-background-summary/v1",
    method: asked.method,
    ...summary,
    error: await measure(contract, predictor, background, summary, explained.slice(0, MEASURED_ON)),
  };
}

/** Numbers in standard deviations and categories as corners of equal distance; the row next to each mean stands for its cluster. */
function nearestToMeans(
  contract: Contract,
  background: readonly (readonly Cell[])[],
  { rows }: Asked,
): Map<number, number> {
  const points = background.map((): number[] => []);
  contract.features.forEach((feature, c) => {
    const cells = background.map((row) => row[c]!);
    if (feature.type === "category") {
      // Two different categories are √2 · 1/√2 = 1 apart, as far as numbers a standard deviation apart.
      for (const { value } of feature.values)
        for (const [b, cell] of cells.entries()) points[b]!.push(cell === value ? Math.SQRT1_2 : 0);
    } else if (feature.type !== "text") {
      const numbers = cells as number[];
      const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
      const spread = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length);
      for (const [b, x] of numbers.entries()) points[b]!.push(spread === 0 ? 0 : (x - mean) / spread);
    }
  });
  const { clusters, centroids } = kmeans(points, rows, { seed: SEED, initialization: "kmeans++" });
  const shares = new Map<number, number>();
  centroids.forEach((centre, cluster) => {
    const own = points.flatMap((point, b) =>
      clusters[b] === cluster ? [{ b, off: squared(point, centre) }] : [],
    );
    if (own.length === 0) return;
    const { b } = own.reduce((nearest, one) => (one.off < nearest.off ? one : nearest));
    shares.set(b, own.length);
  });
  return shares;
}

function squared(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
}

/** Rows in the order of the model's last output, cut into equal parts; the middle row of each stands for it. */
function strata(values: Float64Array, count: number, { rows }: Asked): Map<number, number> {
  const outputs = values.length / count;
  const last = (b: number) => values[b * outputs + outputs - 1]!;
  const order = Array.from({ length: count }, (_, b) => b).sort((a, b) => last(a) - last(b) || a - b);
  const shares = new Map<number, number>();
  for (let s = 0; s < rows; s++) {
    const from = Math.floor((s * count) / rows);
    const to = Math.floor(((s + 1) * count) / rows);
    shares.set(order[(from + to) >> 1]!, to - from);
  }
  return shares;
}

async function measure(
  contract: Contract,
  predictor: Predictor,
  background: readonly (readonly Cell[])[],
  { rows, weights }: Pick<BackgroundSummary, "rows" | "weights">,
  explained: readonly (readonly Cell[])[],
): Promise<BackgroundSummary["error"]> {
  const players = contract.features.map(({ name }, column) => ({ name, columns: [column] }));
  const outputs = predictor.outputs.length;
  const summarised = { background: rows.map((b) => background[b]!), weights: Float64Array.from(weights) };
  const exactWhole = await openExact(predictor, players, background);
  const exactSummary = await openExact(predictor, players, summarised.background, summarised.weights);
  // The predictor holds the whole background: a row of the summary is named by its place there.
  const placed = Uint32Array.from(rows);
  const options = (r: number): ExplainOptions => ({
    seed: seedFromInteger(r),
    tolerance: 0.01,
    maxModelRows: 2 ** 19,
  });
  const off: number[] = [];
  const noise: number[] = [];
  let base = 0;
  for (const [r, row] of explained.entries()) {
    const game: Omit<Game, "predict"> = { players, row, background, outputs };
    const whole = await explain(
      { ...game, predict: (hybrids) => predictor.hybrids(row, hybrids) },
      { ...options(r), ...exactWhole },
    );
    const short = await explain(
      {
        ...game,
        ...summarised,
        predict: (hybrids) =>
          predictor.hybrids(row, { ...hybrids, background: hybrids.background.map((b) => placed[b]!) }),
      },
      { ...options(r), ...exactSummary },
    );
    const size = norm(whole.attributions.flat());
    const errors = [...whole.standardErrors.flat(), ...short.standardErrors.flat()];
    if (size > 0) {
      const values = short.attributions.flat();
      off.push(norm(whole.attributions.flat().map((value, i) => values[i]! - value)) / size);
      noise.push(norm(errors) / size);
    }
    base = Math.max(base, ...whole.base.map((value, o) => Math.abs(short.base[o]! - value)));
  }
  return {
    measuredOn: explained.length,
    median: median(off),
    largest: Math.max(0, ...off),
    base,
    noise: median(noise),
  };
}

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
