import type { Cell } from "../../../src/explain/game.ts";
import { goesToYes, type ModelStructure, type Tree } from "../../../src/explain/structure.ts";

/**
 * A model as whoever has the package may run it: the margin of its last output, millions of times. Works for graphs whose
 * scores see single columns.
 */
export type Inside = (row: readonly Cell[]) => number;

/** Remembers what a column's cell comes to. */
function remembered(column: number, width: number, value: (row: readonly Cell[]) => number) {
  const known = new Map<Cell, number>();
  return (row: readonly Cell[]): number => {
    const cell = row[column]!;
    const there = known.get(cell);
    if (there !== undefined) return there;
    const made = value(new Array<Cell>(width).fill(cell));
    known.set(cell, made);
    return made;
  };
}

function single(sources: readonly number[]): number {
  if (sources.length !== 1) throw new Error("The attack knows models of single columns");
  return sources[0]!;
}

/**
 * @param changing columns that the asker will change; of the others the first row asked for is kept, until `restart`
 */
export function insideOf(
  { scores, mix, shift }: ModelStructure,
  width: number,
  changing: readonly number[],
): Inside & { restart(): void } {
  const weights = mix.at(-1)!;
  const start = shift.at(-1)! + scores.bias.reduce((sum, bias, k) => sum + weights[k]! * bias, 0);
  const parts: { changes: boolean; value: (row: readonly Cell[]) => number }[] = [];
  if (scores.kind === "linear") {
    scores.columns.forEach((weighed, c) => {
      const column = single(weighed.sources);
      const weight = weights.reduce((sum, w, k) => sum + w * scores.weights[k]![c]!, 0);
      const cell = remembered(column, width, (row) => weighed.value(row));
      parts.push({ changes: changing.includes(column), value: (row) => weight * cell(row) });
    });
  } else {
    const codes = scores.axes.map((axis) => remembered(single(axis.sources), width, (row) => axis.code(row)));
    for (const tree of scores.trees) {
      const axes = [...tree.axis].filter((axis) => axis >= 0);
      const changes = axes.some((axis) => changing.includes(scores.axes[axis]!.sources[0]!));
      const weight = weights[tree.targets[0]!]!;
      parts.push({ changes, value: (row) => weight * walk(tree, codes, row) });
    }
  }
  const changed = parts.filter(({ changes }) => changes);
  const fixed = parts.filter(({ changes }) => !changes);
  let kept: number | undefined;
  const inside = (row: readonly Cell[]) => {
    kept ??= fixed.reduce((sum, { value }) => sum + value(row), start);
    let sum = kept;
    for (const { value } of changed) sum += value(row);
    return sum;
  };
  return Object.assign(inside, {
    restart: () => {
      kept = undefined;
    },
  });
}

function walk(
  tree: Tree,
  codes: readonly ((row: readonly Cell[]) => number)[],
  row: readonly Cell[],
): number {
  let node = 0;
  while (tree.axis[node]! >= 0)
    node = goesToYes(tree, node, codes[tree.axis[node]!]!(row)) ? tree.yes[node]! : tree.no[node]!;
  return tree.values[tree.leaf[node]!]!;
}
