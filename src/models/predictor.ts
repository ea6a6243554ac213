import type { Fault } from "../errors.ts";
import type { SharedHybrids } from "../explain/explain-rows.ts";
import type { Cell, Hybrids, Player } from "../explain/game.ts";
import { type Binding, bindGraph } from "./binding.ts";
import type { Contract, Output } from "./contract.ts";
import { readStructure, type StructureReading } from "./graph/read-structure.ts";
import type { InlineModel } from "./inline-model.ts";
import { type OnnxGraph, readGraph } from "./onnx.ts";
import { invalid, refuseFaults } from "./package-faults.ts";
import { RowBatches } from "./row-batches.ts";
import { type ModelFacts, type PoolOptions, WorkerPool } from "./worker-pool.ts";

/**
 * Rows in one call of the runtime where a model's bits depend on it: kernels may add in another order at another size, and
 * the same rows in the same pieces give the same bits, whoever else is asking.
 */
const ROWS_PER_TASK = 1024;
/**
 * Where they do not, what a piece may take. One large call costs the least a row, and a batch in pieces lets other callers'
 * rows in between.
 */
const MILLISECONDS_PER_TASK = 8;
const FEWEST_PER_TASK = 32;
const MOST_PER_TASK = 8192;

/**
 * What a single row may take in the calling thread, which does nothing else meanwhile, and how long the model may take to
 * load there; with what a batch of them may take. As measured by a worker when it opened the model.
 */
const INLINE = { rowMilliseconds: 0.25, openMilliseconds: 6, batchMilliseconds: 2, bytes: 2 ** 20 };

export interface Predictor {
  /** Class names in the order of the values, or `["value"]` for a regression. */
  readonly outputs: readonly string[];
  /** What exact explanations start from, or why there is nothing. */
  readonly reading: StructureReading;
  /** One value an output. Cells in the contract's order, of its types. */
  predictRow(row: readonly Cell[]): Promise<Float64Array>;
  /** rows × outputs, row-major. */
  predictRows(rows: readonly (readonly Cell[])[]): Promise<Float64Array>;
  /** The rows that `hybrids` names, each feature a player of its own unless it says otherwise: count × outputs, row-major. */
  hybrids(row: readonly Cell[], hybrids: Hybrids): Promise<Float64Array>;
  /** The same for several rows, in batches that they share. */
  mixed(rows: readonly (readonly Cell[])[], hybrids: SharedHybrids): Promise<Float64Array>;
  /** Whether preprocessing runs once a row, so that hybrids mix what it makes of them. */
  readonly preprocessedOnce: boolean;
  /** Where single rows are evaluated: in a worker, or in the calling thread. */
  readonly singleRows: "worker" | "inline";
  /** Whether a row's values are the same bits in whatever batch: then explanations may share batches. */
  readonly anyBatch: boolean;
  /** Ends the threads. What is being evaluated is finished first; what waits is refused as `not_ready`. */
  close(): Promise<void>;
}

export interface PredictorSource {
  onnx: Uint8Array;
  contract: Pick<Contract, "features" | "output">;
  /** At least one row: the first is also what a thread tries the model on before it takes jobs. */
  background: readonly (readonly Cell[])[];
}

/** A graph whose inputs are bound already, and how its outputs are called once their number is known. */
export interface BoundGraph {
  graph: OnnxGraph;
  binding: Binding;
  background: PredictorSource["background"];
  /** Cells in a row. */
  width: number;
  /** Whether every row is known to take about as long as every other: no text of any length, no loop. */
  even?: boolean;
  nameOutputs(columns: number): { outputs: readonly string[] } | { faults: Fault[] };
}

/**
 * Opens the model in worker threads. Values are finite float64; a failing evaluation rejects with
 * `prediction_failed`. Throws `invalid_package` when graph and contract do not fit.
 */
export async function openPredictor(source: PredictorSource, options: PoolOptions = {}): Promise<Predictor> {
  const { contract, background } = source;
  const graph = readGraph(source.onnx);
  const { binding, faults } = bindGraph(contract, graph);
  refuseFaults(faults);
  const bound: BoundGraph = {
    graph,
    binding: binding!,
    background,
    width: contract.features.length,
    even: !graph.branches && contract.features.every(({ type }) => type !== "text"),
    nameOutputs: (columns) => nameOutputs(contract.output, graph, columns),
  };
  return openBound(bound, options);
}

