import { Problem } from "../errors.ts";
import {
  type ExplainOptions as EngineOptions,
  type Explanation,
  explain,
  takesBackgroundValues,
} from "../explain/explain.ts";
import { explainRows, type SharedGame } from "../explain/explain-rows.ts";
import type { Cell, Game, Hybrids, Player } from "../explain/game.ts";
import { chooseOutput } from "../models/binding.ts";
import { openExact } from "../models/exact.ts";
import { type GraphValue, type OnnxGraph, readGraph } from "../models/onnx.ts";
import { openBound, type Predictor } from "../models/predictor.ts";
import { bindTable, expectDifferent, type ModelColumn } from "./columns.ts";
import { InputError, listed } from "./input-error.ts";

/** What is known of a model before a thread has opened it. */
export interface ModelPlan {
  graph: OnnxGraph;
  /** In the order of the table. */
  columns: readonly ModelColumn[];
  inputs: ReturnType<typeof bindTable>["inputs"];
  output: string;
}

/**
 * Reads the graph of an ONNX file and finds where each column of a table goes, and which tensor is the answer.
 * @param header the columns' names, or undefined for those that the model itself has
 * @throws InputError
 */
export function planModel(onnx: Uint8Array, header: readonly string[] | undefined, table: string): ModelPlan {
  const graph = inOwnWords(() => readGraph(onnx));
  const names = header ?? namesIn(graph);
  expectDifferent(names, table);
  const bound = bindTable(graph, names, table);
  return { graph, ...bound, output: answerOf(graph.outputs) };
}

