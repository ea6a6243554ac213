/**
 * `motivo/explain`: Shapley values of any prediction function, or of any ONNX model over a table. No database, no HTTP.
 */
import { readFile } from "node:fs/promises";
import type { Link } from "../explain/closed-form.ts";
import { explain as explainGame } from "../explain/explain.ts";
import { type Cell, type Game, materialise } from "../explain/game.ts";
import { seedFromInteger } from "../explain/random.ts";
import { type ImportanceOptions, type ModelImportance, modelImportance } from "./importance.ts";
import { InputError } from "./input-error.ts";
import { named, type RowExplanation } from "./result.ts";
import type { Row } from "./row.ts";
import { namesOfRows, playersOf, takeRow } from "./rows.ts";
import { planModel, TabularModel } from "./tabular-model.ts";

export type { Link } from "../explain/closed-form.ts";
export { ExplainError, type ExplainErrorCode } from "../explain/errors.ts";
export type { Cell } from "../explain/game.ts";
export type { FeatureImportance, ImportanceOptions, ModelImportance } from "./importance.ts";
export { InputError, type InputErrorCode } from "./input-error.ts";
export type { RowExplanation } from "./result.ts";
export type { Row } from "./row.ts";

export interface ExplainOptions {
  /** The class, by name or number, or the number of a function's output; the last by default. */
  output?: string | number;
  /** The scale that is explained: the output as it is (default), the score before the last function, or log odds. */
  link?: Link;
  /** `auto` (default) takes what is cheapest for the tolerance; `exact` refuses where nothing exact is feasible. */
  method?: "auto" | "exact" | "permutation";
  /** An integer of 0 or more (default 0), or 32 hexadecimal digits. The same seed gives the same bytes. */
  seed?: number | string;
  /** Largest standard error / (largest − smallest attribution), in [0, 1]; default 0.02. */
  tolerance?: number;
  /** Most different rows that the model may evaluate; default 20,000. */
  maxModelRows?: number;
  /** Also how the members of a group share out what the group has: Owen values. Where nothing is exact they cost more rows. */
  within?: boolean;
  /** After each round of sampling: a result that can be used as it is. */
  onRound?: (soFar: RowExplanation) => void;
}

interface Compared {
  /** The rows that a feature is compared against, at least one. */
  background: readonly Row[];
  /** One a background row, positive, summing to 1. */
  weights?: readonly number[];
  /** Features that move as one: name of the group → its features. */
  groups?: Readonly<Record<string, readonly string[]>>;
  /** Names in the order of the cells, where rows are arrays. */
  features?: readonly string[];
}

/** A prediction function and a row. */
export interface FunctionQuestion extends Compared {
  /** Rows in, one value or one list of values a row out, each time as many. */
  predict(rows: Cell[][]): Values | Promise<Values>;
  row: Row;
}

/** An ONNX model and a row; `openModel` is for many of them. */
export interface ModelQuestion extends Compared {
  /** A file's bytes or its path. */
  model: Uint8Array | string | URL;
  row: Row;
}

type Values = ArrayLike<number> | readonly ArrayLike<number>[];

/**
 * Shapley values of one row: what each feature adds to the output, compared with the background.
 *
 * Σ attributions + base = output to 1e-9 · max(1, |output|).
 * @throws InputError when model, rows or groups do not fit together; ExplainError when no explanation can be given;
 *   whatever `predict` throws
 */
export async function explain(
  question: FunctionQuestion | ModelQuestion,
  options: ExplainOptions = {},
): Promise<RowExplanation> {
  if ("predict" in question) return explainFunction(question, options);
  const model = await openModel(question.model, { ...question, threads: 1 });
  try {
    return await model.explain(question.row, options);
  } finally {
    await model.close();
  }
}

