import { describe, expect, test } from "vitest";
import { bindTable, placesOf } from "../../src/library/columns.ts";
import type { GraphValue } from "../../src/models/onnx.ts";
import { inputError } from "./refusals.ts";

const one = (name: string, element: GraphValue["element"] = "float"): GraphValue => ({
  name,
  element,
  dims: [undefined, 1],
});
const matrix = (
  name: string,
  width: number | undefined,
  element: GraphValue["element"] = "float",
): GraphValue => ({
  name,
  element,
  dims: [undefined, width],
});
const bind = (inputs: GraphValue[], header: string[]) => bindTable({ inputs }, header, "bg.csv");
const shares = (inputs: GraphValue[], header: string[]) =>
  bind(inputs, header).inputs.map(({ columns }) => columns);
const refused = (inputs: GraphValue[], header: string[]) => inputError(() => bind(inputs, header));

describe("where the columns of a table go", () => {
  test("one input a column is found by name, in any order, with its own type", () => {
    const { columns, inputs } = bind([one("a"), one("b", "string"), one("c", "int64")], ["c", "a", "b"]);
    expect(inputs.map((input) => input.columns)).toEqual([[1], [2], [0]]);
    expect(columns.map(({ element }) => element)).toEqual(["int64", "float", "string"]);
  });

  test("a matrix takes every column in the table's order, whatever it is called", () => {
    expect(shares([matrix("X", 3)], ["c", "X", "b"])).toEqual([[0, 1, 2]]);
    expect(shares([matrix("X", undefined)], ["c", "b"])).toEqual([[0, 1]]);
    expect(shares([{ name: "X", element: "float", dims: undefined }], ["c", "b"])).toEqual([[0, 1]]);
    expect(shares([one("X")], ["anything"])).toEqual([[0]]);
  });

  test("several matrices take what no name claims, one after the other", () => {
    expect(shares([matrix("n", 2), one("age"), matrix("s", 1, "string")], ["p", "age", "q", "r"])).toEqual([
      [0, 2],
      [1],
      [3],
    ]);
    expect(shares([matrix("n", undefined), matrix("s", 1, "string")], ["p", "q", "r"])).toEqual([
      [0, 1],
      [2],
    ]);
  });
});

describe("what does not fit is refused by a code, and the column named", () => {
  test.each<[string, GraphValue[], string[], string, RegExp]>([
    ["a missing column", [one("a"), one("b")], ["a"], "column_missing", /"b"/],
    ["a column too many", [one("a"), one("b")], ["a", "b", "target"], "column_unknown", /"target"/],
    ["a column too many for a matrix", [matrix("X", 2)], ["a", "b", "target"], "column_unknown", /"target"/],
    ["too few for a matrix", [matrix("X", 3)], ["a", "b"], "column_missing", /1 more after "b"/],
    ["none left for a matrix", [one("a"), matrix("X", undefined)], ["a"], "column_missing", /more/],
    [
      "two matrices of open width",
      [matrix("X", undefined), matrix("Y", undefined)],
      ["a", "b"],
      "model_unusable",
      /"X", "Y"/,
    ],
    [
      "an input of a type that is not fed",
      [one("a"), { ...one("b"), element: undefined }],
      ["a", "b"],
      "model_unusable",
      /"b"/,
    ],
    [
      "an image",
      [{ name: "i", element: "float", dims: [undefined, 3, 8, 8] }],
      ["a"],
      "model_unusable",
      /"i"/,
    ],
    [
      "a fixed number of rows",
      [{ name: "X", element: "float", dims: [7, 1] }],
      ["a"],
      "model_unusable",
      /batch/,
    ],
    ["no input at all", [], ["a"], "model_unusable", /input/],
  ])("%s", (_, inputs, header, code, words) => {
    const error = refused(inputs, header);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });
});

describe("another table of the same columns", () => {
  const columns = bind([one("a"), one("b")], ["a", "b"]).columns;
  test("may order them in its own way", () => {
    expect(placesOf(columns, ["b", "a"], "rows.csv")).toEqual([1, 0]);
  });
  test.each([
    [["a"], "column_missing"],
    [["a", "b", "c"], "column_unknown"],
    [["a", "b", "a"], "columns_repeated"],
  ])("is refused with %j", (header, code) => {
    expect(inputError(() => placesOf(columns, header, "rows.csv")).code).toBe(code);
  });
});
