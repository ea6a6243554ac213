import type { Cell } from "../explain/game.ts";
import { type ModelImportance, modelImportance } from "../library/importance.ts";
import { TabularModel } from "../library/tabular-model.ts";
import { answer } from "./answer.ts";
import type { ImportanceCommandOptions } from "./importance-options.ts";
import { progressOn } from "./progress.ts";
import { openGiven, toldByCommand } from "./tables-given.ts";

/** Of the longer bar. */
const BAR_WIDTH = 24;
const NAME_WIDTH = 28;

/** @throws CommandError; Problem `prediction_failed` */
export async function tellImportance(options: ImportanceCommandOptions): Promise<void> {
  const progress = progressOn(process.stderr);
  try {
    const { target } = options;
    const { plan, background, rows } = await openGiven(options, target === undefined ? [] : [target]);
    const cells: Cell[][] = [];
    const targets: string[] = [];
    for await (const row of rows.read()) {
      if (!Array.isArray(row.cells)) throw row.cells;
      cells.push(row.cells);
      targets.push(...row.further);
    }
    const model = await TabularModel.open(plan, { background });
    try {
      const found = await modelImportance(model, cells, {
        ...(options.class !== undefined && { output: options.class }),
        ...(target !== undefined && { targets }),
        repeats: options.repeats,
        seed: options.seed,
        link: options.link,
        onProgress: (done) => progress.show(done, `${cells.length} rows`),
      });
      progress.end();
      answer(options.json === true, found, told(found));
    } finally {
      await model.close();
    }
  } catch (error) {
    throw toldByCommand(error);
  } finally {
    progress.end();
  }
}

const LOSSES: Record<ModelImportance["permutation"]["loss"], string> = {
  "log-loss": "rise of the log loss",
  "squared-error": "rise of the squared error",
  "absolute-change": "absolute change of the output",
};

function told({ outputName, rows, permutation, attributions }: ModelImportance): string {
  const of = outputName === "value" ? "" : ` of ${outputName}`;
  const scale = attributions.link === "identity" ? "" : `, ${attributions.link}`;
  const baseline =
    permutation.loss === "absolute-change" ? "" : `, from ${permutation.baseline.toPrecision(4)}`;
  return [
    `${LOSSES[permutation.loss]} when values change places (${permutation.repeats} times, ${rows} rows${baseline})`,
    ...bars(permutation.features),
    "",
    `mean |attribution| to the output${of}${scale}`,
    ...bars(attributions.features),
  ].join("\n");
}

type Figures = Record<string, { value: number; interval: readonly [number, number] }>;

function bars(features: Figures): string[] {
  const order = Object.entries(features).sort(([, a], [, b]) => b.value - a.value);
  const most = Math.max(...order.map(([, { value }]) => Math.abs(value)));
  const decimals = most > 0 ? Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(most)) - 1)) : 3;
  const width = Math.min(NAME_WIDTH, Math.max(...order.map(([name]) => name.length)));
  const figures = order.map(
    ([
      ,
      {
        value,
        interval: [, upper],
      },
    ]) => {
      return `${value.toFixed(decimals)} ± ${(upper - value).toFixed(decimals)}`;
    },
  );
  const figureWidth = Math.max(...figures.map(({ length }) => length));
  return order.map(([name, { value }], i) => {
    const label = name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
    const bar = "█".repeat(Math.round((Math.max(0, value) / (most || 1)) * BAR_WIDTH));
    return `  ${label}  ${figures[i]!.padStart(figureWidth)}  ${bar}`.trimEnd();
  });
}
