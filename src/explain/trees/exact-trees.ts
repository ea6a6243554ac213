import type { Cell, Game } from "../game.ts";
import { playerOf } from "../linear.ts";
import { type Tree, type TreeScores, treeScores } from "../structure.ts";
import { type Group, groupLeaves } from "./groups.ts";
import { type Classes, classesOf, type Leaf, leavesOf } from "./leaves.ts";
import { shareTables } from "./shares.ts";
import { buildTable, type CodedBackground, classOf } from "./table.ts";
import { WalkedTree } from "./walk.ts";

/** Tables and indexes of one version; what does not fit is walked, which is slower and just as exact. */
export const DEFAULT_TABLE_BYTES = 60 * 2 ** 20;
/** Above so many players a leaf's table has more rows than most backgrounds: walking costs less. */
const MAX_TABLED_AXES = 14;

interface PlannedTree {
  classes: Classes;
  groups: Group[];
  walked: ReadonlySet<number>;
}

/**
 * Exact interventional Shapley values of a sum of trees.
 *
 * Background and trees are turned into tables once. A call adds up, for each group of leaves, the increments that
 * the row's codes stand for, and adds the table's row to the players: its cost does not depend on the background's
 * size.
 */
export class ExactTrees {
  /** Weighted mean scores over the background. */
  readonly base: Float64Array;
  /** Of tables, increments and bit sets. */
  readonly bytes: number;
  /** Leaves that are walked because they have no table. */
  readonly walkedLeaves: number;
  readonly #scores: TreeScores;
  readonly #players: number;
  readonly #codes: Uint32Array;
  /** All tables, one after the other. */
  readonly #table: Float64Array;
  /** Where each group's table starts, how wide a row is, and the places of all rows' cells one after the other. */
  readonly #starts: Uint32Array;
  readonly #widths: Uint32Array;
  readonly #places: Uint32Array;
  /** For each axis: codes × slots, what a code adds to the index of the slot's group. */
  readonly #increments: readonly Uint16Array[];
  readonly #slots: readonly Uint32Array[];
  readonly #indexes: Uint32Array;
  readonly #walked: readonly WalkedTree[];

