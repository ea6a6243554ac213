import { LANE_BITS, LANES } from "../kernel/memory.ts";
import type { Group } from "./groups.ts";
import type { Classes, Leaf } from "./leaves.ts";
import { strides } from "./table.ts";

/** What one axis adds to a lane: a class of codes each, the classes starting where `starts` says. */
interface Part {
  axis: number;
  starts: readonly number[];
  adds: Uint16Array;
}

/** What a lane is the sum of. */
export type Lane = readonly Part[];

/** A row's number in the group's table. */
export function groupLane(group: Group, classes: Classes): Lane {
  const steps = strides(group);
  return group.axes.map((axis, i) => ({
    axis,
    starts: classes.get(axis)!,
    adds: group.states[i]!.map((state) => state * steps[i]!),
  }));
}

/** A leaf's axes in the order of their bits, which is that of its players: where each has one axis, bits are players. */
export function conditions({ admits }: Leaf, owners: readonly number[]): number[] {
  return [...admits.keys()].sort((a, b) => owners[a]! - owners[b]! || a - b);
}

/** Which of a leaf's axes a row fails, sixteen a lane. */
export function leafLanes(leaf: Leaf, classes: Classes, owners: readonly number[]): Lane[] {
  const lanes: Part[][] = [];
  conditions(leaf, owners).forEach((axis, i) => {
    if (i % LANE_BITS === 0) lanes.push([]);
    const adds = Uint16Array.from(leaf.admits.get(axis)!, (open) => (open === 1 ? 0 : 1 << (i % LANE_BITS)));
    lanes.at(-1)!.push({ axis, starts: classes.get(axis)!, adds });
  });
  return lanes;
}

/** One axis of a block: which increments each code stands for, and the increments of 64 lanes each. */
export interface AxisEntry {
  axis: number;
  byCode: Uint16Array;
  /** n × 64 */
  increments: Uint16Array;
}

/** @param codes of each axis */
export function axisEntries(lanes: readonly Lane[], codes: readonly number[]): AxisEntry[] {
  const byAxis = new Map<number, { lane: number; part: Part }[]>();
  lanes.forEach((parts, lane) => {
    for (const part of parts) {
      const known = byAxis.get(part.axis);
      if (known === undefined) byAxis.set(part.axis, [{ lane, part }]);
      else known.push({ lane, part });
    }
  });
  return [...byAxis]
    .sort(([a], [b]) => a - b)
    .map(([axis, parts]) => {
      // Where any lane's increment changes, a new vector of increments begins.
      const begins = new Uint8Array(codes[axis]!);
      begins[0] = 1;
      for (const { part } of parts)
        for (let c = 1; c < part.starts.length; c++)
          if (part.adds[c] !== part.adds[c - 1] && part.starts[c]! < begins.length)
            begins[part.starts[c]!] = 1;
      const byCode = new Uint16Array(begins.length);
      let count = 0;
      begins.forEach((begin, code) => {
        count += begin;
        byCode[code] = count - 1;
      });
      const increments = new Uint16Array(count * LANES);
      for (const { lane, part } of parts)
        part.starts.forEach((start, c) => {
          const from = byCode[start];
          if (from === undefined) return;
          const end = part.starts[c + 1] ?? begins.length;
          const last = byCode[Math.min(end, begins.length) - 1]!;
          for (let vector = from; vector <= last; vector++) increments[vector * LANES + lane] = part.adds[c]!;
        });
      return { axis, byCode, increments };
    });
}
