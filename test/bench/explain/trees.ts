/**
 * The exact side of `npm run bench:explain`: trees alone, on the tensor that enters them, against shapiq, shap and woodelf on
 * the same trees and rows.
 *
 *     node test/bench/explain/trees.ts FOLDER PYTHON
 *
 * FOLDER holds what `peers/models.py` wrote; PYTHON has `peers/requirements.txt`. Prints Markdown.
 */
import { fileURLToPath } from "node:url";
import { ClosedForm } from "../../../src/explain/closed-form.ts";
import type { Cell } from "../../../src/explain/game.ts";
import { ExactTrees, type TreeOptions } from "../../../src/explain/trees/exact-trees.ts";
import { bindGraph } from "../../../src/models/binding.ts";
import { readStructure } from "../../../src/models/graph/read-structure.ts";
import { readGraph } from "../../../src/models/onnx.ts";
import { readPackageFolder } from "../../../src/models/package.ts";
import { readTreesModel, type TreesModel, TreesPeer } from "./trees-peer.ts";

const PAIRS = 3;
const BACKGROUND = 100;
const ROWS = 100;
const BATCH_ROWS = 1000;
const WOODELF_ROWS = 30_000;
/** Rows on which attributions are compared, column by column. */
const COMPARED = 50;
/** Calls of one peer in a pair. */
const CALLS = 200;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const microseconds = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
/** A ratio beside what was asked for. */
const against = (ratio: number, target: number, decimals = 0) =>
  `${ratio.toFixed(decimals)}× (≥ ${target}×${ratio >= target ? "" : ", **short**"})`;
const atMost = (value: number, target: number, unit: string, decimals = 1) =>
  `${value.toFixed(decimals)}${unit} (≤ ${target}${unit}${value <= target ? "" : ", **short**"})`;

/** Microseconds a call: the median over short windows, since one call is about as long as reading the clock. */
function timed(call: (row: number) => unknown, milliseconds = 400): number {
  const started = performance.now();
  let calls = 0;
  for (; performance.now() - started < milliseconds / 4 || calls < 200; calls++) call(calls % ROWS);
  const window = Math.max(1, Math.round(calls / (milliseconds / 4)));
  const windows: number[] = [];
  const end = performance.now() + milliseconds;
  for (let i = 0; performance.now() < end || windows.length < 5; ) {
    const before = performance.now();
    for (let c = 0; c < window; c++) call(i++ % ROWS);
    windows.push(((performance.now() - before) * 1000) / window);
  }
  return median(windows);
}

function build(model: TreesModel, background: number, options: TreeOptions = {}, players = model.players) {
  const rows = model.background.slice(0, background);
  const weights = new Float64Array(rows.length).fill(1 / rows.length);
  return ExactTrees.build({ scores: model.scores, players, background: rows, weights }, options);
}

/** Our call and each peer's in turn: the median of the pairs' ratios. */
async function pairs(
  own: () => number,
  peers: readonly (() => Promise<number>)[],
): Promise<{ own: number; peers: number[]; ratios: number[] }> {
  const runs: { own: number; peers: number[] }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const ours = own();
    const theirs: number[] = [];
    for (const peer of peers) theirs.push(await peer());
    runs.push({ own: ours, peers: theirs });
  }
  return {
    own: median(runs.map((run) => run.own)),
    peers: peers.map((_, p) => median(runs.map((run) => run.peers[p]!))),
    ratios: peers.map((_, p) => median(runs.map((run) => run.peers[p]! / run.own))),
  };
}

const SINGLE = [
  {
    name: "german-credit",
    title: "German Credit, 100 trees of depth 3",
    shapiq: 85,
    shap: 360,
    plain: [45, 105],
  },
  {
    name: "lightgbm-100x31",
    title: "LightGBM, 100 trees of 31 leaves",
    shapiq: 100,
    shap: 245,
    plain: [45, 105],
  },
  { name: "forest-60x8", title: "Forest, 60 trees of depth 8", shapiq: 35, shap: 95, plain: undefined },
] as const;

