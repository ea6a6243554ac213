import type { Cell } from "../../explain/game.ts";
import type { Axis, NumberScale, Tree } from "../../explain/structure.ts";
import type { Column, ColumnTensor } from "./columns.ts";
import { UnreadTrees, type WrittenNode, type WrittenTrees } from "./tree-operators.ts";

/**
 * Turns trees over a tensor into trees over codes. A number's code says between which of the ensemble's cuts it
 * lies, compared in the type that the runtime compares in; 0 is a missing number. All columns computed from
 * one raw string become one axis, whose codes are the categories that the trees can tell apart.
 */
export function codedTrees(written: WrittenTrees, input: ColumnTensor): { axes: Axis[]; trees: Tree[] } {
  const double = input.type === "double" || written.double;
  const inType = double ? (x: number) => x : Math.fround;
  const used = new Map<number, number[]>();
  for (const tree of written.trees)
    for (const node of tree) {
      if (node.adds !== undefined) continue;
      const column = input.columns[node.column];
      if (column === undefined) throw new UnreadTrees("a tree tests a column that is not there");
      if (column.unread !== undefined) throw new UnreadTrees(column.unread);
      const cuts = used.get(node.column) ?? [];
      cuts.push(...cutsOf(node, inType, double));
      used.set(node.column, cuts);
    }

  const axes: Axis[] = [];
  const coders = new Map<number, Coder>();
  const byString = new Map<number, { columns: Map<number, Column>; axis: number }>();
  for (const [index, cuts] of used) {
    const column = input.columns[index]!;
    const source = column.sources.length === 1 && column.keys !== undefined ? column.sources[0]! : undefined;
    if (source === undefined) {
      const coder = new NumberCoder(axes.length, column, cuts, inType, double);
      coders.set(index, coder);
      axes.push(coder);
      continue;
    }
    const shared = byString.get(source) ?? { columns: new Map<number, Column>(), axis: axes.length };
    if (!byString.has(source)) {
      byString.set(source, shared);
      axes.push({ sources: [source], codes: 0, code: () => 0 });
    }
    shared.columns.set(index, column);
  }
  for (const [source, { columns, axis }] of byString) {
    const coder = new StringCoder(axis, source, columns, inType);
    axes[axis] = coder;
    for (const index of columns.keys()) coders.set(index, coder);
  }
  const targets = written.targets;
  return { axes, trees: written.trees.map((nodes) => codedTree(nodes, coders, inType, targets)) };
}

interface Coder extends Axis {
  axis: number;
  /** The codes that the node's test sends to `yes`: an interval, or a flag for each code. */
  test(node: WrittenNode, inType: (x: number) => number): [low: number, high: number] | Uint8Array;
}

/** What a value does at a node: the comparison, with a missing value's own direction. */
function passes(node: WrittenNode, threshold: number, inType: (x: number) => number, value: number): boolean {
  if (Number.isNaN(value) && node.missingToYes) return true;
  switch (node.comparison) {
    case "LEQ":
      return value <= threshold;
    case "LT":
      return value < threshold;
    case "GTE":
      return value >= threshold;
    case "GT":
      return value > threshold;
    case "EQ":
      return value === threshold;
    case "NEQ":
      return value !== threshold;
    case "MEMBER":
      return node.members.some((member) => inType(member) === value);
  }
}

/** A cut c parts numbers up to c from those above it. */
function cutsOf(node: WrittenNode, inType: (x: number) => number, double: boolean): number[] {
  const threshold = inType(node.threshold);
  switch (node.comparison) {
    case "LEQ":
    case "GT":
      return [threshold];
    case "LT":
    case "GTE":
      return [below(threshold, double)];
    case "EQ":
    case "NEQ":
      return [below(threshold, double), threshold];
    case "MEMBER":
      return node.members.flatMap((member) => [below(inType(member), double), inType(member)]);
  }
}

class NumberCoder implements Coder {
  readonly axis: number;
  readonly sources: readonly number[];
  readonly codes: number;
  readonly scale: NumberScale;
  readonly #cuts: Float64Array;
  readonly #double: boolean;
  /** For each code a number that has it. */
  readonly #examples: readonly number[];

  constructor(
    axis: number,
    column: Column,
    cuts: readonly number[],
    inType: (x: number) => number,
    double: boolean,
  ) {
    if (cuts.some((cut) => Number.isNaN(cut))) throw new UnreadTrees("a tree compares with a missing value");
    this.axis = axis;
    this.sources = column.sources;
    this.#double = double;
    this.#cuts = Float64Array.from(new Set(cuts)).sort();
    this.codes = this.#cuts.length + 2;
    const last = this.#cuts.at(-1)!;
    this.#examples = [Number.NaN, ...this.#cuts, above(last, double)];
    const raw = column.raw && { column: column.raw.column, single: column.raw.single || !double };
    this.scale = {
      cuts: this.#cuts,
      value: (row) => inType(column.value(row) as number),
      ...(raw && { raw }),
    };
  }

  code(row: readonly Cell[]): number {
    const value = this.scale.value(row);
    return Number.isNaN(value) ? 0 : this.#codeOf(value);
  }