async function explainFunction(question: FunctionQuestion, options: ExplainOptions): Promise<RowExplanation> {
  const { row, background, weights, groups, predict } = question;
  const width = Array.isArray(row) ? row.length : Object.keys(row).length;
  const features =
    question.features ??
    namesOfRows([row]) ??
    namesOfRows(background) ??
    Array.from({ length: width }, (_, i) => `x${i}`);
  // A function takes what it takes: only the model of a file says which type a column has.
  const cellsOf = (each: Row, what: string): Cell[] => {
    const values = Array.isArray(each) ? each : features.map((name) => Reflect.get(each, name));
    if (values.length === features.length && values.every((v) => v !== undefined))
      return values.map((value: Cell | null) => value ?? Number.NaN);
    throw new InputError("column_missing", `${what} must have ${features.length} features.`);
  };
  const cells = cellsOf(row, "the row");
  const rows = background.map((each, b) => cellsOf(each, `background row ${b + 1}`));
  const shape = await evaluated(predict, [cells]);
  const game: Game = {
    players: playersOf(features, groups),
    row: cells,
    background: rows,
    outputs: shape.length,
    ...(weights && { weights: Float64Array.from(weights) }),
    predict: (hybrids) => evaluated(predict, materialise(game, hybrids)),
  };
  const outputs = Array.from(shape, (_, o) => String(o));
  const at = options.output === undefined ? outputs.length - 1 : outputs.indexOf(String(options.output));
  if (at === -1) throw new InputError("class_unknown", `There is no output ${options.output}.`);
  const names = game.players.map(({ name }) => name);
  const { engine, present } = settingsOf(options, { at, names, features, outputs });
  return present(await explainGame(game, engine));
}

async function evaluated(predict: FunctionQuestion["predict"], rows: Cell[][]): Promise<Float64Array> {
  const values = await predict(rows);
  return Float64Array.from(
    Array.from(values as ArrayLike<number | ArrayLike<number>>).flatMap((value) =>
      typeof value === "number" ? [value] : Array.from(value),
    ),
  );
}

/** An opened model. `close` it: its threads keep the process alive. */
export interface Model {
  readonly features: readonly string[];
  /** Class names, or `["value"]`. */
  readonly outputs: readonly string[];
  explain(row: Row, options?: ExplainOptions): Promise<RowExplanation>;
  /** What counts for the model over many rows: permutation importance, and the mean magnitude of attributions. */
  importance(rows: readonly Row[], options?: ImportanceOptions): Promise<ModelImportance>;
  /** rows × outputs. */
  predict(rows: readonly Row[]): Promise<number[][]>;
  close(): Promise<void>;
}

/**
 * Opens an ONNX model over a table: one input a column, matrices, or both; numbers, whole numbers, text. A ZipMap is
 * taken off. Rows may be explained at once; each result is the same as alone.
 * @param onnx a file's bytes or its path
 * @throws InputError
 */
export async function openModel(
  onnx: Uint8Array | string | URL,
  options: Compared & { threads?: number },
): Promise<Model> {
  const { background, groups, weights, threads } = options;
  const bytes = onnx instanceof Uint8Array ? onnx : await read(onnx);
  const plan = planModel(bytes, options.features ?? namesOfRows(background), "The background");
  const features = plan.columns.map(({ name }) => name);
  const rows = background.map((row, b) => takeRow(plan.columns, row, `background row ${b + 1}`));
  const players = playersOf(features, groups);
  const compared = { background: rows, players, ...(weights && { weights: Float64Array.from(weights) }) };
  const model = await TabularModel.open(plan, compared, threads);
  const names = players.map(({ name }) => name);
  const cellsOf = (asked: readonly Row[]) =>
    asked.map((row, r) => takeRow(plan.columns, row, `row ${r + 1}`));
  return {
    features,
    outputs: model.outputs,
    async explain(row, asked = {}) {
      const cells = takeRow(plan.columns, row, "the row");
      const at = model.outputAt(asked.output);
      const { engine, present } = settingsOf(asked, { at, names, features, outputs: model.outputs });
      return present(await model.explain(cells, engine));
    },
    importance: async (asked, how) => modelImportance(model, cellsOf(asked), how),
    async predict(asked) {
      const values = await model.predict(cellsOf(asked));
      const width = model.outputs.length;
      return asked.map((_, r) => Array.from(values.subarray(r * width, (r + 1) * width)));
    },
    close: () => model.close(),
  };
}

async function read(path: string | URL): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError("file_unreadable", `The model's file cannot be read (${code}).`);
  }
}

function settingsOf(
  { output: _, seed = 0, onRound, ...rest }: ExplainOptions,
  of: Omit<Parameters<typeof named>[0], "seed">,
) {
  const present = named.bind(null, { ...of, seed });
  const engine = {
    ...rest,
    seed: typeof seed === "number" ? seedFromInteger(seed) : seed,
    output: of.at,
    ...(onRound && { onRound: (soFar: Parameters<typeof present>[0]) => onRound(present(soFar)) }),
  };
  return { engine, present };
}