/** One name an input; of a matrix, its name and the column's number. */
function namesIn({ inputs }: OnnxGraph): string[] {
  return inputs.flatMap(({ name, dims }) => {
    const width = dims?.length === 1 ? 1 : dims?.[1];
    if (width === undefined)
      throw new InputError("model_unusable", `The model does not say how many columns go into "${name}".`);
    return width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`);
  });
}

function answerOf(outputs: readonly GraphValue[]): string {
  const output = chooseOutput("binary-classification", outputs);
  if (typeof output === "string") return output;
  throw new InputError("output_unclear", `The model ${output.detail}.`);
}

/** A model opened in threads, with the background that its explanations compare against. */
export class TabularModel {
  readonly columns: readonly ModelColumn[];
  readonly players: readonly Player[];
  /** Class names, or `["value"]`. */
  readonly outputs: readonly string[];
  readonly background: readonly (readonly Cell[])[];
  readonly #weights: Float64Array | undefined;
  readonly #predictor: Predictor;
  readonly #exact = new Map<boolean, ReturnType<typeof openExact>>();
  #backgroundValues: Promise<Float64Array> | undefined;

  /** @throws InputError `model_unusable`, `no_rows`; ExplainError `invalid_weights` at the first explanation */
  static async open(
    plan: ModelPlan,
    {
      background,
      players,
      weights,
    }: { background: readonly (readonly Cell[])[]; players?: readonly Player[]; weights?: Float64Array },
    threads?: number,
  ): Promise<TabularModel> {
    if (background.length === 0) throw new InputError("no_rows", "The background has no rows.");
    const { graph, columns, inputs, output } = plan;
    const fixed = graph.inputs.some(({ dims }) => dims?.[0] === 1);
    const binding = { inputs, output, rowsPerRun: fixed ? (1 as const) : undefined };
    const bound = {
      graph,
      binding,
      background,
      width: columns.length,
      nameOutputs: (count: number) => ({ outputs: namesOf(graph, count) }),
    };
    const predictor = await inOwnWords(() => openBound(bound, threads === undefined ? {} : { threads }));
    const singles = columns.map(({ name }, column) => ({ name, columns: [column] }));
    return new TabularModel(predictor, { columns, background, players: players ?? singles, weights });
  }

  private constructor(
    predictor: Predictor,
    of: Pick<TabularModel, "columns" | "players" | "background"> & { weights: Float64Array | undefined },
  ) {
    this.#predictor = predictor;
    this.columns = of.columns;
    this.players = of.players;
    this.outputs = predictor.outputs;
    this.background = of.background;
    this.#weights = of.weights;
  }

  /**
   * The number of the output with this name, or with this number if none has it for a name; the last by default.
   * @throws InputError `class_unknown`
   */
  outputAt(output: string | number | undefined): number {
    const { outputs } = this;
    if (output === undefined) return outputs.length - 1;
    const named = outputs.indexOf(String(output));
    const at = named === -1 && /^\d+$/.test(String(output)) ? Number(output) : named;
    if (at >= 0 && at < outputs.length) return at;
    throw new InputError("class_unknown", `The model has no class "${output}"; it has ${listed(outputs)}.`);
  }

  /** rows × outputs, row-major. @throws Problem prediction_failed */
  predict(rows: readonly (readonly Cell[])[]): Promise<Float64Array> {
    return this.#predictor.predictRows(rows);
  }

  /**
   * What `method: "exact"` rests on, or why there is nothing. Made once, in up to a second.
   * @param within whether groups share out among their members what they have
   */
  exact(within = false): ReturnType<typeof openExact> {
    const known = this.#exact.get(within);
    if (known !== undefined) return known;
    const made = openExact(this.#predictor, this.players, this.background, this.#weights, within);
    this.#exact.set(within, made);
    return made;
  }

  /** @throws ExplainError; Problem prediction_failed */
  async explain(row: readonly Cell[], options: EngineOptions): Promise<Explanation> {
    const settings = { ...options, ...(await this.#inside(options)) };
    const known = takesBackgroundValues(settings) ? await this.#valuesOfBackground() : undefined;
    return explain(this.#game(row, known), settings);
  }

  /**
   * Many rows, in their order, each the same bytes as alone; they share batches where the model's answers do not depend on
   * the batch.
   * @throws as `explain`, at the row that it is thrown for
   */
  async *explainMany(
    rows: readonly (readonly Cell[])[],
    options: EngineOptions,
  ): AsyncGenerator<Explanation> {
    if (!this.#predictor.anyBatch) {
      for (const row of rows) yield await this.explain(row, options);
      return;
    }
    const { players, background, outputs } = this;
    const settings = { ...options, ...(await this.#inside(options)) };
    const game: SharedGame = {
      players,
      rows,
      background,
      outputs: outputs.length,
      ...(this.#weights && { weights: this.#weights }),
      predict: (explained, hybrids) => this.#predictor.mixed(explained, { players, ...hybrids }),
    };
    yield* explainRows(game, () => settings);
  }

  async close(): Promise<void> {
    await this.#predictor.close();
  }

  /** Where only permutations of the output itself are asked for, nothing exact has a part in it. */
  async #inside({ method, link = "identity", within }: EngineOptions) {
    if (method === "permutation" && link === "identity") return {};
    const exact = await this.exact(within);
    // What mixes the columns of one group has no shares within it, and may have a margin all the same.
    return within && "noClosedForm" in exact ? { ...(await this.exact()), ...exact } : exact;
  }

  #game(row: readonly Cell[], backgroundValues: Float64Array | undefined): Game {
    const { players, background } = this;
    return {
      players,
      row,
      background,
      outputs: this.outputs.length,
      ...(this.#weights && { weights: this.#weights }),
      ...(backgroundValues && { backgroundValues }),
      predict: (hybrids) => this.#mixed(row, hybrids),
    };
  }

  /** Once for all rows, where a row's value is the same in whatever batch; else each explanation asks for its own. */
  #valuesOfBackground(): Promise<Float64Array> | undefined {
    if (!this.#predictor.anyBatch) return undefined;
    const { background, players } = this;
    this.#backgroundValues ??= this.#mixed(background[0]!, {
      count: background.length,
      background: Uint32Array.from(background.keys()),
      present: new Uint8Array(background.length * players.length),
    });
    return this.#backgroundValues;
  }

  #mixed(row: readonly Cell[], hybrids: Hybrids): Promise<Float64Array> {
    return this.#predictor.hybrids(row, { players: this.players, ...hybrids });
  }
}

/** A single column beside two class names is the probability of the second; without any it is a value. */
function namesOf({ classLists }: OnnxGraph, count: number): string[] {
  const named = classLists.find(({ length }) => length === (count === 1 ? 2 : count));
  if (count === 1) return [named?.[1] ?? "value"];
  if (named !== undefined && new Set(named).size === count) return [...named];
  return Array.from({ length: count }, (_, i) => String(i));
}

/** What `models` refuses as a package is, here, a model that cannot be used. */
function inOwnWords<T>(attempt: () => T): T {
  const translated = (error: unknown) => {
    if (!(error instanceof Problem) || error.code !== "invalid_package") return error;
    const details = error.faults.map(({ detail }) => detail);
    return new InputError("model_unusable", `The model cannot be used: it ${details.join("; it ")}.`);
  };
  try {
    const result = attempt();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw translated(error);
    }) as T;
  } catch (error) {
    throw translated(error);
  }
}