async function oneRowACall(peer: TreesPeer, models: ReadonlyMap<string, TreesModel>): Promise<string[]> {
  const lines = [
    `One row a call, background ${BACKGROUND}, tables built before; µs.`,
    "",
    "| model | kernel | ours | shapiq | shap | over shapiq | over shap |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const { name, title, shapiq, shap, plain } of SINGLE) {
    const model = models.get(name)!;
    const kernels: [TreeOptions, number, number][] = [[{}, shapiq, shap]];
    if (plain !== undefined) kernels.push([{ compiled: null }, plain[0], plain[1]]);
    for (const [options, overShapiq, overShap] of kernels) {
      const exact = build(model, BACKGROUND, options);
      const into = new Float64Array(model.players.length);
      const found = await pairs(
        () => timed((r) => exact.attribute(model.rows[r]!, into)),
        [
          () => peer.call(name, "shapiq", BACKGROUND, CALLS),
          () => peer.call(name, "shap", BACKGROUND, CALLS),
        ],
      );
      const cells = [found.own, ...found.peers].map(microseconds);
      const ratios = [against(found.ratios[0]!, overShapiq), against(found.ratios[1]!, overShap)];
      lines.push(`| ${[title, exact.kernel, ...cells, ...ratios].join(" | ")} |`);
    }
  }
  return lines;
}

/** The package as a service holds it: words and numbers in, attributions to the margin out. */
async function rawRow(peer: TreesPeer): Promise<string> {
  const { onnx, contract, background } = await readPackageFolder(
    fileURLToPath(new URL("../../../packages/german-credit/", import.meta.url)),
  );
  const graph = readGraph(onnx);
  const reading = readStructure(graph.runnable, bindGraph(contract, graph).binding!);
  if ("reason" in reading) throw new Error(reading.reason);
  const players = contract.features.map(({ name }, column) => ({ name, columns: [column] }));
  const closedForm = new ClosedForm(reading.structure, { players, background });
  const rows: readonly (readonly Cell[])[] = background;
  const found = await pairs(
    () => timed((r) => closedForm.explain(rows[r % rows.length]!, "margin")),
    [() => peer.call("german-credit", "shapiq", BACKGROUND, CALLS)],
  );
  return `From the raw row of German Credit, strings and all, to base, output and attributions: ${microseconds(found.own)} µs, ${against(found.ratios[0]!, 8)} shapiq's ${microseconds(found.peers[0]!)} µs for the trees alone.`;
}

async function largerBackground(peer: TreesPeer, model: TreesModel): Promise<string> {
  const [small, large] = [build(model, BACKGROUND), build(model, 1000)];
  const growths: number[] = [];
  const found = await pairs(() => {
    const before = timed((r) => small.attribute(model.rows[r]!));
    const after = timed((r) => large.attribute(model.rows[r]!));
    growths.push(after / before);
    return after;
  }, [() => peer.call(model.name, "shapiq", 1000, 60)]);
  return `Background 1,000 instead of 100, on the LightGBM: ${microseconds(found.own)} µs, ${against(found.ratios[0]!, 340)} shapiq's ${microseconds(found.peers[0]!)} µs; our call takes ${atMost(median(growths), 1.6, "×", 2)} of its time at 100.`;
}

async function largeModel(peer: TreesPeer, model: TreesModel): Promise<string> {
  const exact = build(model, BACKGROUND);
  const found = await pairs(
    () => timed((r) => exact.attribute(model.rows[r]!), 1200),
    [() => peer.call(model.name, "shapiq", BACKGROUND, 60)],
  );
  return `LightGBM, 300 trees of 63 leaves, 50 columns, all memory ${atMost(exact.bytes / 2 ** 20, 64, " MB")}, ${exact.countedLeaves} leaves counted through the background: ${microseconds(found.own)} µs, ${against(found.ratios[0]!, 6, 1)} shapiq's ${microseconds(found.peers[0]!)} µs.`;
}

