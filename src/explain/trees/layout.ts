import {
  FIELD,
  type Field,
  type Kernel,
  LANES,
  LEAF_FIELDS,
  MemoryPlan,
  SCRATCH_BYTES,
} from "../kernel/memory.ts";
import type { TreeScores } from "../structure.ts";
import type { Group } from "./groups.ts";
import { type BlockEntry, blockEntries, conditions, groupLane, type Lane, leafLanes } from "./lanes.ts";
import type { Leaf } from "./leaves.ts";
import { MAX_TABLED_AXES, type PlannedTree } from "./plan.ts";
import { shareTables } from "./shares.ts";
import {
  type BackgroundClasses,
  backgroundClasses,
  type CodedBackground,
  commonFirst,
  TableBuilder,
} from "./table.ts";

/** Rows that a kernel explains together: their indexes stay within a second-level cache. */
export function rowsAtOnce(blocks: number): number {
  return Math.max(16, Math.min(256, Math.floor(2 ** 19 / (blocks * LANES * 2 + 1))));
}

/**
 * Groups whose rows are equally wide follow each other within so many, so that the processor guesses a loop's end
 * right; over all of them, and those of one tree would no longer share their cuts.
 */
const SORTED = 256;

interface Assembly {
  scores: TreeScores;
  owners: readonly number[];
  players: number;
  background: CodedBackground;
  plans: readonly PlannedTree[];
}

