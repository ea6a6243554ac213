import { BUNDLE_FIELDS, MEMBER_FIELDS, type MemoryPart, type MemoryPlan } from "../kernel/memory.ts";
import type { Axis } from "../structure.ts";
import type { BlockEntry, Bundle } from "./bundles.ts";
import type { Slots } from "./slots.ts";

/**
 * Blocks of lanes in a kernel's memory. Which vectors a code stands for lies together over all blocks: a row reads
 * one cache line of it a bundle.
 */
export function placeBlocks(
  plan: MemoryPlan,
  blocks: readonly (readonly BlockEntry[])[],
  bundles: readonly Bundle[],
): MemoryPart & { codeBytes: readonly number[] } {
  const counts = bundles.map(() => 0);
  const positions = blocks.map((entries) => entries.map(({ bundle }) => counts[bundle]!++));
  const fields = {
    blocks: blocks.length,
    blockStarts: plan.reserve(4 * (blocks.length + 1)),
    entries: plan.reserve(12 * counts.reduce((sum, count) => sum + count, 0)),
    bundles: bundles.length,
    bundleRecords: plan.reserve(4 * BUNDLE_FIELDS * bundles.length),
    codes: plan.reserve(4 * bundles.length),
  };
  const maps = bundles.map(({ codes }, bundle) => plan.reserve(2 * counts[bundle]! * codes));
  const increments = blocks.map((entries) =>
    entries.map((entry) => plan.reserve(2 * entry.increments.length)),
  );
  const codeBytes = counts.map((count) => 2 * count);
  return {
    fields,
    codeBytes,
    *write(views) {
      for (const [b, { axes, codes }] of bundles.entries())
        views.putWords(fields.bundleRecords + 4 * BUNDLE_FIELDS * b, [
          maps[b]!,
          axes.length,
          codes,
          codeBytes[b]!,
        ]);
      let entry = 0;
      for (const [b, entries] of blocks.entries()) {
        views.words[fields.blockStarts / 4 + b] = entry;
        for (const [e, { bundle, byCode, increments: vectors }] of entries.entries()) {
          const [position, at] = [positions[b]![e]!, increments[b]![e]!];
          views.putWords(fields.entries + 12 * entry++, [4 * bundle, 2 * position, at]);
          views.putShorts(at, vectors);
          const from = maps[bundle]! / 2 + position;
          for (let code = 0; code < byCode.length; code++)
            views.shorts[from + code * counts[bundle]!] = byCode[code]!;
        }
        if (b % 4 === 3) yield;
      }
      views.words[fields.blockStarts / 4 + blocks.length] = entry;
    },
  };
}

/** How a row's numbers become codes, bundle by bundle. @param codeBytes of one code of each bundle */
export function placeMembers(
  plan: MemoryPlan,
  { axes, bundles, slots }: { axes: readonly Axis[]; bundles: readonly Bundle[]; slots: Slots },
  codeBytes: readonly number[],
): MemoryPart {
  const members = plan.reserve(4 * MEMBER_FIELDS * axes.length);
  const cuts = axes.map(({ scale }) => plan.reserve(8 * (scale?.cuts.length ?? 0)));
  return {
    fields: { members, slots: slots.count },
    *write(views) {
      let record = members;
      for (const [b, { axes: own, steps }] of bundles.entries())
        for (const [i, axis] of own.entries()) {
          const { scale } = axes[axis]!;
          if (scale !== undefined) views.putNumbers(cuts[axis]!, scale.cuts);
          const rounded = scale?.raw?.single ? 1 : 0;
          views.putWords(record, [
            8 * slots.of[axis]!,
            cuts[axis]!,
            scale?.cuts.length ?? 0,
            steps[i]! * codeBytes[b]!,
            rounded,
          ]);
          record += 4 * MEMBER_FIELDS;
        }
      yield;
    },
  };
}
