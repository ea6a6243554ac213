import { parse } from "csv-parse/sync";
import type { Fault } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import type { Contract } from "./contract.ts";
import { cellFault } from "./inputs.ts";
import { invalid, pointerTo } from "./package-faults.ts";

export interface CsvRows {
  rows: Cell[][];
  /** The columns beside the features, as numbers. */
  extra: Record<string, number[]>;
}

/**
 * A CSV file (RFC 4180, UTF-8, a header line) as rows in the contract's order. Each cell must satisfy the contract,
 * as an input would; columns other than the features and `extraColumns` are refused. A fault names file, line
 * and column, never the cell: a background row is, or was, a person.
 */
export function readRowsCsv(
  contract: Pick<Contract, "features">,
  fileName: string,
  bytes: Uint8Array,
  { extraColumns = [], maxRows }: { extraColumns?: readonly string[]; maxRows: number },
): { csv: CsvRows; faults: Fault[] } {
  const csv: CsvRows = { rows: [], extra: Object.fromEntries(extraColumns.map((name) => [name, []])) };
  const fault = (at: readonly (string | number)[], detail: string) =>
    invalid(pointerTo(fileName, ...at), detail);

  let lines: string[][];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    lines = parse(text, { bom: true, to: maxRows + 2 });
  } catch {
    return { csv, faults: [fault([], "is no CSV file in UTF-8 with equally long lines")] };
  }
  const [header = [], ...body] = lines;
  const faults: Fault[] = [];
  const wanted = [...contract.features.map(({ name }) => name), ...extraColumns];
  for (const name of wanted) {
    const count = header.filter((column) => column === name).length;
    if (count !== 1)
      faults.push(fault([name], count === 0 ? "the column is missing" : "the column is there twice"));
  }
  for (const name of header) {
    if (!wanted.includes(name)) faults.push(fault([name], "is no feature of the contract"));
  }
  if (body.length === 0) faults.push(fault([], "has no rows"));
  if (body.length > maxRows) faults.push(fault([], `has more than ${maxRows} rows`));
  if (faults.length > 0) return { csv, faults };

  body.forEach((line, i) => {
    const lineNumber = i + 2;
    const row: Cell[] = [];
    for (const feature of contract.features) {
      const text = line[header.indexOf(feature.name)]!;
      const cell = feature.type === "number" || feature.type === "integer" ? readNumber(text) : text;
      const found = cellFault(feature, cell);
      if (found !== undefined) faults.push(fault([lineNumber, feature.name], found.detail));
      else row.push(cell as Cell);
    }
    csv.rows.push(row);
    for (const name of extraColumns) {
      const value = readNumber(line[header.indexOf(name)]!);
      if (typeof value !== "number") faults.push(fault([lineNumber, name], "must be a number"));
      else csv.extra[name]!.push(value);
    }
  });
  return { csv, faults };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that the text writes in decimal, correctly rounded; the text itself when it is none. */
function readNumber(text: string): number | string {
  return NUMBER.test(text) ? Number(text) : text;
}
