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
import { type GivenRow, openGiven, portions, toldByCommand } from "./tables-given.ts";

/** Rows that share batches. The first portions are smaller, so that the first answers do not wait. */
const LARGEST_PORTION = 256;
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
  progress.show(rows.share(0), "0 rows");
  const unmet: number[] = [];
  async function* lines() {
    for await (const result of explained(rows.read(), model, options)) {
      // Rows that go elsewhere leave the bar where it is.
      if (process.stdout.isTTY) progress.clear();
      if ("ok" in result) {
        process.exitCode = EXIT.refused;
        if (options.json) yield JSON.stringify(result);
        else process.stderr.write(`motivo: ${result.message} (${result.code})\n`);
      } else {
        if (!result.explanation.converged) unmet.push(result.row);
        yield options.json ? JSON.stringify(answered(result.explanation)) : table.told(result);
      }
      progress.show(rows.share(result.row), `${result.row} ${result.row === 1 ? "row" : "rows"}`);
    }
  }
  try {
    await writeLines(process.stdout, lines());
  } finally {
    progress.end();
  }
  if (unmet.length > 0) process.stderr.write(unmetTold(unmet));
}

/** What standard output promises, in this order. */
function answered(explanation: RowExplanation) {
  const { base, output, attributions, standardErrors, intervals, method, modelRows, seed } = explanation;
  return { base, output, attributions, standardErrors, intervals, method, modelRows, seed };
}

/** Every row in its place, explained or with why it is not. */
async function* explained(
  rows: AsyncIterable<GivenRow>,
  model: TabularModel,
  options: ExplainCommandOptions,
): AsyncGenerator<RowResult> {
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
  const alone = async (row: number, cells: Cell[]): Promise<RowResult> => {
    try {
      return { row, cells, explanation: named(of, await model.explain(cells, engine)) };
    } catch (error) {
      const failure = failureOfRow(error, row);
      if (failure === undefined) throw error;
      return failure;
    }
  };
  for await (const portion of portions(rows, LARGEST_PORTION)) {
    let next = 0;
    while (next < portion.length) {
      const { row, cells } = portion[next]!;
      if (!Array.isArray(cells)) {
        next++;
        yield { ok: false, code: cells.code, row, message: cells.message };
        continue;
      }
      const end = portion.findIndex((each, i) => i > next && !Array.isArray(each.cells));
      const together = portion.slice(next, end === -1 ? undefined : end);
      try {
        for await (const explanation of model.explainMany(
          together.map((each) => each.cells as Cell[]),
          engine,
        )) {
          const { row, cells } = portion[next++]!;
          yield { row, cells: cells as Cell[], explanation: named(of, explanation) };
        }
      } catch (error) {
        if (failureOfRow(error, 0) === undefined) throw error;
        // What failed may be another row of the batch: alone, a row answers for nobody else.
        const { row, cells } = portion[next++]!;
        yield await alone(row, cells as Cell[]);
      }
    }
  }
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
