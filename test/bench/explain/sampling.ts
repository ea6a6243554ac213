/**
 * The sampled side of `npm run bench:explain`: errors against shap's PermutationExplainer at its own model rows, what the exact
 * margin adds, and wall time over the runtime alone.
 *
 *     node test/bench/explain/sampling.ts FOLDER PYTHON
 *
 * FOLDER holds what `peers/models.py` wrote; PYTHON has `peers/requirements.txt`. Prints Markdown.
 */
import { fileURLToPath } from "node:url";
import { Control } from "../../../src/explain/control.ts";
import type { Cell, Game } from "../../../src/explain/game.ts";
import { HybridRows } from "../../../src/explain/hybrids.ts";
import type { Estimate } from "../../../src/explain/moments.ts";
import { samplePermutations } from "../../../src/explain/permutation.ts";
import { seededRandom, seedFromInteger } from "../../../src/explain/random.ts";
import { openSamplingModel, type SamplingModel } from "./sampling-models.ts";
import { openPeer, type Peer } from "./sampling-peer.ts";
import { wallTimes } from "./sampling-time.ts";

const ROWS = 12;
const PERMUTATIONS = [1, 3, 6, 12];
/** shap's own way to 2 %. */
const MORE = [24, 48, 96];
const TRUTH_ROUNDS = 300;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
const thousand = (value: number) => `${(value / 1000).toFixed(1)}k`;

/** √Σ(a − b)² / √Σ b² */
function distance(values: readonly number[], truth: readonly number[]): number {
  const sum = (of: (i: number) => number) => truth.reduce((total, _, i) => total + of(i) ** 2, 0);
  return Math.sqrt(sum((i) => values[i]! - truth[i]!) / sum((i) => truth[i]!));
}

interface Sampled {
  values: number[];
  modelRows: number;
}

/** So many rounds on the last output, with the exact margin beside it or without. */
async function sample(
  model: SamplingModel,
  row: readonly Cell[],
  seed: number,
  rounds: number,
  controlled: boolean,
) {
  const game: Game = model.gameOf(row);
  const rows = new HybridRows(game);
  const control = controlled ? Control.of(model.closedForm, row) : undefined;
  const sampling = {
    random: seededRandom(seedFromInteger(seed)),
    tolerance: 0,
    maxModelRows: Number.POSITIVE_INFINITY,
    rounds,
    control,
  };
  let estimate: Estimate | undefined;
  for await (const latest of samplePermutations(rows, sampling)) estimate = latest;
  const last = game.outputs - 1;
  const values = game.players.map((_, p) => estimate!.attributions[p * game.outputs + last]!);
  return { values, modelRows: rows.evaluated } satisfies Sampled;
}

interface ErrorsAt {
  error: number;
  modelRows: number;
}

async function ourErrors(
  model: SamplingModel,
  truths: readonly number[][],
  rounds: number,
  controlled: boolean,
): Promise<ErrorsAt> {
  const runs: (Sampled & { off: number })[] = [];
  for (const [r, row] of model.rows.entries())
    for (let repeat = 0; repeat < 3; repeat++) {
      const run = await sample(model, row, 1000 * repeat + r, rounds, controlled);
      runs.push({ ...run, off: distance(run.values, truths[r]!) });
    }
  return {
    error: median(runs.map(({ off }) => off)),
    modelRows: mean(runs.map(({ modelRows }) => modelRows)),
  };
}

async function peerErrors(
  peer: Peer,
  model: SamplingModel,
  truths: readonly number[][],
  permutations: number,
): Promise<ErrorsAt> {
  const { columns, background, rows } = model;
  const { values, modelRows } = await peer.ask({
    model: model.name,
    columns,
    background,
    rows,
    permutations,
  });
  return { error: median(values.map((row, r) => distance(row, truths[r]!))), modelRows };
}

