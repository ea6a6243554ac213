import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { ExplainError, type ExplainErrorCode } from "../explain/errors.ts";
import type { Cell } from "../explain/game.ts";
import { placesOf } from "../library/columns.ts";
import { InputError } from "../library/input-error.ts";
import { readRow, readTable, streamTable } from "../library/tables.ts";
import { type ModelPlan, planModel } from "../library/tabular-model.ts";
import { CommandError, EXIT } from "./failure.ts";

/** A model's file and the tables given with it, read as far as can be before any thread starts. */
export interface Given {
  plan: ModelPlan;
  background: Cell[][];
  rows: RowsGiven;
}

export interface RowsGiven {
  /** The columns beside the model's, in the order that they were asked for. */
  read(): AsyncGenerator<GivenRow>;
  /** Share of the file that ends with this row, one that was read; undefined where there is no file. */
  share(row: number): number | undefined;
}

/** One line: its cells in the model's order, or why they are none. */
export interface GivenRow {
  /** From 1, after the header. */
  row: number;
  cells: Cell[] | InputError;
  /** The texts of the further columns that were asked for. */
  further: string[];
}

/**
 * Columns that do not fit are the mistake that is made most, so both headers are compared with the model first.
 * @param further columns of `rows` that are not the model's
 * @throws InputError
 */
export async function openGiven(
  files: { model: string; background: string; rows: string },
  further: readonly string[] = [],
): Promise<Given> {
  const onnx = await bytesOf(files.model);
  const { header, lines } = readTable(await bytesOf(files.background), files.background);
  const plan = planModel(onnx, header, files.background);
  const inOrder = header.map((_, place) => place);
  const background = lines.map((line, i) =>
    readRow(plan.columns, inOrder, line, { table: files.background, row: i + 1 }),
  );
  return { plan, background, rows: await openRows(files.rows, plan, further) };
}

async function openRows(file: string, plan: ModelPlan, further: readonly string[]): Promise<RowsGiven> {
  const table = file === "-" ? "stdin" : file;
  const size = file === "-" ? undefined : (await stat(file).catch(() => undefined))?.size;
  const input: Readable = file === "-" ? process.stdin : createReadStream(file);
  // The stream runs ahead of the rows by whole buffers: what a row's end is worth is kept until it is asked for.
  const ends = new Map<number, number>();
  let line = 0;
  const lines = streamTable(input, table, (bytes) => void ends.set(line++, bytes));
  const first = await lines.next();
  const header = first.done === true ? [] : first.value;
  const asked = [...plan.columns, ...further.map((name) => ({ name, element: "string" as const }))];
  const places = placesOf(asked, header, table);
  return {
    share(row) {
      const end = ends.get(row) ?? 0;
      for (const earlier of ends.keys()) if (earlier < row) ends.delete(earlier);
      return size === undefined ? undefined : end / Math.max(1, size);
    },
    async *read() {
      let row = 0;
      for await (const line of lines) {
        row += 1;
        const texts = places.slice(plan.columns.length).map((place) => line[place]!);
        yield {
          row,
          cells: cellsOr(() => readRow(plan.columns, places, line, { table, row })),
          further: texts,
        };
      }
    },
  };
}

function cellsOr(read: () => Cell[]): Cell[] | InputError {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError("file_unreadable", `${file} cannot be read (${code}).`);
  }
}

const ARGUMENTS: readonly ExplainErrorCode[] = ["invalid_option", "invalid_seed"];

/** A refusal of the engine or about the files as a command tells it; anything else as it is. */
export function toldByCommand(error: unknown, hint = ""): unknown {
  if (error instanceof InputError)
    return new CommandError(EXIT.unusable, error.code, error.message, { cause: error });
  if (!(error instanceof ExplainError)) return error;
  const { needed, maxModelRows } = error.figures;
  const figures = needed === undefined ? "" : ` (${needed} needed, ${maxModelRows} allowed)`;
  const exit = ARGUMENTS.includes(error.code) ? EXIT.unusable : EXIT.refused;
  return new CommandError(exit, error.code, `${error.message}${figures}.${hint}`, { cause: error });
}

/** Portions of 1, 2, 4, … items, up to the largest size. */
export async function* portions<T>(items: AsyncIterable<T>, largest: number): AsyncGenerator<T[]> {
  let portion: T[] = [];
  let size = 1;
  for await (const item of items) {
    portion.push(item);
    if (portion.length < size) continue;
    yield portion;
    portion = [];
    size = Math.min(2 * size, largest);
  }
  if (portion.length > 0) yield portion;
}
