import type { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { parse as parseWhole } from "csv-parse/sync";
import type { Cell } from "../explain/game.ts";
import { CellFault, readCell } from "./cells.ts";
import { expectDifferent, type ModelColumn } from "./columns.ts";
import { InputError } from "./input-error.ts";

/** A CSV file as it stands: RFC 4180, UTF-8 with or without a byte-order mark, the first line names the columns. */
export interface TextTable {
  header: readonly string[];
  lines: readonly (readonly string[])[];
}

/** @throws InputError `csv_invalid`, `columns_repeated`, `no_rows` */
export function readTable(bytes: Uint8Array, table: string): TextTable {
  let lines: string[][];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    lines = parseWhole(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    throw unreadable(error, table);
  }
  const [header, ...rest] = lines;
  if (header === undefined || rest.length === 0) throw noRows(table);
  expectHeader(header, table);
  return { header, lines: rest };
}

/**
 * The same line by line, header first, whatever the file's length.
 * @param onLine told of each line, before it is given, up to which byte of the file it goes
 * @throws InputError as `readTable`
 */
export async function* streamTable(
  input: Readable,
  table: string,
  onLine?: (bytes: number) => void,
): AsyncGenerator<readonly string[]> {
  const parser = parse({ bom: true, skip_empty_lines: true, info: true });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const fail = (error: Error) => parser.destroy(error);
  input.on("error", fail);
  input.on("data", (chunk: Uint8Array) => {
    try {
      if (!parser.write(decoder.decode(chunk, { stream: true }))) input.pause();
    } catch (error) {
      fail(error as Error);
    }
  });
  parser.on("drain", () => input.resume());
  input.on("end", () => {
    try {
      parser.end(decoder.decode());
    } catch (error) {
      fail(error as Error);
    }
  });
  let count = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { bytes: number };
    }>) {
      if (count++ === 0) expectHeader(record, table);
      onLine?.(info.bytes);
      yield record;
    }
  } catch (error) {
    throw unreadable(error, table);
  } finally {
    input.destroy();
  }
  if (count < 2) throw noRows(table);
}

/**
 * One line as cells in the model's order.
 * @param places where each column stands in the line
 * @param row counted from 1 after the header
 * @throws InputError `cell_invalid`
 */
export function readRow(
  columns: readonly ModelColumn[],
  places: readonly number[],
  line: readonly string[],
  { table, row }: { table: string; row: number },
): Cell[] {
  return columns.map(({ name, element }, c) => {
    const cell = readCell(element, line[places[c]!]!);
    if (!(cell instanceof CellFault)) return cell;
    throw new InputError("cell_invalid", `${table}, row ${row}: column "${name}" ${cell.rule}.`);
  });
}

function expectHeader(header: readonly string[], table: string): void {
  expectDifferent(header, table);
  if (header.length === 1 && /[;\t]/.test(header[0]!))
    throw new InputError("csv_invalid", `${table} has one column: its cells must be separated by commas.`);
}

function unreadable(error: unknown, table: string): unknown {
  if (error instanceof CsvError) {
    // csv-parse's own words quote what they could not read.
    const line = typeof error.lines === "number" ? ` near line ${error.lines}` : "";
    return new InputError("csv_invalid", `${table} cannot be read${line} (${error.code}).`);
  }
  if (error instanceof TypeError) return new InputError("csv_invalid", `${table} is not UTF-8.`);
  const { code } = error as NodeJS.ErrnoException;
  if (["ENOENT", "EISDIR", "EACCES"].includes(String(code)))
    return new InputError("file_unreadable", `${table} cannot be read (${code}).`);
  return error;
}

const noRows = (table: string) => new InputError("no_rows", `${table} has no rows.`);