  test(node: WrittenNode, inType: (x: number) => number): [number, number] | Uint8Array {
    const threshold = inType(node.threshold);
    const upTo = node.comparison === "LEQ" || node.comparison === "LT";
    const above = node.comparison === "GT" || node.comparison === "GTE";
    // Nearly every node of every export: read off the cut, since a large forest has too many codes to try.
    if (upTo || (above && !node.missingToYes)) {
      const next = 1 + this.#codeOf(cutsOf(node, inType, this.#double)[0]!);
      return upTo ? [node.missingToYes ? 0 : 1, next] : [next, this.codes];
    }
    const flags = Uint8Array.from(this.#examples, (value) =>
      passes(node, threshold, inType, value) ? 1 : 0,
    );
    return interval(flags) ?? flags;
  }

  /** 1 + the number of cuts below the value. */
  #codeOf(value: number): number {
    const cuts = this.#cuts;
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cuts[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

class StringCoder implements Coder {
  readonly axis: number;
  readonly sources: readonly number[];
  readonly codes: number;
  readonly #source: number;
  readonly #byString = new Map<Cell, number>();
  readonly #other: number;
  /** For each code, the values of the columns. */
  readonly #values: ReadonlyMap<number, number>[] = [];

  constructor(
    axis: number,
    source: number,
    columns: ReadonlyMap<number, Column>,
    inType: (x: number) => number,
  ) {
    this.axis = axis;
    this.sources = [source];
    this.#source = source;
    const keys = new Set([...columns.values()].flatMap((column) => [...(column.keys ?? [])]));
    const alike = new Map<string, number>();
    const codeOf = (text: string) => {
      const row: Cell[] = [];
      row[source] = text;
      const values = new Map([...columns].map(([i, column]) => [i, inType(column.value(row) as number)]));
      const shown = [...values.values()].join();
      const known = alike.get(shown);
      if (known !== undefined) return known;
      alike.set(shown, this.#values.length);
      this.#values.push(values);
      return this.#values.length - 1;
    };
    for (const key of keys) this.#byString.set(key, codeOf(key));
    let stranger = "?";
    while (keys.has(stranger)) stranger += "?";
    this.#other = codeOf(stranger);
    this.codes = this.#values.length;
  }

  code(row: readonly Cell[]): number {
    return this.#byString.get(row[this.#source]!) ?? this.#other;
  }

  test(node: WrittenNode, inType: (x: number) => number): [number, number] | Uint8Array {
    const threshold = inType(node.threshold);
    const flags = Uint8Array.from(this.#values, (values) =>
      passes(node, threshold, inType, values.get(node.column)!) ? 1 : 0,
    );
    return interval(flags) ?? flags;
  }
}

/** [low, high) when the flagged codes follow each other, else undefined. */
function interval(flags: Uint8Array): [number, number] | undefined {
  const low = flags.indexOf(1);
  if (low === -1) return [0, 0];
  const end = flags.indexOf(0, low);
  if (end === -1) return [low, flags.length];
  return flags.indexOf(1, end) === -1 ? [low, end] : undefined;
}

function codedTree(
  nodes: readonly WrittenNode[],
  coders: ReadonlyMap<number, Coder>,
  inType: (x: number) => number,
  targetCount: number,
): Tree {
  const targets = [...new Set(nodes.flatMap(({ adds }) => (adds ?? []).map(([target]) => target)))].sort(
    (a, b) => a - b,
  );
  if (targets.some((target) => target < 0 || target >= targetCount))
    throw new UnreadTrees("a leaf adds to a target that is not there");
  const count = nodes.length;
  const ints = () => new Int32Array(count).fill(-1);
  const tree = { axis: ints(), low: ints(), high: ints(), yes: ints(), no: ints(), leaf: ints() };
  const sets = new Map<number, Uint8Array>();
  const values: number[] = [];
  nodes.forEach((node, i) => {
    if (node.adds !== undefined) {
      tree.leaf[i] = values.length / Math.max(1, targets.length);
      const sums = targets.map(() => 0);
      for (const [target, weight] of node.adds) sums[targets.indexOf(target)]! += weight;
      values.push(...sums);
      return;
    }
    const coder = coders.get(node.column)!;
    const test = coder.test(node, inType);
    tree.axis[i] = coder.axis;
    tree.yes[i] = node.yes;
    tree.no[i] = node.no;
    if (test instanceof Uint8Array) sets.set(i, test);
    else [tree.low[i], tree.high[i]] = test;
  });
  return { ...tree, sets, targets, values: Float64Array.from(values) };
}

const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);
const DOUBLE = new Float64Array(1);
const DOUBLE_BITS = new BigInt64Array(DOUBLE.buffer);

/** The next number down in the compared type. */
function below(x: number, double: boolean): number {
  return -above(-x, double);
}

/** The next number up in the compared type; infinity stays. */
function above(x: number, double: boolean): number {
  if (Number.isNaN(x) || x === Number.POSITIVE_INFINITY) return x;
  if (double) {
    DOUBLE[0] = x === 0 ? 0 : x;
    DOUBLE_BITS[0]! += DOUBLE[0]! < 0 ? -1n : 1n;
    return DOUBLE[0]!;
  }
  FLOAT[0] = x === 0 ? 0 : x;
  FLOAT_BITS[0]! += FLOAT[0]! < 0 ? -1 : 1;
  return FLOAT[0]!;
}
