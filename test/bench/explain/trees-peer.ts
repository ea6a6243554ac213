import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Cell, Player } from "../../../src/explain/game.ts";
import type { TreeScores } from "../../../src/explain/structure.ts";
import { readStructure } from "../../../src/models/graph/read-structure.ts";

/** `peers/measure.py`, asked one thing at a time. */
class Process {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, folder: string, env: NodeJS.ProcessEnv) {
    const script = fileURLToPath(new URL("peers/measure.py", import.meta.url));
    this.#child = spawn(python, [script, folder], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask<T>(question: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the Python peer ended");
    return JSON.parse(value) as T;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/**
 * The peers, with as many threads as they like and with one: shapiq is faster with all processors where they are idle,
 * and far slower where something else runs, so that the faster of the two counts.
 */
export class TreesPeer {
  readonly #processes: readonly Process[];

  constructor(python: string, folder: string) {
    const environments = [process.env, { ...process.env, OMP_NUM_THREADS: "1" }];
    this.#processes = environments.map((env) => new Process(python, folder, env));
  }

  async #fastest(ask: (process: Process) => Promise<number>): Promise<number> {
    const times: number[] = [];
    for (const process of this.#processes) times.push(await ask(process));
    return Math.min(...times);
  }

  /** Microseconds, the median of so many calls with one row each. */
  async call(model: string, peer: "shapiq" | "shap", background: number, calls: number): Promise<number> {
    const question = { ask: "time", model, peer, background, calls };
    return (
      1000 * (await this.#fastest(async (process) => (await process.ask<{ p50: number }>(question)).p50))
    );
  }

  /** Microseconds a row, by woodelf. */
  async batch(model: string, background: number, rows: number): Promise<number> {
    const question = { ask: "batch", model, background, rows };
    return (await this.#processes[0]!.ask<{ microseconds: number }>(question)).microseconds;
  }

  /** rows × columns, by shapiq. */
  async values(model: string, rows: number): Promise<number[][]> {
    const question = { ask: "values", model, rows };
    return (await this.#processes[0]!.ask<{ values: number[][] }>(question)).values;
  }

  close(): void {
    for (const process of this.#processes) process.close();
  }
}

/** What `peers/models.py` wrote: an ensemble alone, and the tensor that enters it. */
export interface TreesModel {
  name: string;
  scores: TreeScores;
  /** Columns that move together. */
  players: Player[];
  singles: Player[];
  background: Cell[][];
  rows: Cell[][];
}

export function readTreesModel(folder: string, name: string): TreesModel {
  const described = JSON.parse(readFileSync(join(folder, "models.json"), "utf8"))[name] as {
    input: string;
    output: string;
    columns: number;
    background: number;
    players: number[][];
  };
  const { columns } = described;
  const bytes = readFileSync(join(folder, `${name}.f32`));
  const table = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const rows = Array.from({ length: table.length / columns }, (_, r) => [
    ...table.subarray(r * columns, (r + 1) * columns),
  ]);
  const every = Array.from({ length: columns }, (_, column) => column);
  const reading = readStructure(readFileSync(join(folder, `${name}.trees.onnx`)), {
    inputs: [{ name: described.input, element: "float", columns: every, rank: 2 }],
    output: described.output,
  });
  if ("reason" in reading || reading.structure.scores.kind !== "trees")
    throw new Error(`${name} is not read`);
  return {
    name,
    scores: reading.structure.scores,
    players: described.players.map((own, p) => ({ name: `p${p}`, columns: own })),
    singles: every.map((column) => ({ name: `x${column}`, columns: [column] })),
    background: rows.slice(0, described.background),
    rows: rows.slice(described.background),
  };
}
