/** The graphs that `training/tree_fixtures.py` writes, opened on the runtime and read by the code under test. */
import { readFileSync } from "node:fs";
import type { Cell, Game } from "../../../src/explain/game.ts";
import type { ModelStructure } from "../../../src/explain/structure.ts";
import { bindGraph } from "../../../src/models/binding.ts";
import type { Output } from "../../../src/models/contract.ts";
import { readStructure, type StructureReading } from "../../../src/models/graph/read-structure.ts";
import { readGraph } from "../../../src/models/onnx.ts";
import { openPredictor, type Predictor } from "../../../src/models/predictor.ts";
import { binary, categoryFeature, graphContract, multi, numberFeature, regression } from "../contracts.ts";

interface WrittenGame {
  features: [name: string, kind: "number" | "integer" | string[]][];
  output: string[];
  /** Whether the graph is there without its last function too, as <name>.margin. */
  margin: boolean;
  background: (string | number | null)[][];
  rows: (string | number | null)[][];
}

const written: Record<string, WrittenGame> = Object.fromEntries(
  readFileSync(new URL("fixtures/games.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as WrittenGame & { name: string })
    .map((game) => [game.name, game]),
);

export const names = Object.keys(written);
export const withMargin = names.filter((name) => written[name]!.margin);

const cellsOf = (rows: WrittenGame["rows"]): Cell[][] =>
  rows.map((row) => row.map((cell) => (cell === null ? Number.NaN : cell)));

/** Without the runtime: what the graph reader makes of a file. */
export function read(name: string, file = name) {
  const { features, output, background, rows } = written[name]!;
  const contract = graphContract(
    outputOf(output),
    ...features.map(([feature, kind]) =>
      Array.isArray(kind) ? categoryFeature(feature, kind) : numberFeature(feature, kind as "number"),
    ),
  );
  const onnx = new Uint8Array(readFileSync(new URL(`fixtures/${file}.onnx`, import.meta.url)));
  const graph = readGraph(onnx);
  const { binding } = bindGraph(contract, graph);
  const reading: StructureReading = readStructure(graph.runnable, binding!);
  return {
    onnx,
    contract,
    reading,
    background: cellsOf(background),
    rows: cellsOf(rows),
    players: features.map(([feature], column) => ({ name: feature, columns: [column] })),
  };
}

export function structureOf(reading: StructureReading): ModelStructure {
  if ("reason" in reading) throw new Error(reading.reason);
  return reading.structure;
}

function outputOf(names: readonly string[]): Output {
  if (names.length === 1) return regression;
  return names.length === 2 ? binary(names[1]!) : multi(...names);
}

export async function open(name: string, file = name): Promise<Predictor> {
  const { onnx, contract, background } = read(name, file);
  return openPredictor({ onnx, contract, background }, { threads: 1 });
}

/** A game that the runtime plays. */
export function runtimeGame(
  { players, background }: Pick<ReturnType<typeof read>, "players" | "background">,
  row: readonly Cell[],
  predictor: Predictor,
): Game {
  return {
    players,
    row,
    background,
    outputs: predictor.outputs.length,
    predict: (hybrids) => predictor.hybrids(row, hybrids),
  };
}