/** Writes everything that a kernel reads into its memory. Yields every few milliseconds. */
export function* layOut(assembly: Assembly, open: (bytes: number) => Kernel): Generator<void, Kernel> {
  const { scores, owners, players, background, plans } = assembly;
  const scoreCount = scores.bias.length;
  const cells = players * scoreCount;
  const known = new Map(plans.map((planned) => [planned, backgroundClasses(planned.classes, background)]));
  const classesIn = (planned: PlannedTree) => known.get(planned)!;
  const groups = sortedGroups(plans).map(({ group, plan }) => ({
    group: commonFirst(group, classesIn(plan)),
    plan,
  }));
  yield;
  const counted = plans.flatMap((plan) => plan.counted.map((leaf) => ({ leaf, plan })));
  const codes = scores.axes.map((axis) => axis.codes);

  const blocks: BlockEntry[][] = [];
  const addBlocks = function* (lanes: readonly Lane[]): Generator<void> {
    for (let from = 0; from < lanes.length; from += LANES) {
      blocks.push(blockEntries(lanes.slice(from, from + LANES), codes));
      if (blocks.length % 4 === 0) yield;
    }
  };
  yield* addBlocks(groups.map(({ group, plan }) => groupLane(group, plan.classes)));
  const groupBlocks = blocks.length;
  yield* addBlocks(counted.flatMap(({ leaf, plan }) => leafLanes(leaf, plan.classes, owners)));

  const rows = rowsAtOnce(blocks.length);
  const vectors = Math.ceil(background.weights.length / 128);
  const plan = new MemoryPlan();
  plan.reserve(8 * cells * rows);
  const at: Partial<Record<Field, number>> = {
    values: plan.reserve(8 * rows * codes.length),
    codes: plan.reserve(4 * codes.length),
    codeCounts: plan.reserve(4 * codes.length),
    indexes: plan.reserve(2 * rows * blocks.length * LANES),
    cutStarts: plan.reserve(4 * (codes.length + 1)),
    cuts: plan.reserve(8 * scores.axes.reduce((sum, { scale }) => sum + (scale?.cuts.length ?? 0), 0)),
  };
  // What a code stands for in every block lies together: a row reads one line of it an axis.
  const blocksOf = codes.map(() => 0);
  const positions = blocks.map((entries) => entries.map(({ axis }) => 2 * blocksOf[axis]!++));
  at.maps = plan.reserve(8 * codes.length);
  const maps = codes.map((count, axis) => plan.reserve(2 * blocksOf[axis]! * count));
  const increments = blocks.map((entries) =>
    entries.map((entry) => plan.reserve(2 * entry.increments.length)),
  );
  at.blockStarts = plan.reserve(4 * (blocks.length + 1));
  at.entries = plan.reserve(12 * blocks.reduce((sum, entries) => sum + entries.length, 0));
  const widths = groups.map(({ group, plan: { tree } }) => group.players.length * tree.targets.length);
  const runs = runsOf(widths);
  at.runs = plan.reserve(8 * runs.length);
  at.bases = plan.reserve(4 * groups.length);
  at.places = plan.reserve(4 * widths.reduce((sum, width) => sum + width, 0));
  const mostPlayers = Math.max(1, ...counted.map(({ leaf }) => leaf.players.length));
  at.everyRow = plan.reserve(16 * vectors);
  at.weights = plan.reserve(8 * 128 * vectors);
  at.shares = plan.reserve(16 * (mostPlayers + 1) ** 2);
  at.scratch = plan.reserve(SCRATCH_BYTES + 16 * (mostPlayers + 4) + 16 * vectors * (mostPlayers + 1));
  at.leaves = plan.reserve(4 * LEAF_FIELDS * counted.length);
  const leafPlaces = counted.map(({ leaf, plan: { tree } }) => ({
    owners: plan.reserve(2 * leaf.admits.size),
    sets: plan.reserve(16 * vectors * leaf.players.length),
    places: plan.reserve(4 * leaf.players.length),
    values: plan.reserve(8 * tree.targets.length),
    cells: plan.reserve(4 * tree.targets.length),
  }));
  const tables = groups.map(({ group }, g) => plan.reserve(8 * group.rows * widths[g]!));

  const kernel = open(plan.bytes);
  const words = new Uint32Array(kernel.buffer);
  const shorts = new Uint16Array(kernel.buffer);
  const numbers = new Float64Array(kernel.buffer);
  const put = (list: Uint32Array | Uint16Array | Float64Array, offset: number, values: ArrayLike<number>) =>
    list.set(values, offset / list.BYTES_PER_ELEMENT);

  put(words, at.codeCounts!, codes);
  codes.forEach((_, axis) => {
    put(words, at.maps! + 8 * axis, [maps[axis]!, 2 * blocksOf[axis]!]);
  });
  let cutCount = 0;
  scores.axes.forEach(({ scale }, a) => {
    words[at.cutStarts! / 4 + a] = cutCount;
    if (scale !== undefined) put(numbers, at.cuts! + 8 * cutCount, scale.cuts);
    cutCount += scale?.cuts.length ?? 0;
  });
  words[at.cutStarts! / 4 + codes.length] = cutCount;

  let entry = 0;
  blocks.forEach((entries, b) => {
    words[at.blockStarts! / 4 + b] = entry;
    entries.forEach(({ axis, byCode, increments: vectorsOf }, e) => {
      const position = positions[b]![e]!;
      put(words, at.entries! + 12 * entry++, [4 * axis, position, increments[b]![e]!]);
      for (let code = 0; code < byCode.length; code++)
        shorts[maps[axis]! / 2 + code * blocksOf[axis]! + position / 2] = byCode[code]!;
      put(shorts, increments[b]![e]!, vectorsOf);
    });
  });
  words[at.blockStarts! / 4 + blocks.length] = entry;
  put(words, at.runs!, runs.flat());
  put(words, at.bases!, tables);
  yield;

  const shares = { ...shareTables(Math.max(MAX_TABLED_AXES, 1)) };
  const builder = new TableBuilder(owners, background.weights, shares, Math.max(MAX_TABLED_AXES, 1));
  let place = at.places! / 4;
  for (const [g, { group, plan: planned }] of groups.entries()) {
    const table = new Float64Array(kernel.buffer, tables[g]!, group.rows * widths[g]!);
    builder.fill(table, group, planned.tree, classesIn(planned));
    for (const player of group.players)
      for (const target of planned.tree.targets) words[place++] = 8 * (player * scoreCount + target);
    if (g % 16 === 15) yield;
  }

  const weights = background.weights;
  const equal = weights.every((weight) => weight === weights[0]);
  weights.forEach((weight, b) => {
    words[at.everyRow! / 4 + (b >>> 5)]! |= 1 << (b & 31);
    // Where all are equal, values hold the weight.
    numbers[at.weights! / 8 + b] = equal ? 1 : weight;
  });
  const wide = shareTables(mostPlayers);
  for (let outside = 0; outside <= mostPlayers; outside++)
    for (let inside = 0; inside <= mostPlayers; inside++) {
      const to = at.shares! / 8 + outside * (mostPlayers + 1) + inside;
      numbers[to] = wide.inside[inside * (mostPlayers + 1) + outside]!;
      numbers[to + (mostPlayers + 1) ** 2] = wide.outside[inside * (mostPlayers + 1) + outside]!;
    }
  for (const [l, { leaf, plan: planned }] of counted.entries()) {
    const { tree } = planned;
    const own = leafPlaces[l]!;
    const axes = conditions(leaf, owners);
    const fields = [axes.length, leaf.players.length, own.owners, own.sets, own.places];
    put(words, at.leaves! + 4 * LEAF_FIELDS * l, [...fields, own.values, tree.targets.length, own.cells]);
    put(
      shorts,
      own.owners,
      axes.map((axis) => leaf.players.indexOf(owners[axis]!)),
    );
    fillSets(words, own.sets / 4, { leaf, axes, owners, vectors, classes: classesIn(planned) });
    put(
      words,
      own.places,
      leaf.players.map((player) => 8 * player * scoreCount),
    );
    const values = tree.targets.map((_, t) => tree.values[leaf.index * tree.targets.length + t]!);
    put(numbers, own.values, equal ? values.map((value) => value * weights[0]!) : values);
    put(
      words,
      own.cells,
      tree.targets.map((target) => 8 * target),
    );
    if (l % 64 === 63) yield;
  }

  const fields: Partial<Record<Field, number>> = {
    ...at,
    axes: codes.length,
    blocks: blocks.length,
    runCount: runs.length,
    cells,
    leafCount: counted.length,
    leafLanes: 2 * LANES * groupBlocks,
    vectors,
    equalWeights: equal ? 1 : 0,
    shareWidth: mostPlayers + 1,
    scratchWidth: Math.ceil((mostPlayers + 1) / 4) * 4,
  };
  for (const [name, value] of Object.entries(fields)) words[FIELD[name as Field]] = value;
  return kernel;
}

