import type { CopySink } from "./sink.ts";
import { TextFile } from "./sink.ts";

/** What a spreadsheet would take for a formula, or what an apostrophe of ours could be mistaken for. */
const FORMULA = /^[=+\-@\t\r\n']/;

/**
 * One cell, RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV
 * injection), and so does text that begins with one: take one leading apostrophe away, and it is as it was stored.
 * Numbers stay numbers.
 */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table, with a byte order mark: without one the most used spreadsheet reads UTF-8 as something else. */
export class CsvFile {
  readonly #file: TextFile;

  private constructor(file: TextFile) {
    this.#file = file;
  }

  static async open(sink: CopySink, name: string, head: readonly string[]): Promise<CsvFile> {
    const table = new CsvFile(new TextFile(await sink.open(name, "text/csv; charset=utf-8; header=present")));
    await table.#file.write("\uFEFF");
    await table.row(head);
    return table;
  }

  row(cells: readonly (string | number | null | undefined)[]): Promise<void> {
    return this.#file.write(`${cells.map(csvCell).join(",")}\r\n`);
  }

  end(): Promise<void> {
    return this.#file.end();
  }
}
