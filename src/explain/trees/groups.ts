import type { Leaf } from "./leaves.ts";

/**
 * Leaves of one tree that share a table. The table has one row for each combination of the states that its leaves
 * can tell apart, `states` saying, axis by axis, which state a class of codes is in.
 */
export interface Group {
  leaves: readonly Leaf[];
  /** Ascending. */
  axes: readonly number[];
  /** For each axis the state of each class, from 0 without gaps. */
  states: readonly Uint16Array[];
  /** For each axis how many states it has. */
  counts: readonly number[];
  /** Ascending. */
  players: readonly number[];
  rows: number;
}

/** What a row index may be: a lane has 16 bits. */
const MAX_GROUP_ROWS = 2 ** 16 - 1;

/**
 * A call's cost in arbitrary units: a group has a fixed part, most of it a cache miss, and an addition for each
 * number in its row; memory costs because it falls out of the caches. Comparisons cost next to nothing, since a
 * block's lanes share them.
 */
const GROUP_COST = 5;
const NUMBER_COST = 0.7;
const BYTE_COST = 1e-3;
/**
 * Merging is tried with this many next groups to the right. Leaves that share conditions are neighbours in the
 * tree, and all pairs of a large tree would take longer than they save.
 */
const NEIGHBOURS = 5;

/** Leaves merged at a time: keeps the work linear in a tree's size. */
const RUN = 256;

/** @param targets scores that the tree adds to: numbers a player in each row */
export function groupLeaves(leaves: readonly Leaf[], targets: number): Group[] {
  const groups: Group[] = [];
  for (let from = 0; from < leaves.length; from += RUN)
    groups.push(...mergeRun(leaves.slice(from, from + RUN).map(single), targets));
  return groups;
}

const costOf = (players: number, rows: number, targets: number) =>
  GROUP_COST + players * targets * (NUMBER_COST + BYTE_COST * 8 * rows);

/** Merges the pair that saves most until none saves anything. */
function mergeRun(groups: Group[], targets: number): Group[] {
  const costs = groups.map(({ players, rows }) => costOf(players.length, rows, targets));
  /** For each group its best partner to the right, −1 where none saves anything. */
  const partners = new Array<number>(groups.length).fill(-1);
  const gains = new Array<number>(groups.length).fill(0);
  const consider = (i: number, j: number) => {
    const most = costs[i]! + costs[j]! - gains[i]!;
    const players = countUnion(groups[i]!.players, groups[j]!.players);
    // Not below the cost of the larger table's rows alone.
    if (costOf(players, Math.max(groups[i]!.rows, groups[j]!.rows), targets) >= most) return;
    const rows = mergedRows(groups[i]!, groups[j]!);
    const cost = costOf(players, rows, targets);
    if (rows > MAX_GROUP_ROWS || cost >= most) return;
    gains[i] = costs[i]! + costs[j]! - cost;
    partners[i] = j;
  };
  const measure = (i: number) => {
    partners[i] = -1;
    gains[i] = 0;
    for (let j = i + 1; j < groups.length && j <= i + NEIGHBOURS; j++) consider(i, j);
  };
  for (let i = 0; i < groups.length; i++) measure(i);

  for (;;) {
    let first = -1;
    for (let i = 0; i < gains.length; i++) if (gains[i]! > (first === -1 ? 0 : gains[first]!)) first = i;
    if (first === -1) return groups;
    const second = partners[first]!;
    const merged = merge(groups[first]!, groups[second]!);
    groups[first] = merged;
    costs[first] = costOf(merged.players.length, merged.rows, targets);
    for (const list of [groups, costs, partners, gains]) list.splice(second, 1);
    for (let i = Math.max(0, first - NEIGHBOURS); i < groups.length; i++) {
      const lost = partners[i] === first || partners[i] === second || i === first;
      if (partners[i]! > second) partners[i]!--;
      if (lost) measure(i);
      else if (i < first) consider(i, first);
      // A group has left, so that one more comes within reach.
      else if (i < second && i + NEIGHBOURS < groups.length && i + NEIGHBOURS >= second)
        consider(i, i + NEIGHBOURS);
    }
  }
}

