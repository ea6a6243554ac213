import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClosedForm } from "../../../src/explain/closed-form.ts";
import type { Cell, Game } from "../../../src/explain/game.ts";
import { type Binding, bindGraph } from "../../../src/models/binding.ts";
import type { Contract } from "../../../src/models/contract.ts";
import { openExact } from "../../../src/models/exact.ts";
import { readGraph } from "../../../src/models/onnx.ts";
import { readPackageFolder } from "../../../src/models/package.ts";
import { openPredictor, type Predictor } from "../../../src/models/predictor.ts";
import { binary, graphContract, numberFeature } from "../../models/contracts.ts";

const BACKGROUND = 100;

/** A model to sample: on its worker thread as the service has it, and what the runtime alone needs. */
export interface SamplingModel {
  name: string;
  title: string;
  columns: string[];
  background: readonly (readonly Cell[])[];
  rows: readonly (readonly Cell[])[];
  closedForm: ClosedForm;
  predictor: Predictor;
  runnable: Uint8Array;
  binding: Binding;
  /** Whether rows to an error of 2 % are to be found. */
  rowsToTwoPercent: boolean;
  gameOf(row: readonly Cell[]): Game;
  close(): Promise<void>;
}

interface Source {
  onnx: Uint8Array;
  contract: Pick<Contract, "features" | "output">;
  background: Cell[][];
  rows: Cell[][];
}

/** The package's trees behind their preprocessing: 11 words and 9 numbers. Rows are of the background, each left out in its turn. */
async function germanCredit(rows: number): Promise<Source> {
  const checked = await readPackageFolder(
    fileURLToPath(new URL("../../../packages/german-credit/", import.meta.url)),
  );
  const { onnx, contract, background } = checked;
  return { onnx, contract, background, rows: background.slice(0, rows) };
}

/** A bare ensemble over one float32 matrix, written by `peers/models.py`. */
async function boosted(name: string, folder: string, rows: number): Promise<Source> {
  const described = JSON.parse(await readFile(join(folder, "models.json"), "utf8")) as Record<
    string,
    { columns: number; background: number }
  >;
  const { columns, background } = described[name]!;
  const bytes = await readFile(join(folder, `${name}.f32`));
  const table = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const cells = (r: number) => [...table.subarray(r * columns, (r + 1) * columns)];
  const features = Array.from({ length: columns }, (_, c) => numberFeature(`x${c}`));
  return {
    onnx: await readFile(join(folder, `${name}.onnx`)),
    contract: graphContract(binary("1"), ...features),
    background: Array.from({ length: BACKGROUND }, (_, r) => cells(r)),
    rows: Array.from({ length: rows }, (_, r) => cells(background + r)),
  };
}

export async function openSamplingModel(name: string, folder: string, rows: number): Promise<SamplingModel> {
  const german = name === "german-credit";
  const source = german ? await germanCredit(rows) : await boosted(name, folder, rows);
  const { contract, background } = source;
  const predictor = await openPredictor(source, { threads: 1 });
  const players = contract.features.map((feature, c) => ({ name: feature.name, columns: [c] }));
  const exact = await openExact(predictor, players, background);
  if (!("closedForm" in exact)) throw new Error(exact.noClosedForm);
  const graph = readGraph(source.onnx);
  const outputs = predictor.outputs.length;
  return {
    name,
    title: german ? "German Credit, 100 trees behind preprocessing" : "LightGBM, 100 trees of 31 leaves",
    columns: players.map((player) => player.name),
    background,
    rows: source.rows,
    closedForm: exact.closedForm,
    predictor,
    runnable: graph.runnable,
    binding: bindGraph(contract, graph).binding!,
    rowsToTwoPercent: german,
    gameOf: (row) => ({
      players,
      row,
      background,
      outputs,
      predict: (hybrids) => predictor.hybrids(row, hybrids),
    }),
    close: () => predictor.close(),
  };
}
