/** The models that `training/by_hand_fixtures.py` writes, and what their training libraries say of them. */
import { readFileSync } from "node:fs";
import type { Cell } from "../../src/explain/game.ts";
import { placesOf } from "../../src/library/columns.ts";
import { readRow, readTable } from "../../src/library/tables.ts";
import { planModel } from "../../src/library/tabular-model.ts";

interface Expected {
  outputs: string[];
  rows: { base: number[]; output: number[]; attributions: Record<string, number[]> }[];
}

export const expected: Record<string, Expected> = Object.fromEntries(
  readFileSync(new URL("fixtures/expected.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Expected & { name: string })
    .map((each) => [each.name, each]),
);

export const pathOf = (file: string) => new URL(`fixtures/${file}`, import.meta.url).pathname;
export const bytesOf = (file: string) => new Uint8Array(readFileSync(pathOf(file)));

/** A model's plan with both of its tables as cells. */
export function given(name: string) {
  const background = readTable(bytesOf(`${name}.background.csv`), "background");
  const rows = readTable(bytesOf(`${name}.rows.csv`), "rows");
  const plan = planModel(bytesOf(`${name}.onnx`), background.header, "background");
  const cells = (table: typeof rows): Cell[][] => {
    const places = placesOf(plan.columns, table.header, "table");
    return table.lines.map((line, i) => readRow(plan.columns, places, line, { table: "table", row: i + 1 }));
  };
  return { plan, background: cells(background), rows: cells(rows) };
}

/** Makes whatever is opened in a test end with it. */
export function closing<T extends { close(): Promise<void> }>(opened: T[]): (each: T) => T {
  return (each) => {
    opened.push(each);
    return each;
  };
}