function single(leaf: Leaf): Group {
  const axes: number[] = [];
  const states: Uint16Array[] = [];
  const counts: number[] = [];
  let rows = 1;
  for (const axis of [...leaf.admits.keys()].sort((a, b) => a - b)) {
    const admits = leaf.admits.get(axis)!;
    // An axis on which the leaf admits everything decides nothing.
    if (!admits.includes(0)) continue;
    const first = admits[0]!;
    axes.push(axis);
    // Not `from` with a function, which takes ten times as long: there is one for each leaf and axis.
    const own = new Uint16Array(admits.length);
    for (let c = 0; c < own.length; c++) own[c] = admits[c] === first ? 0 : 1;
    states.push(own);
    counts.push(2);
    rows *= 2;
  }
  return { leaves: [leaf], axes, states, counts, players: leaf.players, rows };
}

/** Infinite when more than an index can name. */
function mergedRows(one: Group, two: Group): number {
  let rows = 1;
  let i = 0;
  let j = 0;
  while (i < one.axes.length || j < two.axes.length) {
    const a = one.axes[i] ?? Number.POSITIVE_INFINITY;
    const b = two.axes[j] ?? Number.POSITIVE_INFINITY;
    if (a === b) rows *= countPairs(one.states[i]!, one.counts[i]!, two.states[j]!, two.counts[j]!);
    else rows *= a < b ? one.counts[i]! : two.counts[j]!;
    if (a <= b) i++;
    if (b <= a) j++;
    if (rows > MAX_GROUP_ROWS) return Number.POSITIVE_INFINITY;
  }
  return rows;
}

function merge(one: Group, two: Group): Group {
  const axes: number[] = [];
  const states: Uint16Array[] = [];
  const counts: number[] = [];
  let rows = 1;
  let i = 0;
  let j = 0;
  while (i < one.axes.length || j < two.axes.length) {
    const a = one.axes[i] ?? Number.POSITIVE_INFINITY;
    const b = two.axes[j] ?? Number.POSITIVE_INFINITY;
    const both = a === b ? renumber(one.states[i]!, two.states[j]!, two.counts[j]!) : undefined;
    axes.push(Math.min(a, b));
    states.push(both?.states ?? (a < b ? one.states[i]! : two.states[j]!));
    counts.push(both?.count ?? (a < b ? one.counts[i]! : two.counts[j]!));
    rows *= counts.at(-1)!;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  const players = [...new Set([...one.players, ...two.players])].sort((a, b) => a - b);
  return { leaves: [...one.leaves, ...two.leaves], axes, states, counts, players, rows };
}

function renumber(a: Uint16Array, b: Uint16Array, bCount: number): { states: Uint16Array; count: number } {
  const numbers = new Map<number, number>();
  const states = a.map((state, c) => {
    const pair = state * bCount + b[c]!;
    const known = numbers.get(pair) ?? numbers.size;
    numbers.set(pair, known);
    return known;
  });
  return { states, count: numbers.size };
}

/** The pairs met lately, by the turn in which they were. */
const MET = new Uint32Array(2 ** 12);
let turn = 0;

function countPairs(a: Uint16Array, aCount: number, b: Uint16Array, bCount: number): number {
  if (aCount * bCount > MET.length) return renumber(a, b, bCount).count;
  turn = turn === 2 ** 32 - 1 ? 1 : turn + 1;
  if (turn === 1) MET.fill(0);
  let count = 0;
  for (let c = 0; c < a.length; c++) {
    const pair = a[c]! * bCount + b[c]!;
    if (MET[pair] === turn) continue;
    MET[pair] = turn;
    count++;
  }
  return count;
}

/** Of two ascending lists. */
function countUnion(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!];
    if (x <= y) i++;
    if (y <= x) j++;
    count++;
  }
  return count + a.length - i + b.length - j;
}
