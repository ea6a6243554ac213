import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { type RiskReport, RiskTable, type SensitiveColumn } from "./report.ts";

export interface RiskColumns {
  /** at least one name */
  quasiIdentifiers: readonly string[];
  sensitive: readonly SensitiveColumn[];
}

export type RiskInputCode = "column_unknown" | "columns_repeated" | "csv_invalid" | "no_rows";

/** A table that cannot be measured. Names columns that were asked for and lines, never a value. */
export class RiskInputError extends Error {
  override name = "RiskInputError";
  readonly code: RiskInputCode;

  constructor(code: RiskInputCode, message: string) {
    super(message);
    this.code = code;
  }
}

function placesOf(header: readonly string[], names: readonly string[]): number[] {
  return names.map((name) => {
    const place = header.indexOf(name);
    if (place === -1) throw new RiskInputError("column_unknown", `The table has no column ${name}.`);
    if (header.lastIndexOf(name) !== place)
      throw new RiskInputError("columns_repeated", `The table has two columns ${name}.`);
    return place;
  });
}

/**
 * The risk of a table of comma-separated values (RFC 4180, UTF-8, the first line names the columns), read as it comes.
 * @throws RiskInputError
 */
export async function riskOfCsv(input: Readable, columns: RiskColumns): Promise<RiskReport> {
  const table = new RiskTable(columns.quasiIdentifiers.length, columns.sensitive);
  let places: { quasi: number[]; sensitive: number[] } | null = null;
  const parser = parse({ bom: true, skip_empty_lines: true });
  const take = (row: readonly string[]) => {
    if (places === null) {
      const names = columns.sensitive.map(({ name }) => name);
      places = { quasi: placesOf(row, columns.quasiIdentifiers), sensitive: placesOf(row, names) };
      return;
    }
    table.add(
      places.quasi.map((place) => row[place]!),
      places.sensitive.map((place) => row[place]!),
    );
  };
  try {
    await pipeline(input, parser, async (rows: AsyncIterable<string[]>) => {
      for await (const row of rows) take(row);
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // csv-parse's own words quote what they could not read.
    const line = typeof error.lines === "number" ? ` near line ${error.lines}` : "";
    throw new RiskInputError("csv_invalid", `The table cannot be read${line} (${error.code}).`);
  }
  const report = table.report();
  if (report === null) throw new RiskInputError("no_rows", "The table has no rows.");
  return report;
}
