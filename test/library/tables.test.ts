import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { CellFault, readCell } from "../../src/library/cells.ts";
import { InputError } from "../../src/library/input-error.ts";
import { readRow, readTable, streamTable } from "../../src/library/tables.ts";
import type { ElementType } from "../../src/models/onnx.ts";
import { inputError } from "./refusals.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const fault = (element: ElementType, text: string) => readCell(element, text) instanceof CellFault;

/** All lines of a stream that comes in pieces of `size` bytes, or the code of the refusal after some of them. */
async function streamed(bytes: Uint8Array, size: number): Promise<(readonly string[] | string)[]> {
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  };
  const lines: (readonly string[] | string)[] = [];
  try {
    for await (const line of streamTable(Readable.from(pieces()), "rows.csv")) lines.push(line);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    lines.push(error.code);
  }
  return lines;
}

describe("cells", () => {
  test("an empty one is a missing number or the empty string; the word None is a category", () => {
    expect(readCell("float", "")).toBeNaN();
    expect(readCell("double", " ")).toBeNaN();
    expect(readCell("float", "NaN")).toBeNaN();
    expect(readCell("string", "")).toBe("");
    for (const word of ["None", "NA", "null", "nan", " a "]) expect(readCell("string", word)).toBe(word);
  });

  test("numbers are read to the last digit, in decimal and with exponents", () => {
    expect(readCell("double", "0.30000000000000004")).toBe(0.1 + 0.2);
    expect(readCell("float", " -1.5E-3 ")).toBe(-0.0015);
    expect(Object.is(readCell("double", "-0"), -0)).toBe(true);
    expect(readCell("int64", "3.0")).toBe(3);
  });

  test("what a column cannot hold is a fault", () => {
    for (const text of ["None", "NA", "0x10", "1,5", "1 000", "true", "1e999"])
      expect(fault("float", text)).toBe(true);
    for (const text of ["", "1.5", "9007199254740993"]) expect(fault("int64", text)).toBe(true);
    expect(fault("int32", "2147483648")).toBe(true);
    expect(fault("string", "a\0b")).toBe(true);
  });
});

describe("tables", () => {
  const text = '\ufeffname,"a, b"\r\n"Zoë ""Z""",1\r\n\r\n"two\nlines",\r\n';
  const lines = [
    ["name", "a, b"],
    ['Zoë "Z"', "1"],
    ["two\nlines", ""],
  ];

  test("have a byte-order mark, CRLF, quoted fields and empty lines, or not", () => {
    expect(readTable(encode(text), "t")).toEqual({ header: lines[0], lines: lines.slice(1) });
  });

  test.each([1, 2, 7, 1000])("come out of a stream in pieces of %i bytes as they are whole", async (size) => {
    expect(await streamed(encode(text), size)).toEqual(lines);
  });

  test.each<[string, Uint8Array, string]>([
    ["that is not UTF-8", Uint8Array.of(97, 10, 0xff, 10), "csv_invalid"],
    ["with a line of another length", encode("a,b\n1,2\n3\n"), "csv_invalid"],
    ["with semicolons", encode("a;b\n1;2\n"), "csv_invalid"],
    ["with a header alone", encode("a,b\n"), "no_rows"],
    ["without anything", encode(""), "no_rows"],
    ["with a column twice", encode("a,a\n1,2\n"), "columns_repeated"],
  ])("%s are refused, whole and streamed", async (_, bytes, code) => {
    expect(inputError(() => readTable(bytes, "t")).code).toBe(code);
    expect((await streamed(bytes, 3)).at(-1)).toBe(code);
  });

  test("a file that is not there ends the stream with a code", async () => {
    const missing = new Readable({
      read() {
        this.destroy(Object.assign(new Error("no such file"), { code: "ENOENT" }));
      },
    });
    const next = streamTable(missing, "rows.csv").next();
    await expect(next).rejects.toMatchObject({ code: "file_unreadable" });
  });

  test("a stream holds no more than its reader takes", async () => {
    let produced = 0;
    const endless = Readable.from(
      (function* () {
        yield encode("a,b\n");
        for (;;) {
          produced++;
          yield encode("1,2\n".repeat(1000));
        }
      })(),
    );
    const reader = streamTable(endless, "rows.csv");
    for (let i = 0; i < 10; i++) await reader.next();
    expect(produced).toBeLessThan(200);
    await reader.return(undefined);
    expect(endless.destroyed).toBe(true);
  });

  test("a cell at fault is named by table, row and column, and not repeated", () => {
    const columns = [{ name: "age", element: "float" } as const];
    const error = inputError(() => readRow(columns, [0], ["secret"], { table: "rows.csv", row: 3 }));
    expect(error.code).toBe("cell_invalid");
    expect(error.message).toContain('rows.csv, row 3: column "age"');
    expect(error.message).not.toContain("secret");
  });
});
