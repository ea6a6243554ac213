import { Problem } from "../errors.ts";
import { ExplainError, type ExplainErrorCode } from "../explain/errors.ts";
import { DEFAULT_MAX_MODEL_ROWS } from "../explain/explain.ts";
import type { Cell } from "../explain/game.ts";
import { seedFromInteger } from "../explain/random.ts";
import { named, type RowExplanation } from "../library/result.ts";
import { TabularModel } from "../library/tabular-model.ts";
import type { ExplainCommandOptions } from "./explain-options.ts";
import { ExplanationTable } from "./explain-table.ts";
import { EXIT } from "./failure.ts";
import { writeLines } from "./lines.ts";
import { progressOn } from "./progress.ts";
import { type GivenRow, inOrder, openGiven, toldByCommand } from "./tables-given.ts";

/** While one row's model rows are evaluated in a thread, another's are named. */
const AT_ONCE = 2;
/**
 * A background of thousands of rows takes more than the engine's own budget for the two rounds that a standard error
 * needs. By hand nobody waits for the answer but who asked, so it is raised as far as memory allows.
 */
const MOST_MODEL_ROWS = 2 ** 22;

/** What a row is told by that cannot be explained, when the next one may be. */
interface RowFailure {
  ok: false;
  code: string;
  row: number;
  message: string;
}

type RowResult = { row: number; cells: Cell[]; explanation: RowExplanation } | RowFailure;

/** @throws CommandError; Problem `prediction_failed` never: it is a row's own failure */
export async function explainRows(options: ExplainCommandOptions): Promise<void> {
  try {
    const { plan, background, rows } = await openGiven(options);
    const model = await TabularModel.open(plan, { background });
    try {
      await answerRows(model, rows, options);
    } catch (error) {
      throw toldByCommand(error, await hint(error, model));
    } finally {
      await model.close();
    }
  } catch (error) {
    throw toldByCommand(error);
  }
}

async function answerRows(
  model: TabularModel,
  rows: Awaited<ReturnType<typeof openGiven>>["rows"],
  options: ExplainCommandOptions,
): Promise<void> {
  const progress = progressOn(process.stderr);
  const table = new ExplanationTable(process.stdout);
  const explainOne = explainer(model, options);
  const unmet: number[] = [];
  async function* lines() {
    for await (const result of inOrder(rows.read(), explainOne, AT_ONCE)) {
      progress.clear();
      if ("ok" in result) {
        process.exitCode = EXIT.refused;
        if (options.json) yield JSON.stringify(result);
        else process.stderr.write(`motivo: ${result.message} (${result.code})\n`);
      } else {
        if (!result.explanation.converged) unmet.push(result.row);
        yield options.json ? JSON.stringify(answered(result.explanation)) : table.told(result);
      }
      progress.show(rows.share(), `${result.row} rows`);
    }
  }
  try {
    await writeLines(process.stdout, lines());
  } finally {
    progress.clear();
  }
  if (unmet.length > 0) process.stderr.write(unmetTold(unmet));
}

/** What standard output promises, in this order. */
function answered(explanation: RowExplanation) {
  const { base, output, attributions, standardErrors, intervals, method, modelRows, seed } = explanation;
  return { base, output, attributions, standardErrors, intervals, method, modelRows, seed };
}

function explainer(model: TabularModel, options: ExplainCommandOptions) {
  const { method, link, seed, tolerance } = options;
  const at = model.outputAt(options.class);
  const names = model.players.map(({ name }) => name);
  const of = { names, features: names, outputs: model.outputs, at, seed };
  const engine = {
    method,
    link,
    seed: typeof seed === "number" ? seedFromInteger(seed) : seed,
    output: at,
    ...(tolerance !== undefined && { tolerance }),
    ...budget(model, options),
  };
  return async ({ row, cells }: GivenRow): Promise<RowResult> => {
    if (!Array.isArray(cells)) return { ok: false, code: cells.code, row, message: cells.message };
    try {
      const explanation = await model.explain(cells, engine);
      return { row, cells, explanation: named(of, explanation) };
    } catch (error) {
      const failure = failureOfRow(error, row);
      if (failure === undefined) throw error;
      return failure;
    }
  };
}

/** Exact has a budget of its own; a tolerance that was asked for is to be met. */
function budget(model: TabularModel, { maxModelRows, method, tolerance }: ExplainCommandOptions) {
  if (maxModelRows !== undefined) return { maxModelRows };
  if (method === "exact") return {};
  if (tolerance !== undefined) return { maxModelRows: MOST_MODEL_ROWS };
  const twoRounds = 1 + model.background.length * (1 + 4 * model.players.length);
  return { maxModelRows: Math.min(MOST_MODEL_ROWS, Math.max(DEFAULT_MAX_MODEL_ROWS, twoRounds)) };
}

const OF_ONE_ROW: readonly ExplainErrorCode[] = ["logit_not_finite", "prediction_not_finite"];

function failureOfRow(error: unknown, row: number): RowFailure | undefined {
  if (error instanceof ExplainError && OF_ONE_ROW.includes(error.code))
    return { ok: false, code: error.code, row, message: `row ${row}: ${error.message}.` };
  if (error instanceof Problem && error.code === "prediction_failed") {
    const message = `row ${row}: the model fails, or gives no finite number, on it mixed with the background.`;
    return { ok: false, code: error.code, row, message };
  }
  return undefined;
}

/** What to ask for instead, where this model can give it. */
async function hint(error: unknown, model: TabularModel): Promise<string> {
  if (!(error instanceof ExplainError)) return "";
  if (error.code === "budget_too_small") return " Give fewer background rows, or more --max-model-rows.";
  if (error.code !== "exact_too_large") return "";
  const exact = await model.exact();
  return "closedForm" in exact
    ? " With --link margin this model is exact."
    : " --method permutation samples.";
}

function unmetTold(rows: readonly number[]): string {
  const [first] = rows;
  const which = rows.length === 1 ? `row ${first}` : `${rows.length} rows, the first of them row ${first}`;
  return `motivo: the tolerance was not met within the model rows allowed, and intervals are wider: ${which} (see --max-model-rows)\n`;
}
