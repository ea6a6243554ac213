import {
  FIELD,
  type Field,
  type Kernel,
  LANES,
  type MemoryPart,
  MemoryPlan,
  MemoryViews,
} from "../kernel/memory.ts";
import type { Assembly, WrittenTree } from "./assembly.ts";
import { placeBlocks, placeMembers } from "./blocks.ts";
import { type BlockEntry, type Bundle, bundleAxes, bundleEntries } from "./bundles.ts";
import { placeCountedLeaves } from "./counted-leaves.ts";
import type { Group } from "./groups.ts";
import { axisEntries, groupLane, type Lane, leafLanes } from "./lanes.ts";
import { MAX_TABLED_AXES } from "./plan.ts";
import type { Slots } from "./slots.ts";
import { backgroundClasses, commonFirst, TableBuilder } from "./table.ts";

/** Rows that a kernel explains together: their indexes stay within a second-level cache. */
export function rowsAtOnce(blocks: number): number {
  return Math.max(16, Math.min(256, Math.floor(2 ** 19 / (blocks * LANES * 2 + 1))));
}

/**
 * Groups whose rows are equally wide follow each other within so many, so that the processor guesses a loop's end
 * right; over all of them, and those of one tree would no longer share their cuts.
 */
const SORTED = 256;

/** Numbers of tables that are filled in before others have their turn: a millisecond or two. */
const NUMBERS_A_STEP = 2 ** 14;

interface WrittenGroup {
  group: Group;
  tree: WrittenTree;
}

/** Writes everything that a kernel reads into its memory. Yields every few milliseconds. */
export function* layOut(
  assembly: Assembly,
  slots: Slots,
  open: (bytes: number) => Kernel,
): Generator<void, Kernel> {
  const { scores, owners, players, background, plans } = assembly;
  const codes = scores.axes.map((axis) => axis.codes);
  const trees: WrittenTree[] = [];
  const groups: WrittenGroup[] = [];
  for (const plan of plans) {
    const tree = { ...plan, background: backgroundClasses(plan.classes, background) };
    trees.push(tree);
    groups.push(...plan.groups.map((group) => ({ group: commonFirst(group, tree.background), tree })));
    yield;
  }
  const sorted = sortedByWidth(groups);
  const leaves = trees.flatMap((tree) => tree.counted.map((leaf) => ({ leaf, tree })));
  const bundles = bundleAxes(codes);
  const groupBlocks = yield* blocksOf(
    sorted.map(({ group, tree }) => groupLane(group, tree.classes)),
    codes,
    bundles,
  );
  const leafBlocks = yield* blocksOf(
    leaves.flatMap(({ leaf, tree }) => leafLanes(leaf, tree.classes, owners)),
    codes,
    bundles,
  );
  const blocks = [...groupBlocks, ...leafBlocks];

  const rows = rowsAtOnce(blocks.length);
  const cells = players * scores.bias.length;
  const plan = new MemoryPlan();
  // Attributions come first, where the header ends.
  plan.reserve(8 * cells * rows);
  const scratch: Partial<Record<Field, number>> = {
    cells,
    values: plan.reserve(8 * rows * slots.count),
    indexes: plan.reserve(2 * rows * blocks.length * LANES),
    leafLanes: 2 * LANES * groupBlocks.length,
  };
  const placed = placeBlocks(plan, blocks, bundles);
  const parts = [
    placed,
    placeMembers(plan, { axes: scores.axes, bundles, slots }, placed.codeBytes),
    placeCountedLeaves(plan, leaves, assembly),
    placeTables(plan, sorted, assembly),
  ];
  const kernel = open(plan.bytes);
  const views = new MemoryViews(kernel.buffer);
  for (const part of parts) yield* part.write(views);
  for (const fields of [scratch, ...parts.map((part) => part.fields)])
    for (const [name, value] of Object.entries(fields)) views.words[FIELD[name as Field]] = value;
  return kernel;
}

function* blocksOf(
  lanes: readonly Lane[],
  codes: readonly number[],
  bundles: readonly Bundle[],
): Generator<void, BlockEntry[][]> {
  const blocks: BlockEntry[][] = [];
  for (let from = 0; from < lanes.length; from += LANES) {
    blocks.push(bundleEntries(axisEntries(lanes.slice(from, from + LANES), codes), bundles));
    yield;
  }
  return blocks;
}

const widthOf = ({ group, tree: { tree } }: WrittenGroup) => group.players.length * tree.targets.length;

function sortedByWidth(groups: readonly WrittenGroup[]): WrittenGroup[] {
  const sorted: WrittenGroup[] = [];
  for (let from = 0; from < groups.length; from += SORTED)
    sorted.push(...groups.slice(from, from + SORTED).sort((a, b) => widthOf(a) - widthOf(b)));
  return sorted;
}

function placeTables(
  plan: MemoryPlan,
  groups: readonly WrittenGroup[],
  { scores, background, ...players }: Assembly,
): MemoryPart {
  const widths = groups.map(widthOf);
  const runs = runsOf(widths);
  const fields = {
    runs: plan.reserve(8 * runs.length),
    runCount: runs.length,
    bases: plan.reserve(4 * groups.length),
    places: plan.reserve(4 * widths.reduce((sum, width) => sum + width, 0)),
  };
  const tables = groups.map(({ group }, g) => plan.reserve(8 * group.rows * widths[g]!));
  return {
    fields,
    *write(views) {
      views.putWords(fields.runs, runs.flat());
      views.putWords(fields.bases, tables);
      const builder = new TableBuilder(players, background.weights, MAX_TABLED_AXES);
      let place = fields.places / 4;
      let filled = 0;
      for (const [g, { group, tree }] of groups.entries()) {
        const from = tables[g]! / 8;
        const table = views.numbers.subarray(from, from + group.rows * widths[g]!);
        builder.fill(table, group, tree.tree, tree.background);
        for (const player of group.players)
          for (const target of tree.tree.targets)
            views.words[place++] = 8 * (player * scores.bias.length + target);
        filled += table.length;
        if (filled < NUMBERS_A_STEP) continue;
        filled = 0;
        yield;
      }
    },
  };
}

/** Widths that follow each other, with how many there are. */
function runsOf(widths: readonly number[]): [width: number, count: number][] {
  const runs: [number, number][] = [];
  for (const width of widths) {
    const last = runs.at(-1);
    if (last?.[0] === width) last[1]++;
    else runs.push([width, 1]);
  }
  return runs;
}
