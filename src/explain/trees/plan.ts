import type { Tree, TreeScores } from "../structure.ts";
import { type Group, groupLeaves } from "./groups.ts";
import { type Classes, classesOf, type Leaf, leavesOf } from "./leaves.ts";

/** Which leaves of a tree share which tables, and which have none. */
export interface PlannedTree {
  tree: Tree;
  classes: Classes;
  groups: readonly Group[];
  /** Counted through the background for each row. */
  counted: readonly Leaf[];
}

/** Above so many conditions a leaf's table has more rows than most backgrounds: counting costs less. */
export const MAX_TABLED_AXES = 14;

/**
 * Decides which leaves get a table: those with few conditions first, tree by tree, until the budget is used up.
 * Leaves of one condition more than all trees can afford get one in the first trees that still can.
 * Yields after each tree, for whoever wants to do something else in between.
 */
export function* planTrees(
  scores: TreeScores,
  owners: readonly number[],
  maxTableBytes: number,
): Generator<void, PlannedTree[]> {
  const read: { tree: Tree; classes: Classes; leaves: Leaf[] }[] = [];
  for (const tree of scores.trees) {
    const classes = classesOf(tree);
    read.push({ tree, classes, leaves: leavesOf(tree, classes, owners) });
    yield;
  }

  const estimate = new Float64Array(MAX_TABLED_AXES + 2);
  let most = 0;
  for (const { tree, leaves } of read)
    for (const leaf of leaves) {
      const axes = leaf.admits.size;
      most = Math.max(most, axes);
      if (axes <= MAX_TABLED_AXES)
        estimate[axes]! += 8 * 2 ** axes * leaf.players.length * tree.targets.length;
    }
  let limit = 0;
  // Merging roughly halves what single tables take, so planning starts above the budget and comes down.
  for (let sum = 0; limit < Math.min(most, MAX_TABLED_AXES); limit++) {
    sum += estimate[limit + 1]!;
    if (sum > 2 * maxTableBytes) break;
  }
  let richer: (PlannedTree & { bytes: number })[] | undefined;
  for (; ; limit--) {
    const plans: (PlannedTree & { bytes: number })[] = [];
    for (const { tree, classes, leaves } of read) {
      const tabled = leaves.filter(({ admits }) => admits.size <= limit);
      const groups = groupLeaves(tabled, tree.targets.length).filter(({ players }) => players.length > 0);
      const counted = leaves.filter(({ admits }) => admits.size > limit);
      plans.push({ tree, classes, groups, counted, bytes: tableBytes(tree, groups) });
      yield;
    }
    const bytes = plans.reduce((sum, plan) => sum + plan.bytes, 0);
    // A leaf without conditions, of a tree that is nothing else, attributes nothing and has no table.
    if (bytes > maxTableBytes && limit > 0) {
      richer = plans;
      continue;
    }
    let left = maxTableBytes - bytes;
    return plans.map((each, t) => {
      const other = richer?.[t];
      if (other === undefined || other.bytes - each.bytes > left) return each;
      left -= other.bytes - each.bytes;
      return other;
    });
  }
}

/** Of tables. What leads to them, a few kilobytes a tree, comes on top. */
function tableBytes(tree: Tree, groups: readonly Group[]): number {
  return groups.reduce((sum, { rows, players }) => sum + 8 * rows * players.length * tree.targets.length, 0);
}
