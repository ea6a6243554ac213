import type { TreeScores } from "../structure.ts";
import type { PlannedTree } from "./plan.ts";
import type { BackgroundClasses, CodedBackground } from "./table.ts";

/** All that a kernel's memory is made from. */
export interface Assembly {
  scores: TreeScores;
  /** The player of each axis. */
  owners: readonly number[];
  players: number;
  /** The block of each player, where blocks of them join one right after another: shares are then Owen's. */
  blocks?: Uint32Array | undefined;
  background: CodedBackground;
  plans: readonly PlannedTree[];
}

/** A tree as it is written into the memory. */
export type WrittenTree = PlannedTree & { background: BackgroundClasses };
