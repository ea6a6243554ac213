import type { InputBinding } from "../models/binding.ts";
import type { ElementType, GraphValue, OnnxGraph } from "../models/onnx.ts";
import { InputError, listed } from "./input-error.ts";

/** A column of the table, and the type of the tensor that it goes into. */
export interface ModelColumn {
  name: string;
  element: ElementType;
}

interface Input extends GraphValue {
  element: ElementType;
  /** Columns; undefined where the exporter left it open. */
  width: number | undefined;
}

/**
 * Which column goes where, for a model that comes without a contract. Inputs of one column are found by name, in any
 * order. Matrices take the columns that no name claims, in the table's order and the graph's.
 * @param header the table's columns, each once
 * @param table what the table is called in a refusal
 * @throws InputError `model_unusable`, `column_missing`, `column_unknown`
 */
export function bindTable(
  graph: Pick<OnnxGraph, "inputs">,
  header: readonly string[],
  table: string,
): { columns: ModelColumn[]; inputs: InputBinding[] } {
  const inputs = graph.inputs.map(usable);
  if (inputs.length === 0) throw new InputError("model_unusable", "The model takes no input.");
  const bound = assign(inputs, header, table);
  const columns: ModelColumn[] = header.map((name) => ({ name, element: "float" }));
  for (const { element, columns: held } of bound) for (const c of held) columns[c]!.element = element;
  return { columns, inputs: bound };
}

function assign(inputs: readonly Input[], header: readonly string[], table: string): InputBinding[] {
  const only = inputs.length === 1 && !(header.length === 1 && inputs[0]!.name === header[0]);
  const named = only ? [] : inputs.filter(({ name, width }) => (width ?? 1) === 1 && header.includes(name));
  const matrices = inputs.filter((input) => !named.includes(input));
  const claimed = new Set(named.map(({ name }) => name));
  const rest = header.filter((name) => !claimed.has(name));

  // One input a column is the common form: there a column without an input is a mistake, not a matrix's.
  const single = matrices.filter(({ width }) => width === 1);
  if (!only && single.length === matrices.length) {
    if (single.length > 0) throw missing(table, listed(single.map(({ name }) => name)));
    if (rest.length > 0) throw unknown(table, listed(rest));
  }
  const shares = share(matrices, rest, table);
  return inputs.map((input) => {
    const at = matrices.indexOf(input);
    const names = at === -1 ? [input.name] : shares[at]!;
    const { name, element, dims } = input;
    return { name, element, rank: dims?.length === 1 ? 1 : 2, columns: names.map((n) => header.indexOf(n)) };
  });
}

/** The columns of each matrix, in order; one of open width takes what the others leave. */
function share(matrices: readonly Input[], rest: readonly string[], table: string): string[][] {
  const open = matrices.filter(({ width }) => width === undefined);
  if (open.length > 1)
    throw new InputError(
      "model_unusable",
      `The model does not say how many columns go into ${listed(open.map(({ name }) => name))}.`,
    );
  const fixed = matrices.reduce((sum, { width = 0 }) => sum + width, 0);
  const left = rest.length - fixed;
  const takes = `the model takes ${fixed} of them by their order`;
  if (left < 0 || (open.length === 1 && left === 0))
    throw missing(table, `${-left || 1} more after ${listed(rest.slice(-1))}: ${takes}`);
  if (open.length === 0 && left > 0) throw unknown(table, `${listed(rest.slice(fixed))}: ${takes}`);
  let from = 0;
  return matrices.map(({ width = left }) => {
    from += width;
    return rest.slice(from - width, from);
  });
}

function usable(input: GraphValue): Input {
  const { name, element, dims } = input;
  if (element === undefined)
    throw new InputError("model_unusable", `The model's input "${name}" is of a type that is not fed here.`);
  if (dims !== undefined && (dims.length === 0 || dims.length > 2))
    throw new InputError("model_unusable", `The model's input "${name}" is no table.`);
  const rows = dims?.[0];
  if (rows !== undefined && rows !== 1)
    throw new InputError(
      "model_unusable",
      "The model takes a fixed number of rows; export it with a free batch dimension.",
    );
  return { ...input, element, width: dims?.length === 1 ? 1 : dims?.[1] };
}

const missing = (table: string, what: string) =>
  new InputError("column_missing", `${table} lacks columns that the model takes: ${what}.`);
const unknown = (table: string, what: string) =>
  new InputError("column_unknown", `${table} has columns that the model does not take: ${what}.`);

/**
 * Where each of the model's columns stands in another table.
 * @throws InputError `columns_repeated`, `column_missing`, `column_unknown`
 */
export function placesOf(
  columns: readonly ModelColumn[],
  header: readonly string[],
  table: string,
): number[] {
  expectDifferent(header, table);
  const absent = columns.filter(({ name }) => !header.includes(name));
  if (absent.length > 0) throw missing(table, listed(absent.map(({ name }) => name)));
  const foreign = header.filter((name) => columns.every((column) => column.name !== name));
  if (foreign.length > 0) throw unknown(table, listed(foreign));
  return columns.map(({ name }) => header.indexOf(name));
}

/** @throws InputError `columns_repeated` */
export function expectDifferent(header: readonly string[], table: string): void {
  const twice = header.filter((name, i) => header.indexOf(name) !== i);
  if (twice.length === 0) return;
  throw new InputError(
    "columns_repeated",
    `${table} has columns of one name: ${listed([...new Set(twice)])}.`,
  );
}
