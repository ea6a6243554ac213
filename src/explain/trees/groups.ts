import type { Leaf } from "./leaves.ts";

/**
 * Leaves of one tree that share a table. The table has one row for each combination of the states that its leaves
 * can tell apart, `states` saying, axis by axis, which state a class of codes is in.
 */
export interface Group {
  leaves: readonly Leaf[];
  /** Axis → the state of each class, from 0 without gaps. */
  states: ReadonlyMap<number, Uint16Array>;
  /** Ascending. */
  players: readonly number[];
  rows: number;
}

/** What a row index may be: increments are kept in 16 bits. */
export const MAX_GROUP_ROWS = 2 ** 16 - 1;

/**
 * A call's cost in arbitrary units: a group has a fixed part, an index addition for each axis and an attribution
 * addition for each number in its row; memory costs because it falls out of the caches.
 */
const GROUP_COST = 4;
const STEP_COST = 0.7;
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

/** Merges the pair that saves most until none saves anything. */
function mergeRun(groups: Group[], targets: number): Group[] {
  const cost = ({ axes, players, rows }: Shape) =>
    GROUP_COST + STEP_COST * (axes + players * targets) + BYTE_COST * 8 * rows * players * targets;
  const costs = groups.map((group) => cost(shapeOf(group)));
  const gainOf = (i: number, j: number) => {
    const merged = mergedShape(groups[i]!, groups[j]!);
    return merged === undefined ? 0 : costs[i]! + costs[j]! - cost(merged);
  };
  /** For each group its best partner to the right, −1 where none saves anything. */
  const partners: number[] = [];
  const gains: number[] = [];
  const measure = (i: number) => {
    partners[i] = -1;
    gains[i] = 0;
    for (let j = i + 1; j < groups.length && j <= i + NEIGHBOURS; j++) consider(i, j);
  };
  const consider = (i: number, j: number) => {
    const gain = gainOf(i, j);
    if (gain <= gains[i]!) return;
    gains[i] = gain;
    partners[i] = j;
  };
  for (let i = 0; i < groups.length; i++) measure(i);

  for (;;) {
    const best = Math.max(0, ...gains);
    if (best === 0) return groups;
    const first = gains.indexOf(best);
    const second = partners[first]!;
    groups[first] = merge(groups[first]!, groups[second]!);
    costs[first] = cost(shapeOf(groups[first]!));
    for (const list of [groups, costs, partners, gains]) list.splice(second, 1);
    for (let i = 0; i < groups.length; i++) {
      const lost = partners[i] === first || partners[i] === second || i === first;
      if (partners[i]! > second) partners[i]!--;
      if (lost) measure(i);
      else if (i < first && first <= i + NEIGHBOURS) consider(i, first);
    }
  }
}

interface Shape {
  axes: number;
  players: number;
  rows: number;
}

function shapeOf(group: Group): Shape {
  return { axes: group.states.size, players: group.players.length, rows: group.rows };
}

function single(leaf: Leaf): Group {
  const states = new Map<number, Uint16Array>();
  let rows = 1;
  for (const [axis, admits] of leaf.admits) {
    // An axis on which the leaf admits everything decides nothing.
    if (!admits.includes(0)) continue;
    const coded = renumber(Uint32Array.from(admits));
    states.set(axis, coded.states);
    rows *= coded.count;
  }
  return { leaves: [leaf], states, players: leaf.players, rows };
}

/** → undefined when the merged table would have more rows than an index can name. */
function mergedShape(one: Group, two: Group): Shape | undefined {
  let rows = 1;
  let axes = one.states.size;
  for (const [axis, states] of one.states) {
    const other = two.states.get(axis);
    rows *= other === undefined ? countStates(states) : countPairs(states, other);
  }
  for (const [axis, states] of two.states) {
    if (one.states.has(axis)) continue;
    axes++;
    rows *= countStates(states);
  }
  if (rows > MAX_GROUP_ROWS) return undefined;
  let players = one.players.length;
  for (const player of two.players) if (!one.players.includes(player)) players++;
  return { axes, players, rows };
}

function merge(one: Group, two: Group): Group {
  const states = new Map<number, Uint16Array>();
  let rows = 1;
  for (const axis of [...new Set([...one.states.keys(), ...two.states.keys()])].sort((a, b) => a - b)) {
    const [a, b] = [one.states.get(axis), two.states.get(axis)];
    const joint = Uint32Array.from((a ?? b)!, (state, c) => (a && b ? state * 2 ** 16 + b[c]! : state));
    const coded = renumber(joint);
    states.set(axis, coded.states);
    rows *= coded.count;
  }
  const players = [...new Set([...one.players, ...two.players])].sort((a, b) => a - b);
  return { leaves: [...one.leaves, ...two.leaves], states, players, rows };
}

function renumber(joint: Uint32Array): { states: Uint16Array; count: number } {
  const numbers = new Map<number, number>();
  const states = Uint16Array.from(joint, (key) => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
  return { states, count: numbers.size };
}

function countStates(states: Uint16Array): number {
  let most = 0;
  for (const state of states) if (state > most) most = state;
  return most + 1;
}

function countPairs(a: Uint16Array, b: Uint16Array): number {
  let count = 0;
  for (let c = 0; c < a.length; c++) {
    let fresh = true;
    for (let d = 0; d < c && fresh; d++) fresh = a[d] !== a[c] || b[d] !== b[c];
    if (fresh) count++;
  }
  return count;
}