/** As `openPredictor`, for a model that comes without a contract. Throws `invalid_package` when the runtime refuses it. */
export async function openBound(bound: BoundGraph, options: PoolOptions = {}): Promise<Predictor> {
  const { graph, binding, background, width } = bound;
  const start = { runnable: graph.runnable, binding, background };
  const { pool, columns, ...facts } = await WorkerPool.open(start, options);
  const named = bound.nameOutputs(columns);
  if ("faults" in named) {
    await pool.close();
    refuseFaults(named.faults);
  }
  const outputs = "outputs" in named ? named.outputs : [];
  const reading = readStructure(graph.runnable, binding);
  const inline = options.inline && fitsInline(bound, facts) ? await openInline(bound, columns) : undefined;
  return new PooledPredictor(pool, { outputs, reading, ...facts }, width, inline);
}

/** Whether single rows of a model are evaluated in the calling thread, by what a worker found out when it opened it. */
export const fitsInline = (
  { graph, even }: Pick<BoundGraph, "even"> & { graph: Pick<OnnxGraph, "runnable"> },
  { rowMilliseconds, openMilliseconds }: Pick<ModelFacts, "rowMilliseconds" | "openMilliseconds">,
): boolean =>
  even === true &&
  graph.runnable.length <= INLINE.bytes &&
  rowMilliseconds <= INLINE.rowMilliseconds &&
  openMilliseconds <= INLINE.openMilliseconds;

/** Loaded here only: the runtime takes its time to load, and whoever evaluates nothing in this thread does without. */
async function openInline({ graph, binding }: BoundGraph, columns: number): Promise<InlineModel> {
  const { InlineModel } = await import("./inline-model.ts");
  return InlineModel.open(graph.runnable, binding, columns);
}

class PooledPredictor implements Predictor {
  readonly outputs: readonly string[];
  readonly reading: StructureReading;
  readonly preprocessedOnce: boolean;
  readonly anyBatch: boolean;
  readonly singleRows: Predictor["singleRows"];
  readonly #pool: WorkerPool;
  readonly #width: number;
  readonly #singles: Uint16Array;
  readonly #owners = new WeakMap<readonly Player[], Uint16Array>();
  readonly #inline: InlineModel | undefined;
  readonly #single: (row: readonly Cell[]) => Promise<Float64Array>;

  constructor(
    pool: WorkerPool,
    told: Pick<Predictor, "outputs" | "reading"> & Omit<ModelFacts, "columns" | "openMilliseconds">,
    width: number,
    inline: InlineModel | undefined,
  ) {
    this.#pool = pool;
    this.#inline = inline;
    this.singleRows = inline ? "inline" : "worker";
    const evaluate = (rows: readonly (readonly Cell[])[]) =>
      inline?.rows(rows) ?? pool.run({ kind: "rows", rows });
    const most = inline ? INLINE.batchMilliseconds : MILLISECONDS_PER_TASK;
    const batches = new RowBatches(evaluate, Math.max(1, Math.floor(most / told.rowMilliseconds)));
    this.#single = told.rowsAlike ? (row) => batches.ask(row) : (row) => evaluate([row]);
    this.outputs = told.outputs;
    this.reading = told.reading;
    this.preprocessedOnce = told.preprocessedOnce;
    this.anyBatch = told.anyBatch;
    this.#width = width;
    this.#singles = Uint16Array.from({ length: width }, (_, column) => column);
  }

  predictRow(row: readonly Cell[]): Promise<Float64Array> {
    return this.#single(row);
  }

