import { goesToYes, type Tree } from "../structure.ts";

/**
 * One leaf's conditions: for each axis on its path, which of the tree's own classes of codes lead to it. Several
 * axes may share a player (one-hot columns), which then holds where all of its axes do.
 */
export interface Leaf {
  node: number;
  /** Row of the tree's values. */
  index: number;
  /** For each axis tested on the path, one flag a class. */
  admits: ReadonlyMap<number, Uint8Array>;
  /** Different players on the path, ascending. */
  players: readonly number[];
}

/**
 * The codes that one tree tells apart: class c of an axis holds the codes from starts[c] up to the next start.
 * A tree cuts a column in a few places even where the whole ensemble cuts it in hundreds.
 */
export type Classes = ReadonlyMap<number, readonly number[]>;

export function classesOf(tree: Tree): Classes {
  const starts = new Map<number, Set<number>>();
  tree.axis.forEach((axis, node) => {
    if (axis < 0) return;
    let seen = starts.get(axis);
    if (seen === undefined) {
      seen = new Set([0]);
      starts.set(axis, seen);
    }
    const set = tree.sets.get(node);
    if (set === undefined) {
      seen.add(tree.low[node]!);
      seen.add(tree.high[node]!);
    } else {
      for (let code = 1; code < set.length; code++) if (set[code] !== set[code - 1]) seen.add(code);
    }
  });
  return new Map([...starts].map(([axis, seen]) => [axis, [...seen].sort((a, b) => a - b)]));
}

/** Leaves that some row can reach, from left to right. @param owners the player of each axis */
export function leavesOf(tree: Tree, classes: Classes, owners: readonly number[]): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (node: number, admits: ReadonlyMap<number, Uint8Array>): void => {
    const axis = tree.axis[node]!;
    if (axis < 0) {
      const players = [...new Set([...admits.keys()].map((a) => owners[a]!))].sort((a, b) => a - b);
      leaves.push({ node, index: tree.leaf[node]!, admits, players });
      return;
    }
    const starts = classes.get(axis)!;
    const before = admits.get(axis) ?? new Uint8Array(starts.length).fill(1);
    for (const yes of [true, false]) {
      const after = before.map((open, c) =>
        open === 1 && goesToYes(tree, node, starts[c]!) === yes ? 1 : 0,
      );
      if (after.includes(1)) visit(yes ? tree.yes[node]! : tree.no[node]!, new Map(admits).set(axis, after));
    }
  };
  visit(0, new Map());
  return leaves;
}
