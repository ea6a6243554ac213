import type { Walk } from "./walk.ts";

/** What a model's last function makes of margins; both one an output. */
export type LastFunction = (margins: Float64Array, into: Float64Array) => void;

/** Orders that a walk is compared with. */
export const ROTATIONS = 4;

/**
 * A second control variate: the last function of margins that merely add up.
 *
 * A margin's attributions move a probability by more in the function's middle than at its ends, which a slope does not know. So
 * each walk is walked again over a game in which every player moves the margin by a fixed amount, whoever else is there: that
 * takes no model row. What this game's walk misses of the game's own attributions is what counts, and those are the average over
 * the walk's rotations, each as likely as the walk itself (estimated control means: Schmeiser, Taaffe & Wang 2001). It is 0 on
 * average as long as the fixed amounts come from other walks than this one.
 */
export class Curvature {
  readonly #last: LastFunction;
  readonly #outputs: number;
  readonly #margins: Float64Array;
  #before: Float64Array;
  #after: Float64Array;

  constructor(last: LastFunction, outputs: number) {
    this.#last = last;
    this.#outputs = outputs;
    this.#margins = new Float64Array(outputs);
    this.#before = new Float64Array(outputs);
    this.#after = new Float64Array(outputs);
  }

  /**
   * For each player of a walk, there and back, what it has in the walk less what it has on average: over the players 0.
   * @param start the background row's margins
   * @param moves players × outputs, by how much each moves them
   * @param into players × outputs
   */
  measure({ order }: Walk, start: Float64Array, moves: Float64Array, into: Float64Array): void {
    const k = order.length;
    for (let i = 0; i < k; i++)
      for (let o = 0; o < this.#outputs; o++) into[order[i]! * this.#outputs + o] = 0;
    const rotations = Math.min(ROTATIONS, k - 1);
    this.#thereAndBack(order, 0, 0.5, { start, moves, into });
    for (let i = 0; i < rotations; i++)
      this.#thereAndBack(order, 1 + Math.floor((i * (k - 1)) / rotations), -0.5 / rotations, {
        start,
        moves,
        into,
      });
  }

  #thereAndBack(
    order: Uint32Array,
    first: number,
    scale: number,
    game: Record<"start" | "moves" | "into", Float64Array>,
  ): void {
    const k = order.length;
    this.#walk(order, first, 1, scale, game);
    this.#walk(order, (first + k - 1) % k, k - 1, scale, game);
  }

  /** @param stride from one player of the order to the next, round its end */
  #walk(
    order: Uint32Array,
    first: number,
    stride: number,
    scale: number,
    { start, moves, into }: Record<"start" | "moves" | "into", Float64Array>,
  ): void {
    const [k, outputs, margins] = [order.length, this.#outputs, this.#margins];
    for (let o = 0; o < outputs; o++) margins[o] = start[o]!;
    this.#last(margins, this.#before);
    for (let step = 0, at = first; step < k; step++) {
      const cell = order[at]! * outputs;
      for (let o = 0; o < outputs; o++) margins[o]! += moves[cell + o]!;
      const [before, after] = [this.#before, this.#after];
      this.#last(margins, after);
      for (let o = 0; o < outputs; o++) into[cell + o]! += scale * (after[o]! - before[o]!);
      this.#before = after;
      this.#after = before;
      at += stride;
      if (at >= k) at -= k;
    }
  }
}
