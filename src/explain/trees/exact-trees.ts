import type { Cell, Game } from "../game.ts";
import { FIELD, type Field, type Kernel, OUT } from "../kernel/memory.ts";
import { awaitKernel, type CompiledKernel, compileKernel, openKernel } from "../kernel/open-kernel.ts";
import { playerOf } from "../linear.ts";
import { type TreeScores, treeScores } from "../structure.ts";
import type { Assembly } from "./assembly.ts";
import { isJoint, JointLeaves } from "./joint-leaves.ts";
import { layOut, rowsAtOnce } from "./layout.ts";
import type { Leaf } from "./leaves.ts";
import { planTrees } from "./plan.ts";
import { Slots } from "./slots.ts";
import type { CodedBackground } from "./table.ts";

/** Tables of one version; leaves that do not fit are counted, which is slower and just as exact. */
export const DEFAULT_TABLE_BYTES = 60 * 2 ** 20;

export interface TreeOptions {
  maxTableBytes?: number;
  /** Instead of the kernel that this engine has: null for the one in JavaScript. */
  compiled?: CompiledKernel | null;
}

interface TreeGame {
  scores: TreeScores;
  players: Game["players"];
  background: readonly (readonly Cell[])[];
  /** One a background row, summing to 1. */
  weights: Float64Array;
  /** The block of each player, where blocks join one right after another: the values are then Owen's. */
  blocks?: Uint32Array | undefined;
}

/**
 * Exact interventional Shapley values of a sum of trees.
 *
 * Background and trees are turned into tables once. A call adds up, for each group of leaves, the increments that
 * the row's codes stand for, and adds the table's row to the players: its cost does not depend on the background's
 * size. Leaves without a table are counted through the background as a bit set. With blocks, tables hold Owen's values
 * instead, at the same cost.
 */
export class ExactTrees {
  /** Weighted mean scores over the background. */
  readonly base: Float64Array;
  /** All that is kept: tables, what leads to them, bit sets and room for rows. */
  readonly bytes: number;
  /** Leaves that are counted because they have no table. */
  readonly countedLeaves: number;
  readonly kernel: Kernel["kind"];
  readonly #cells: number;
  readonly #kernel: Kernel;
  readonly #slots: Slots;
  readonly #joint: JointLeaves;
  readonly #rows: number;
  readonly #values: Float64Array;
  readonly #out: Float64Array;
  private constructor(game: TreeGame, { base, kernel, slots, countedLeaves, joint }: Made) {
    const { bias } = game.scores;
    this.base = base;
    this.bytes = kernel.buffer.byteLength + joint.bytes;
    this.#joint = joint;
    this.countedLeaves = countedLeaves;
    this.kernel = kernel.kind;
    this.#cells = game.players.length * bias.length;
    this.#kernel = kernel;
    const words = new Uint32Array(kernel.buffer, 0, OUT / 4);
    const field = (name: Field) => words[FIELD[name]]!;
    this.#rows = rowsAtOnce(field("blocks"));
    this.#slots = slots;
    this.#values = new Float64Array(kernel.buffer, field("values"), slots.count * this.#rows);
    this.#out = new Float64Array(kernel.buffer, OUT, this.#cells * this.#rows);
  }

  /**
   * Takes up to a second for a large ensemble, all at once.
   * @throws ExplainError `mixed_columns` when an axis belongs to no single player
   */
  static build(game: TreeGame, options: TreeOptions = {}): ExactTrees {
    const steps = made(game, options, options.compiled === undefined ? compileKernel() : options.compiled);
    for (;;) {
      const step = steps.next();
      if (step.done) return new ExactTrees(game, step.value);
    }
  }

  /** As `build`, to the same bits, pausing between steps of a few milliseconds each. */
  static async buildInSteps(
    game: TreeGame,
    options: TreeOptions,
    pause: () => Promise<void>,
  ): Promise<ExactTrees> {
    const steps = made(
      game,
      options,
      options.compiled === undefined ? await awaitKernel() : options.compiled,
    );
    for (;;) {
      const step = steps.next();
      if (step.done) return new ExactTrees(game, step.value);
      await pause();
    }
  }

  /**
   * → players × scores, row-major.
   * @param into where to, for whoever asks so often that making an array each time would be felt
   */
  attribute(row: readonly Cell[], into: Float64Array = new Float64Array(this.#cells)): Float64Array {
    this.#slots.place(row, this.#values, 0);
    this.#kernel.attribute(1);
    const [cells, out] = [this.#cells, this.#out];
    for (let cell = 0; cell < cells; cell++) into[cell] = out[cell]!;
    this.#joint.add(row, into);
    return into;
  }

  /** → rows × players × scores, each row's to the same bits as `attribute` gives. */
  attributeRows(rows: readonly (readonly Cell[])[]): Float64Array {
    const [cells, out] = [this.#cells, this.#out];
    const attributions = new Float64Array(rows.length * cells);
    for (let from = 0; from < rows.length; from += this.#rows) {
      const count = Math.min(this.#rows, rows.length - from);
      for (let r = 0; r < count; r++) this.#slots.place(rows[from + r]!, this.#values, r * this.#slots.count);
      this.#kernel.attribute(count);
      for (let r = 0; r < count; r++)
        for (let cell = 0, at = (from + r) * cells; cell < cells; cell++, at++)
          attributions[at] = out[cell * count + r]!;
      for (let r = 0; r < count; r++) this.#joint.add(rows[from + r]!, attributions, (from + r) * cells);
    }
    return attributions;
  }
}

interface Made {
  base: Float64Array;
  kernel: Kernel;
  slots: Slots;
  countedLeaves: number;
  joint: JointLeaves;
}

function* made(
  { scores, players, background, weights, blocks }: TreeGame,
  { maxTableBytes = DEFAULT_TABLE_BYTES }: TreeOptions,
  compiled: CompiledKernel | null,
): Generator<void, Made> {
  const axes = scores.axes.length;
  const owners = scores.axes.map(({ sources }) => playerOf(players, sources));
  const codes = new Uint32Array(background.length * axes);
  const base = new Float64Array(scores.bias.length);
  for (const [b, row] of background.entries()) {
    scores.axes.forEach((axis, a) => {
      codes[b * axes + a] = axis.code(row);
    });
    treeScores(scores, codes.subarray(b * axes, (b + 1) * axes)).forEach((score, k) => {
      base[k]! += weights[b]! * score;
    });
    if (b % 64 === 63) yield;
  }
  const coded: CodedBackground = { codes, axes, weights };
  const plans = yield* planTrees(scores, owners, maxTableBytes);
  const together = (leaf: Leaf) => isJoint(leaf, blocks);
  const assembly: Assembly = {
    scores,
    owners,
    players: players.length,
    blocks,
    background: coded,
    plans: plans.map((plan) => ({ ...plan, counted: plan.counted.filter((leaf) => !together(leaf)) })),
  };
  const slots = new Slots(scores.axes, background[0]!.length);
  const kernel = yield* layOut(assembly, slots, (bytes) => openKernel(bytes, compiled));
  const joint = new JointLeaves(
    assembly,
    plans.flatMap((tree) => tree.counted.filter(together).map((leaf) => ({ leaf, tree }))),
  );
  const countedLeaves = plans.reduce((sum, { counted }) => sum + counted.length, 0);
  return { base, kernel, slots, countedLeaves, joint };
}