async function setUp(models: ReadonlyMap<string, TreesModel>): Promise<string[]> {
  const targets = [
    [1, 0.1],
    [20, 0.4],
    [40, 0.6],
  ] as const;
  const lines = [
    "Memory and set-up, the quickest of five, all at once; beside it the longest time for which building in steps holds the event loop.",
    "",
    "| model | memory | set-up | longest step |",
    "| --- | --- | --- | --- |",
  ];
  for (const [i, { name, title }] of SINGLE.entries()) {
    const model = models.get(name)!;
    const times: number[] = [];
    let bytes = 0;
    let longest = 0;
    for (let repeat = 0; repeat < 5; repeat++) {
      const started = performance.now();
      bytes = build(model, BACKGROUND).bytes;
      times.push((performance.now() - started) / 1000);
      let before = performance.now();
      const rows = model.background.slice(0, BACKGROUND);
      const weights = new Float64Array(rows.length).fill(1 / rows.length);
      let own = 0;
      await ExactTrees.buildInSteps(
        { scores: model.scores, players: model.players, background: rows, weights },
        {},
        async () => {
          own = Math.max(own, performance.now() - before);
          await new Promise(setImmediate);
          before = performance.now();
        },
      );
      longest = repeat === 0 ? own : Math.min(longest, own);
    }
    const [megabytes, seconds] = targets[i]!;
    lines.push(
      `| ${title} | ${atMost(bytes / 2 ** 20, megabytes, " MB")} | ${atMost(Math.min(...times), seconds, " s", 2)} | ${longest.toFixed(1)} ms |`,
    );
  }
  return lines;
}

async function manyRows(peer: TreesPeer, models: ReadonlyMap<string, TreesModel>): Promise<string[]> {
  const lines = [
    `${BATCH_ROWS} rows together, beside woodelf in one call of ${WOODELF_ROWS}; µs a row.`,
    "",
    "| model | ours | woodelf | over woodelf |",
    "| --- | --- | --- | --- |",
  ];
  const targets = [13, 13, 2.9];
  for (const [i, { name, title }] of SINGLE.entries()) {
    const model = models.get(name)!;
    const exact = build(model, BACKGROUND);
    const rows = Array.from({ length: BATCH_ROWS }, (_, r) => model.rows[r % model.rows.length]!);
    exact.attributeRows(rows);
    const found = await pairs(
      () =>
        median(
          Array.from({ length: 9 }, () => {
            const started = performance.now();
            exact.attributeRows(rows);
            return ((performance.now() - started) * 1000) / rows.length;
          }),
        ),
      [() => peer.batch(name, BACKGROUND, WOODELF_ROWS)],
    );
    const cells = [found.own, found.peers[0]!].map(microseconds);
    lines.push(`| ${title} | ${cells.join(" | ")} | ${against(found.ratios[0]!, targets[i]!, 1)} |`);
  }
  return lines;
}

/** The bench is void where the two do not say the same. */
async function agreement(peer: TreesPeer, models: ReadonlyMap<string, TreesModel>): Promise<string> {
  let largest = 0;
  for (const model of models.values()) {
    const exact = build(model, BACKGROUND, {}, model.singles);
    const values = await peer.values(model.name, COMPARED);
    values.forEach((expected, r) => {
      const given = exact.attribute(model.rows[r]!);
      expected.forEach((value, column) => {
        largest = Math.max(largest, Math.abs(value - given[column]!));
      });
    });
  }
  if (!(largest <= 1e-6)) throw new Error(`attributions differ from shapiq's by ${largest}`);
  return `Largest difference from shapiq's attributions, column by column, on ${COMPARED} rows of each model: ${largest.toExponential(1)}.`;
}

const [folder, python] = process.argv.slice(2);
if (folder === undefined || python === undefined) throw new Error("usage: trees.ts FOLDER PYTHON");
const names = [...SINGLE.map(({ name }) => name), "lightgbm-300x63"];
const models = new Map(names.map((name) => [name, readTreesModel(folder, name)]));
const peer = new TreesPeer(python, folder);
const say = (...lines: string[]) => process.stdout.write(`${lines.join("\n")}\n\n`);
say(await agreement(peer, models));
say(...(await oneRowACall(peer, models)));
say(await rawRow(peer));
say(await largerBackground(peer, models.get("lightgbm-100x31")!));
say(await largeModel(peer, models.get("lightgbm-300x63")!));
say(...(await setUp(models)));
say(...(await manyRows(peer, models)));
peer.close();
