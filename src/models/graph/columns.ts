import type { Cell } from "../../explain/game.ts";
import type { ConstantTensor, NumberType } from "./operators.ts";

/** What a column holds between two operators; a boolean is 0 or 1. */
export type Held = number | string;
export type ColumnType = NumberType | "string";

/**
 * One column of a tensor, as a function of the raw row. Its values are the bits that onnxruntime computes: every
 * operator that is read here rounds where the runtime rounds.
 */
export interface Column {
  /** Raw columns that it depends on, ascending; none for a constant. */
  sources: readonly number[];
  value(row: readonly Cell[]): Held;
  /**
   * Of a column computed from strings alone: the only strings that it tells apart. All others are one to it,
   * unless it still is a string itself. Absent where a number is among its sources.
   */
  keys?: ReadonlySet<string>;
  /** Where it is a raw number as it is, or rounded to float32. */
  raw?: { column: number; single: boolean };
  /** Why its value is not computed here; `value` must then not be called. */
  unread?: string;
}

/** `dims` are those of one row: the batch, which is the first dimension of everything, is left out. */
export interface ColumnTensor {
  kind: "columns";
  type: ColumnType;
  dims: readonly number[];
  columns: readonly Column[];
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** A feature as the graph takes it in. */
export function rawColumn(source: number, type: ColumnType): Column {
  if (type === "string") return { sources: [source], keys: NO_KEYS, value: (row) => row[source]! };
  const raw = { column: source, single: type === "float" };
  if (raw.single) return { sources: [source], raw, value: (row) => Math.fround(row[source] as number) };
  return { sources: [source], raw, value: (row) => row[source]! };
}

function constantColumn(value: Held): Column {
  return { sources: [], value: () => value, keys: NO_KEYS };
}

/** What one operator makes of some columns. */
export function derived(from: readonly Column[], compute: (values: readonly Held[]) => Held): Column {
  const [first, second] = from;
  const base = ancestry(from);
  if (base.unread !== undefined) return { ...base, value: unreadable };
  // One and two columns are what almost every operator has, and rows are explained through these.
  if (from.length === 1) return { ...base, value: (row) => compute([first!.value(row)]) };
  if (from.length === 2) return { ...base, value: (row) => compute([first!.value(row), second!.value(row)]) };
  return { ...base, value: (row) => compute(from.map((column) => column.value(row))) };
}

/** As `derived`, from one column, without an array in between. */
export function mapped(from: Column, compute: (value: Held) => Held, keys?: Iterable<string>): Column {
  const base = ancestry([from]);
  if (base.unread !== undefined) return { ...base, value: unreadable };
  const column: Column = { ...base, value: (row) => compute(from.value(row)) };
  return keys === undefined ? column : tellingApart(column, keys);
}

/** The column, known to compare its strings with these. */
export function tellingApart(column: Column, keys: Iterable<string>): Column {
  return column.keys === undefined ? column : { ...column, keys: new Set([...column.keys, ...keys]) };
}

/** A column that depends on others in a way that is not followed. */
export function unreadColumn(from: readonly Column[], reason: string): Column {
  return { ...ancestry(from), unread: reason, value: unreadable };
}

function ancestry(from: readonly Column[]): Omit<Column, "value"> {
  const sources = [...new Set(from.flatMap((column) => column.sources))].sort((a, b) => a - b);
  const unread = from.find((column) => column.unread !== undefined)?.unread;
  const told = from.filter((column) => column.sources.length > 0).map((column) => column.keys);
  const keys = told.every((each) => each !== undefined)
    ? new Set(told.flatMap((each) => [...each!]))
    : undefined;
  return { sources, ...(keys && { keys }), ...(unread !== undefined && { unread }) };
}

function unreadable(): never {
  throw new Error("a column that is not read was evaluated");
}

/** A constant as a tensor of one row; undefined when its first dimension is a batch of several. */
export function constantColumns({ type, dims, cells }: ConstantTensor): ColumnTensor | undefined {
  const perRow = dims.length > 1 ? dims.slice(1) : dims;
  if (dims.length > 1 && dims[0] !== 1) return undefined;
  return { kind: "columns", type, dims: perRow, columns: cells.map(constantColumn) };
}

export function rounded(type: ColumnType, value: number): number {
  if (type === "float") return Math.fround(value);
  if (type === "int") return Math.trunc(value);
  return value;
}

export function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
