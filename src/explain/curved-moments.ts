import type { Control } from "./control.ts";
import type { HybridRows } from "./hybrids.ts";
import type { Walk } from "./walk.ts";

/** Of one walk, and of those of its background row before it; all players × outputs. */
type WalkMoments = Record<"means" | "marginals" | "controlMeans" | "controlMarginals", Float64Array>;

/**
 * Means, squares and products of the curvature's deviations, as `Moments` keeps those of outputs and margins (Welford 1962).
 * By how much a player moves the margin is what it did on the background row's earlier walks, on average, so that it never comes
 * from the walk itself; the first walk's comes from the second's, for which it waits.
 */
export class CurvedMoments {
  /** All background × players × outputs. */
  readonly squares: Float64Array;
  /** With what the output moves by. */
  readonly products: Float64Array;
  /** With what the margin moves by. */
  readonly withMargin: Float64Array;
  readonly #means: Float64Array;
  readonly #rows: HybridRows;
  readonly #control: Control;
  readonly #first = new Map<number, Walk>();
  readonly #measured: Float64Array;
  readonly #measuredFirst: Float64Array;

  /** @param size of a table */
  constructor(rows: HybridRows, control: Control, size: number) {
    this.#rows = rows;
    this.#control = control;
    this.squares = new Float64Array(size);
    this.products = new Float64Array(size);
    this.withMargin = new Float64Array(size);
    this.#means = new Float64Array(size);
    this.#measured = new Float64Array(rows.players * rows.outputs);
    this.#measuredFirst = new Float64Array(rows.players * rows.outputs);
  }

  /** @param round from 1 @param known before this walk is among the means */
  add(walk: Walk, round: number, { means, marginals, controlMeans, controlMarginals }: WalkMoments): void {
    const { background } = walk;
    if (round === 1) {
      this.#first.set(background, walk);
      return;
    }
    const { curvature } = this.#control;
    const { players, outputs, empty, varying } = this.#rows;
    const start = this.#control.of(empty[background]!);
    const measured = this.#measured;
    curvature.measure(walk, start, controlMeans, measured);
    const first = this.#first.get(background);
    if (first !== undefined) {
      curvature.measure(first, start, controlMarginals, this.#measuredFirst);
      this.#first.delete(background);
    }
    const row = varying[background]!;
    for (let i = 0; i < row.length; i++)
      for (let o = 0, cell = row[i]! * outputs; o < outputs; o++, cell++) {
        const at = background * players * outputs + cell;
        if (first !== undefined) this.#means[at] = this.#measuredFirst[cell]!;
        const deviation = measured[cell]! - this.#means[at]!;
        this.#means[at]! += deviation / round;
        const rest = measured[cell]! - this.#means[at]!;
        this.squares[at]! += deviation * rest;
        this.products[at]! += (marginals[cell]! - means[cell]!) * rest;
        this.withMargin[at]! += (controlMarginals[cell]! - controlMeans[cell]!) * rest;
      }
  }

  /** Takes off an output's attributions what the curvature was off. */
  correct(attributions: Float64Array, o: number, slope: number): void {
    const { players, outputs, varying, weights } = this.#rows;
    for (let b = 0; b < varying.length; b++) {
      const row = varying[b]!;
      for (let i = 0; i < row.length; i++) {
        const cell = row[i]! * outputs + o;
        attributions[cell]! -= slope * weights[b]! * this.#means[b * players * outputs + cell]!;
      }
    }
  }
}