/** The most rounds whose rows are no more than these. */
async function roundsWithin(
  model: SamplingModel,
  truths: readonly number[][],
  most: number,
): Promise<ErrorsAt & { rounds: number }> {
  let best = { ...(await ourErrors(model, truths, 1, false)), rounds: 1 };
  for (let rounds = 2; ; rounds++) {
    const next = await ourErrors(model, truths, rounds, false);
    if (next.modelRows > most) return best;
    best = { ...next, rounds };
  }
}

/** Where a falling line of points, on logarithmic scales, meets an error; undefined when it does not. */
function rowsTo(error: number, points: readonly ErrorsAt[]): number | undefined {
  const after = points.findIndex((point) => point.error <= error);
  if (after < 0) return undefined;
  if (after === 0) return points[0]!.modelRows;
  const [a, b] = [points[after - 1]!, points[after]!];
  const share = Math.log(a.error / error) / Math.log(a.error / b.error);
  return Math.exp(Math.log(a.modelRows) + share * Math.log(b.modelRows / a.modelRows));
}

async function againstShap(peer: Peer, model: SamplingModel): Promise<string[]> {
  const truths: number[][] = [];
  for (const [r, row] of model.rows.entries())
    truths.push((await sample(model, row, 99_000 + r, TRUTH_ROUNDS, true)).values);
  const lines = [
    "",
    `**${model.title}**, probability, ${model.rows.length} rows, background ${model.background.length}: median relative L2 error.`,
    "",
    "| shap permutations | shap rows | shap error | our rounds | our rows | our error | ratio |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  const theirs: ErrorsAt[] = [];
  const ours: ErrorsAt[] = [];
  for (const permutations of PERMUTATIONS) {
    const shap = await peerErrors(peer, model, truths, permutations);
    const own = await roundsWithin(model, truths, shap.modelRows);
    theirs.push(shap);
    ours.push(own);
    lines.push(
      `| ${permutations} | ${thousand(shap.modelRows)} | ${percent(shap.error)} | ${own.rounds} | ${thousand(own.modelRows)} | ${percent(own.error)} | ${(own.error / shap.error).toFixed(2)} |`,
    );
  }
  if (model.rowsToTwoPercent) {
    for (const permutations of MORE) theirs.push(await peerErrors(peer, model, truths, permutations));
    const plain: ErrorsAt[] = [];
    for (const rounds of [1, 2, 3, 4, 6, 8]) plain.push(await ourErrors(model, truths, rounds, false));
    const [own, shap] = [rowsTo(0.02, plain), rowsTo(0.02, theirs)];
    lines.push(
      "",
      own && shap
        ? `Rows to 2 %: shap ${thousand(shap)}, ours ${thousand(own)}, 1/${(shap / own).toFixed(1)}.`
        : "2 % was not reached.",
    );
  }
  lines.push("", "| rounds | plain error | with the exact margin | ratio |", "| --- | --- | --- | --- |");
  for (const rounds of [2, 3, 6]) {
    const plain = await ourErrors(model, truths, rounds, false);
    const controlled = await ourErrors(model, truths, rounds, true);
    lines.push(
      `| ${rounds} | ${percent(plain.error)} | ${percent(controlled.error)} | ${(controlled.error / plain.error).toFixed(2)} |`,
    );
  }
  return lines;
}

/** The section of `docs/benchmarks.md` on sampling. */
export async function samplingSection(folder: string, python: string): Promise<string> {
  const models = [
    await openSamplingModel("german-credit", folder, ROWS),
    await openSamplingModel("lightgbm-100x31", folder, ROWS),
  ];
  const peer = openPeer(python, folder);
  try {
    const lines = ["### Sampled values against shap's PermutationExplainer"];
    for (const model of models) lines.push(...(await againstShap(peer, model)));
    lines.push(...(await wallTimes(models)));
    return `${lines.join("\n")}\n`;
  } finally {
    peer.close();
    await Promise.all(models.map((model) => model.close()));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, python] = process.argv.slice(2);
  if (folder === undefined || python === undefined) {
    process.stderr.write("node test/bench/explain/sampling.ts FOLDER PYTHON\n");
    process.exit(2);
  }
  process.stdout.write(await samplingSection(folder, python));
}