function sortedGroups(plans: readonly PlannedTree[]): { group: Group; plan: PlannedTree }[] {
  const groups = plans.flatMap((plan) => plan.groups.map((group) => ({ group, plan })));
  const width = ({ group, plan }: (typeof groups)[number]) => group.players.length * plan.tree.targets.length;
  const sorted: typeof groups = [];
  for (let from = 0; from < groups.length; from += SORTED)
    sorted.push(...groups.slice(from, from + SORTED).sort((a, b) => width(a) - width(b)));
  return sorted;
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

/** For each player of a leaf, the background rows that fulfil all of its conditions. */
function fillSets(
  words: Uint32Array,
  sets: number,
  {
    leaf,
    axes,
    owners,
    vectors,
    classes,
  }: {
    leaf: Leaf;
    axes: readonly number[];
    owners: readonly number[];
    vectors: number;
    classes: BackgroundClasses;
  },
): void {
  const setWords = 4 * vectors;
  words.fill(0xffff_ffff, sets, sets + setWords * leaf.players.length);
  for (const axis of axes) {
    const from = sets + setWords * leaf.players.indexOf(owners[axis]!);
    const admits = leaf.admits.get(axis)!;
    const known = classes.get(axis)!;
    for (let b = 0; b < known.length; b++)
      if (admits[known[b]!] === 0) words[from + (b >>> 5)]! &= ~(1 << (b & 31));
  }
}
