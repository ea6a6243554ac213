import {
  LEAF_FIELDS,
  type MemoryPart,
  type MemoryPlan,
  type MemoryViews,
  SCRATCH_BYTES,
} from "../kernel/memory.ts";
import type { Assembly, WrittenTree } from "./assembly.ts";
import { conditions } from "./lanes.ts";
import type { Leaf } from "./leaves.ts";
import { shareTables } from "./shares.ts";

const VECTOR_ROWS = 128;
const VECTOR_BYTES = 16;

/** Leaves without a table in a kernel's memory: for each of their players the background rows that fulfil it, as bits. */
export function placeCountedLeaves(
  plan: MemoryPlan,
  leaves: readonly { leaf: Leaf; tree: WrittenTree }[],
  { scores, owners, background: { weights } }: Assembly,
): MemoryPart {
  const vectors = Math.ceil(weights.length / VECTOR_ROWS);
  const most = leaves.reduce((so, { leaf }) => Math.max(so, leaf.players.length), 1);
  const equal = weights.every((weight) => weight === weights[0]);
  const scratchWidth = Math.ceil((most + 1) / 4) * 4;
  const fields = {
    leafCount: leaves.length,
    vectors,
    equalWeights: equal ? 1 : 0,
    shareWidth: most + 1,
    scratchWidth,
    everyRow: plan.reserve(VECTOR_BYTES * vectors),
    weights: plan.reserve(8 * VECTOR_ROWS * vectors),
    shares: plan.reserve(2 * 8 * (most + 1) ** 2),
    scratch: plan.reserve(SCRATCH_BYTES + 16 * scratchWidth + VECTOR_BYTES * vectors * (most + 1)),
    leaves: plan.reserve(4 * LEAF_FIELDS * leaves.length),
  };
  const places = leaves.map(({ leaf, tree: { tree } }) => ({
    owners: plan.reserve(2 * leaf.admits.size),
    sets: plan.reserve(VECTOR_BYTES * vectors * leaf.players.length),
    places: plan.reserve(4 * leaf.players.length),
    values: plan.reserve(8 * tree.targets.length),
    cells: plan.reserve(4 * tree.targets.length),
  }));
  return {
    fields,
    *write(views) {
      for (let b = 0; b < weights.length; b++) {
        views.words[fields.everyRow / 4 + (b >>> 5)]! |= 1 << (b & 31);
        // Where all weigh the same, the leaves' values hold the weight.
        views.numbers[fields.weights / 8 + b] = equal ? 1 : weights[b]!;
      }
      writeShares(views, fields.shares, most);
      for (const [l, { leaf, tree: written }] of leaves.entries()) {
        const { tree } = written;
        const own = places[l]!;
        const axes = conditions(leaf, owners);
        const shape = [axes.length, leaf.players.length, own.owners, own.sets, own.places];
        views.putWords(fields.leaves + 4 * LEAF_FIELDS * l, [
          ...shape,
          own.values,
          tree.targets.length,
          own.cells,
        ]);
        const slots = axes.map((axis) => leaf.players.indexOf(owners[axis]!));
        views.putShorts(own.owners, slots);
        writeSets(views.words, own.sets / 4, 4 * vectors, { leaf, axes, slots, written });
        views.putWords(
          own.places,
          leaf.players.map((player) => 8 * player * scores.bias.length),
        );
        const from = leaf.index * tree.targets.length;
        const values = tree.values.subarray(from, from + tree.targets.length);
        views.putNumbers(own.values, equal ? values.map((value) => value * weights[0]!) : values);
        views.putWords(
          own.cells,
          tree.targets.map((target) => 8 * target),
        );
        if (l % 64 === 63) yield;
      }
    },
  };
}

/** For the players inside and then for those outside, [outside][inside]: a leaf has one number of players outside. */
function writeShares(views: MemoryViews, at: number, most: number): void {
  const { inside, outside } = shareTables(most);
  const width = most + 1;
  for (let b = 0; b < width; b++)
    for (let a = 0; a < width; a++) {
      const to = at / 8 + b * width + a;
      views.numbers[to] = inside[a * width + b]!;
      views.numbers[to + width * width] = outside[a * width + b]!;
    }
}

function writeSets(
  words: Uint32Array,
  sets: number,
  setWords: number,
  { leaf, axes, slots, written }: Record<"axes" | "slots", number[]> & { leaf: Leaf; written: WrittenTree },
): void {
  words.fill(0xffff_ffff, sets, sets + setWords * leaf.players.length);
  for (const [i, axis] of axes.entries()) {
    const from = sets + setWords * slots[i]!;
    const admits = leaf.admits.get(axis)!;
    const classes = written.background.get(axis)!;
    for (let b = 0; b < classes.length; b++)
      if (admits[classes[b]!] === 0) words[from + (b >>> 5)]! &= ~(1 << (b & 31));
  }
}
