import type { MemoryPart, MemoryPlan } from "../kernel/memory.ts";
import type { BlockEntry } from "./lanes.ts";

/**
 * Blocks of lanes in a kernel's memory. Which vectors a code stands for lies together over all blocks: a row reads
 * one cache line of it an axis.
 * @param codes of each axis
 */
export function placeBlocks(
  plan: MemoryPlan,
  blocks: readonly (readonly BlockEntry[])[],
  codes: readonly number[],
): MemoryPart {
  const counts = codes.map(() => 0);
  const positions = blocks.map((entries) => entries.map(({ axis }) => counts[axis]!++));
  const fields = {
    blocks: blocks.length,
    blockStarts: plan.reserve(4 * (blocks.length + 1)),
    entries: plan.reserve(12 * counts.reduce((sum, count) => sum + count, 0)),
    maps: plan.reserve(8 * codes.length),
    codeCounts: plan.reserve(4 * codes.length),
  };
  const maps = codes.map((count, axis) => plan.reserve(2 * counts[axis]! * count));
  const increments = blocks.map((entries) =>
    entries.map((entry) => plan.reserve(2 * entry.increments.length)),
  );
  return {
    fields,
    *write(views) {
      views.putWords(fields.codeCounts, codes);
      for (const [axis, count] of counts.entries())
        views.putWords(fields.maps + 8 * axis, [maps[axis]!, 2 * count]);
      let entry = 0;
      for (const [b, entries] of blocks.entries()) {
        views.words[fields.blockStarts / 4 + b] = entry;
        for (const [e, { axis, byCode, increments: vectors }] of entries.entries()) {
          const [position, at] = [positions[b]![e]!, increments[b]![e]!];
          views.putWords(fields.entries + 12 * entry++, [4 * axis, 2 * position, at]);
          views.putShorts(at, vectors);
          const from = maps[axis]! / 2 + position;
          for (let code = 0; code < byCode.length; code++)
            views.shorts[from + code * counts[axis]!] = byCode[code]!;
        }
        if (b % 4 === 3) yield;
      }
      views.words[fields.blockStarts / 4 + blocks.length] = entry;
    },
  };
}