  /** @throws ExplainError `mixed_columns` when an axis belongs to no single player */
  constructor(
    scores: TreeScores,
    players: Game["players"],
    background: readonly (readonly Cell[])[],
    weights: Float64Array,
    maxTableBytes: number = DEFAULT_TABLE_BYTES,
  ) {
    this.#scores = scores;
    this.#players = players.length;
    const axes = scores.axes.length;
    const owners = scores.axes.map(({ sources }) => playerOf(players, sources));
    const codes = new Uint32Array(background.length * axes);
    background.forEach((row, b) => {
      scores.axes.forEach((axis, a) => {
        codes[b * axes + a] = axis.code(row);
      });
    });
    const coded: CodedBackground = { codes, axes, weights };
    this.base = new Float64Array(scores.bias.length);
    background.forEach((_, b) => {
      treeScores(scores, codes.subarray(b * axes, (b + 1) * axes)).forEach((score, k) => {
        this.base[k]! += weights[b]! * score;
      });
    });

    const plans = plan(scores, owners, maxTableBytes);
    const built = build(scores, plans, owners, coded);
    this.#table = built.table;
    this.#starts = built.starts;
    this.#widths = built.widths;
    this.#places = built.places;
    this.#increments = built.increments;
    this.#slots = built.slots;
    this.#indexes = new Uint32Array(built.starts.length);
    this.#codes = new Uint32Array(axes);
    this.walkedLeaves = plans.reduce((sum, { walked }) => sum + walked.size, 0);
    this.#walked = scores.trees.flatMap((tree, t) => {
      const { walked } = plans[t]!;
      return walked.size === 0 ? [] : [new WalkedTree(tree, owners, walked, coded)];
    });
    const arrays = [this.#table, this.#places, ...this.#increments, ...this.#slots];
    this.bytes =
      arrays.reduce((sum, array) => sum + array.byteLength, 0) +
      this.#walked.reduce((sum, tree) => sum + tree.bytes, 0);
  }

  /** → players × scores, row-major. Not to be called by two at once: it is synchronous and keeps scratch arrays. */
  attribute(row: readonly Cell[]): Float64Array {
    const { axes, bias } = this.#scores;
    const codes = this.#codes;
    for (let a = 0; a < axes.length; a++) codes[a] = axes[a]!.code(row);
    const attributions = new Float64Array(this.#players * bias.length);
    this.#lookUp(codes, attributions);
    for (const tree of this.#walked) tree.add(codes, attributions, bias.length);
    return attributions;
  }

  #lookUp(codes: Uint32Array, attributions: Float64Array): void {
    const indexes = this.#indexes;
    indexes.fill(0);
    // All indexes first, then all additions: the second loop's cache misses then overlap.
    for (let a = 0; a < codes.length; a++) {
      const slots = this.#slots[a]!;
      const increments = this.#increments[a]!;
      const count = slots.length;
      const from = codes[a]! * count;
      for (let s = 0; s < count; s++) indexes[slots[s]!]! += increments[from + s]!;
    }
    const [table, places, starts, widths] = [this.#table, this.#places, this.#starts, this.#widths];
    const groups = indexes.length;
    let place = 0;
    for (let g = 0; g < groups; g++) {
      const width = widths[g]!;
      const at = starts[g]! + indexes[g]! * width;
      for (let c = 0; c < width; c++) attributions[places[place + c]!]! += table[at + c]!;
      place += width;
    }
  }
}

/**
 * Decides which leaves get a table: those with few conditions first, tree by tree, until the budget is used up.
 * Leaves of one condition more than all trees can afford get one in the first trees that still can.
 */
function plan(scores: TreeScores, owners: readonly number[], maxTableBytes: number): PlannedTree[] {
  const read = scores.trees.map((tree) => {
    const classes = classesOf(tree);
    return { tree, classes, leaves: leavesOf(tree, classes, owners) };
  });
  const axesOf = (leaf: Leaf) => leaf.admits.size;
  const planned = (limit: number) =>
    read.map(({ tree, classes, leaves }): PlannedTree & { bytes: number } => {
      const fits = (leaf: Leaf) => axesOf(leaf) <= limit;
      const groups = groupLeaves(leaves.filter(fits), tree.targets.length);
      const walked = new Set(leaves.filter((leaf) => !fits(leaf)).map(({ node }) => node));
      return { classes, groups, walked, bytes: plannedBytes(scores, tree, groups) };
    });
  const total = (plans: readonly { bytes: number }[]) => plans.reduce((sum, { bytes }) => sum + bytes, 0);

  const estimate = new Float64Array(MAX_TABLED_AXES + 2);
  let most = 0;
  for (const { tree, leaves } of read)
    for (const leaf of leaves) {
      most = Math.max(most, axesOf(leaf));
      if (axesOf(leaf) <= MAX_TABLED_AXES)
        estimate[axesOf(leaf)]! += 8 * 2 ** axesOf(leaf) * leaf.players.length * tree.targets.length;
    }
  let limit = 0;
  // Merging roughly halves what single tables take, so planning starts above the budget and comes down.
  for (let sum = 0; limit < Math.min(most, MAX_TABLED_AXES); limit++) {
    sum += estimate[limit + 1]!;
    if (sum > 2.5 * maxTableBytes) break;
  }
  let richer: ReturnType<typeof planned> | undefined;
  for (; ; limit--) {
    const plans = planned(limit);
    const bytes = total(plans);
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

/** Of the tables and of the increments that lead to them. */
function plannedBytes(scores: TreeScores, tree: Tree, groups: readonly Group[]): number {
  let bytes = 0;
  for (const { rows, players, states } of groups) {
    bytes += 8 * rows * players.length * tree.targets.length;
    for (const axis of states.keys()) bytes += 2 * scores.axes[axis]!.codes;
  }
  return bytes;
}

function build(
  scores: TreeScores,
  plans: readonly PlannedTree[],
  owners: readonly number[],
  background: CodedBackground,
) {
  const most = MAX_TABLED_AXES;
  const shares = { ...shareTables(most), most };
  const tables: Float64Array[] = [];
  const starts: number[] = [];
  const widths: number[] = [];
  const places: number[] = [];
  const slots: { group: number; byClass: number[]; starts: readonly number[] }[][] = scores.axes.map(
    () => [],
  );
  let length = 0;
  plans.forEach(({ classes, groups }, t) => {
    const tree = scores.trees[t]!;
    for (const group of groups) {
      if (group.players.length === 0) continue;
      const { strides, table } = buildTable(group, tree, classes, owners, shares, background);
      for (const [axis, states] of group.states) {
        const byClass = Array.from(states, (state) => state * strides.get(axis)!);
        slots[axis]!.push({ group: starts.length, byClass, starts: classes.get(axis)! });
      }
      starts.push(length);
      widths.push(group.players.length * tree.targets.length);
      for (const player of group.players)
        for (const target of tree.targets) places.push(player * scores.bias.length + target);
      tables.push(table);
      length += table.length;
    }
  });
  const table = new Float64Array(length);
  tables.forEach((each, g) => {
    table.set(each, starts[g]!);
  });
  return {
    table,
    starts: Uint32Array.from(starts),
    widths: Uint32Array.from(widths),
    places: Uint32Array.from(places),
    slots: slots.map((each) => Uint32Array.from(each, ({ group }) => group)),
    increments: slots.map((each, axis) => {
      const { codes } = scores.axes[axis]!;
      const increments = new Uint16Array(codes * each.length);
      each.forEach(({ byClass, starts: classStarts }, s) => {
        for (let code = 0; code < codes; code++)
          increments[code * each.length + s] = byClass[classOf(classStarts, code)]!;
      });
      return increments;
    }),
  };
}
