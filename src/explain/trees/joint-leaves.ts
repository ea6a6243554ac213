import type { Cell } from "../game.ts";
import type { Assembly } from "./assembly.ts";
import { blockShares, jointBlocks } from "./block-shares.ts";
import { conditions } from "./lanes.ts";
import type { Leaf } from "./leaves.ts";
import type { PlannedTree } from "./plan.ts";
import { type ShareTables, shareTables } from "./shares.ts";
import { backgroundClasses, classOf } from "./table.ts";

interface JointLeaf {
  /** The leaf's conditions: an axis, where its classes start, which of them it admits, and whose condition it is. */
  conditions: readonly { axis: number; starts: readonly number[]; admits: Uint8Array; slot: number }[];
  /** Block of each of the leaf's players, numbered within the leaf, and how many blocks. */
  of: Uint32Array;
  count: number;
  /** background × players: 1 where the background row does not fulfil the player's conditions. */
  lacks: Uint8Array;
  /** For each player the first of its cells. */
  cells: readonly number[];
  targets: readonly number[];
  values: Float64Array;
}

/** Whether a leaf without a table has players of one block, so that kernels, which know no blocks, leave it alone. */
export const isJoint = ({ players }: Leaf, blocks: Uint32Array | undefined): boolean =>
  jointBlocks(players, blocks) !== undefined;

/**
 * Leaves with so many conditions that they have no table, and several of them of one block. Each is counted through the
 * background, row by row: the slowest way, for the fewest of leaves.
 */
export class JointLeaves {
  readonly bytes: number;
  readonly #leaves: readonly JointLeaf[];
  readonly #assembly: Assembly;
  readonly #most: number;
  readonly #shares: ShareTables;

  constructor(assembly: Assembly, leaves: readonly { leaf: Leaf; tree: PlannedTree }[]) {
    this.#assembly = assembly;
    this.#leaves = leaves.map((each) => jointLeaf(assembly, each));
    this.#most = leaves.reduce((most, { leaf }) => Math.max(most, leaf.players.length), 0) + 1;
    this.#shares = shareTables(this.#most);
    this.bytes = this.#leaves.reduce((sum, { lacks }) => sum + lacks.length, 0);
  }

  /** Adds what they give to the players of a row. @param into players × scores, from a place on */
  add(row: readonly Cell[], into: Float64Array, from = 0): void {
    if (this.#leaves.length === 0) return;
    const codes = this.#assembly.scores.axes.map((axis) => axis.code(row));
    for (const leaf of this.#leaves) {
      const gains = this.#gains(leaf, codes);
      leaf.cells.forEach((cell, i) => {
        leaf.targets.forEach((target, t) => {
          into[from + cell + target]! += gains[i]! * leaf.values[t]!;
        });
      });
    }
  }

  /** One a player, for a leaf of value 1. */
  #gains({ conditions, of, count, lacks }: JointLeaf, codes: readonly number[]): Float64Array {
    const { weights } = this.#assembly.background;
    const d = of.length;
    const fails = new Uint8Array(d);
    for (const { axis, starts, admits, slot } of conditions)
      if (admits[classOf(starts, codes[axis]!)] === 0) fails[slot] = 1;
    const gains = new Float64Array(d);
    const counts = { inside: new Uint32Array(count), outside: new Uint32Array(count) };
    const shares = { inside: new Float64Array(count), outside: new Float64Array(count) };
    for (let b = 0, at = 0; b < weights.length; b++, at += d) {
      counts.inside.fill(0);
      counts.outside.fill(0);
      let reached = true;
      for (let i = 0; i < d && reached; i++) {
        if (fails[i] === 1) counts.outside[of[i]!]!++;
        else if (lacks[at + i] === 1) counts.inside[of[i]!]!++;
        reached = fails[i] === 0 || lacks[at + i] === 0;
      }
      if (!reached) continue;
      blockShares(counts, this.#shares, this.#most, shares);
      for (let i = 0; i < d; i++) {
        if (fails[i] === 1) gains[i]! += weights[b]! * shares.outside[of[i]!]!;
        else if (lacks[at + i] === 1) gains[i]! += weights[b]! * shares.inside[of[i]!]!;
      }
    }
    return gains;
  }
}

function jointLeaf(
  { owners, blocks, background, scores }: Assembly,
  { leaf, tree: { tree, classes } }: { leaf: Leaf; tree: PlannedTree },
): JointLeaf {
  const d = leaf.players.length;
  const known = backgroundClasses(
    new Map([...classes].filter(([axis]) => leaf.admits.has(axis))),
    background,
  );
  const own = conditions(leaf, owners).map((axis) => ({
    axis,
    starts: classes.get(axis)!,
    admits: leaf.admits.get(axis)!,
    slot: leaf.players.indexOf(owners[axis]!),
  }));
  const lacks = new Uint8Array(background.weights.length * d);
  for (const { axis, admits, slot } of own)
    known.get(axis)!.forEach((class_, b) => {
      if (admits[class_] === 0) lacks[b * d + slot] = 1;
    });
  const from = leaf.index * tree.targets.length;
  return {
    conditions: own,
    ...jointBlocks(leaf.players, blocks)!,
    lacks,
    cells: leaf.players.map((player) => player * scores.bias.length),
    targets: tree.targets,
    values: tree.values.subarray(from, from + tree.targets.length),
  };
}
