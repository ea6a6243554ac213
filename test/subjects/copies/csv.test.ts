import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { CsvFile, csvCell } from "../../../src/subjects/copies/csv.ts";
import { keepingSink } from "../../pdf/made-up-copy.ts";

const HOSTILE = [
  ...['=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "'"],
  ...["=cmd|' /C calc'!A0", 'a "quoted" one', "two\nlines", "comma, comma", "", "plain", "−0,5", "0=0"],
];

describe("a table for spreadsheets", () => {
  it("holds no text that one would run, and numbers as they are", () => {
    for (const text of HOSTILE) expect(csvCell(text).replace(/^"/, "")).not.toMatch(/^[=+\-@\t\r]/);
    expect([csvCell(-0.25), csvCell(1e-7), csvCell(null), csvCell(undefined)]).toEqual([
      ...["-0.25", "1e-7", "", ""],
    ]);
  });

  it("gives back every text: RFC 4180, less one leading apostrophe", async () => {
    const sink = keepingSink();
    const file = await CsvFile.open(sink, "hostile.csv", ["text"]);
    for (const text of HOSTILE) await file.row([text, "."]);
    await file.end();
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(sink.files.get("hostile.csv"));
    expect(text.startsWith("\uFEFFtext\r\n")).toBe(true);
    const rows = parse(text, { bom: true, relax_column_count: true }) as string[][];
    expect(rows.slice(1).map(([cell]) => cell!.replace(/^'/, ""))).toEqual(HOSTILE);
  });
});