  predictRows(rows: readonly (readonly Cell[])[]): Promise<Float64Array> {
    return this.#inPieces(rows.length, ROWS_PER_TASK, (from, to) =>
      this.#pool.run({ kind: "rows", rows: rows.slice(from, to) }),
    );
  }

  hybrids(row: readonly Cell[], hybrids: Hybrids): Promise<Float64Array> {
    const explained = new Uint32Array(hybrids.count);
    return this.mixed([row], { ...hybrids, explained });
  }

  mixed(rows: readonly (readonly Cell[])[], hybrids: SharedHybrids): Promise<Float64Array> {
    const { count, explained, background, present } = hybrids;
    const players = hybrids.players ? this.#playersOf(hybrids.players) : this.#singles;
    const stride = count === 0 ? 0 : present.length / count;
    const whole = explained.length === count && background.length === count && Number.isInteger(stride);
    if (!whole || players.length !== this.#width || players.some((player) => player >= stride))
      throw new RangeError("hybrids must have an explained row, a background row and a flag for each player");
    if (rows.some((row) => row.length !== this.#width) || explained.some((row) => row >= rows.length))
      throw new RangeError("an explained row must have a cell for each feature");
    return this.#inPieces(count, this.#rowsPerTask(), (from, to) => {
      // Copies, since the caller keeps its arrays: a piece's own are handed over to the thread.
      const mixed = {
        explained: explained.slice(from, to),
        background: background.slice(from, to),
        present: present.slice(from * stride, to * stride),
        players,
      };
      return this.#pool.run({ kind: "hybrids", rows, mixed }, [
        mixed.explained.buffer,
        mixed.background.buffer,
        mixed.present.buffer,
      ]);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#inline?.close(), this.#pool.close()]);
  }

  #rowsPerTask(): number {
    const { pace } = this.#pool;
    if (!this.anyBatch || pace === undefined) return ROWS_PER_TASK;
    return Math.min(MOST_PER_TASK, Math.max(FEWEST_PER_TASK, Math.floor(MILLISECONDS_PER_TASK / pace)));
  }

  /** The player of each feature. */
  #playersOf(players: readonly Player[]): Uint16Array {
    const known = this.#owners.get(players);
    if (known !== undefined) return known;
    const owners = new Uint16Array(this.#width).fill(players.length);
    players.forEach(({ columns }, p) => {
      for (const column of columns) owners[column] = p;
    });
    this.#owners.set(players, owners);
    return owners;
  }

  async #inPieces(
    rows: number,
    most: number,
    evaluate: (from: number, to: number) => Promise<Float64Array>,
  ): Promise<Float64Array> {
    const pieces: Promise<Float64Array>[] = [];
    for (let from = 0; from < rows; from += most) {
      pieces.push(evaluate(from, Math.min(rows, from + most)));
    }
    if (pieces.length === 1) return pieces[0]!;
    const whole = new Float64Array(rows * this.outputs.length);
    let at = 0;
    for (const piece of await Promise.all(pieces)) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

/** What each column of the output is called: from the graph where it says so, else from the contract. */
function nameOutputs(
  output: Output,
  graph: OnnxGraph,
  columns: number,
): { outputs: readonly string[] } | { faults: Fault[] } {
  if (output.kind === "regression") {
    if (columns === 1) return { outputs: ["value"] };
    return { faults: [invalid("/output/kind", `a regression has one value, the model gives ${columns}`)] };
  }
  const own = graph.classLists.find(({ length }) => length === columns);
  if (columns === 1) return nameSingleColumn(output, graph);
  const declared = output.classes;
  const names = own ?? declared;
  if (names === undefined) {
    const detail = `the model has ${columns} classes and names none: list them in the order of its output`;
    return { faults: [invalid("/output/classes", detail)] };
  }
  const faults: Fault[] = [];
  if (declared !== undefined && !sameNames(declared, names)) {
    faults.push(invalid("/output/classes", "differs from the classes that the model names"));
  }
  if (names.length !== columns || new Set(names).size !== names.length) {
    faults.push(invalid("/output/classes", `must be ${columns} different names`));
  }
  if (output.kind === "binary-classification") {
    if (columns !== 2) faults.push(invalid("/output/kind", `the model has ${columns} classes, not two`));
    if (!names.includes(output.class)) faults.push(invalid("/output/class", "is no class of the model"));
  } else {
    const decided = output.outcomes.map((outcome) => outcome.class);
    if (!sameNames([...decided].sort(), [...names].sort())) {
      faults.push(invalid("/output/outcomes", "must be one for each class of the model"));
    }
  }
  return faults.length > 0 ? { faults } : { outputs: names };
}

/** A network's single sigmoid: the probability of the second of two classes, or of the one that is declared. */
function nameSingleColumn(
  output: Exclude<Output, { kind: "regression" }>,
  graph: OnnxGraph,
): { outputs: readonly string[] } | { faults: Fault[] } {
  if (output.kind !== "binary-classification") {
    return { faults: [invalid("/output/kind", "the model gives a single column: no more than two classes")] };
  }
  const pair = output.classes ?? graph.classLists.find(({ length }) => length === 2);
  if (pair !== undefined && pair[1] !== output.class) {
    return { faults: [invalid("/output/class", "a single column is the probability of the second class")] };
  }
  return { outputs: [output.class] };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
