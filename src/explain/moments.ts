import type { Control } from "./control.ts";
import { CurvedMoments } from "./curved-moments.ts";
import { addShapley, ENUMERATED_PLAYERS } from "./enumeration.ts";
import type { HybridRows } from "./hybrids.ts";
import { addOwen, type Blocks, type OwenCoalitions } from "./owen.ts";
import { standardErrorBound, student975 } from "./quantiles.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";
import type { Walk } from "./walk.ts";

/** All arrays are players × outputs, row-major; with blocks, columns and then blocks × outputs. */
export interface Estimate {
  attributions: Float64Array;
  standardErrors: Float64Array;
  /** Half the width of the 95 % interval. */
  halfWidths: Float64Array;
  rounds: number;
  converged: boolean;
  /** One an output, where a control variate was at hand; 0 where it was not worth its own noise. */
  slopes: Slopes | null;
}

/** By how much of what two controls were off an estimate is corrected; one an output. */
export interface Slopes {
  margin: Float64Array;
  /** Of the last function of margins that add up. */
  curvature: Float64Array;
}

/** With fewer degrees of freedom than this behind a player, its variance is pooled (see `summarise`). */
export const POOL_BELOW = 5;
/** With fewer degrees of freedom than this in all a slope is a guess, and the plain estimate stands. */
export const SLOPE_FROM = 30;

/** The two slopes of one output. */
interface Slope {
  margin: number;
  curvature: number;
}

const NO_SLOPE: Slope = { margin: 0, curvature: 0 };
/** Two controls that go along with each other so closely are one. */
const ALIKE = 1e-6;

/** background × cells × outputs */
type Table = Float64Array;

/** The coalitions of a background row on which so few players vary that all are known. */
export type Known = ReadonlyMap<number, Uint32Array | readonly OwenCoalitions[]>;

/**
 * Means, squares and products of deviations of each background row's pair estimates (Welford 1962). What is estimated, a cell, is
 * a player or, behind the players, a block of them.
 */
export class Moments {
  readonly #rows: HybridRows;
  readonly #control: Control | undefined;
  readonly #means: Table;
  readonly #squares: Table;
  /** Of the control, where there is one, and of both together. */
  readonly #controlMeans: Table;
  readonly #controlSquares: Table;
  readonly #products: Table;
  readonly #curved: CurvedMoments | undefined;
  /** Of a walk: cells × outputs. */
  readonly #marginals: Float64Array;
  readonly #controlMarginals: Float64Array;
  readonly #known: Known;
  readonly #blocks: Blocks | undefined;
  readonly #cells: number;
  /** For each background row, the cells that vary on it. */
  readonly #varying: readonly Uint32Array[];
  #rounds = 0;

  /** @param known evaluated before the first round is added */
  constructor(
    rows: HybridRows,
    known: Known,
    { control, blocks }: { control?: Control; blocks?: Blocks } = {},
  ) {
    this.#rows = rows;
    this.#known = known;
    this.#control = control;
    this.#blocks = blocks;
    this.#cells = rows.players + (blocks?.count ?? 0);
    this.#varying = blocks
      ? rows.varying.map((players) => {
          const own = new Set(Array.from(players, (p) => rows.players + blocks.of[p]!));
          return Uint32Array.from([...players, ...own]);
        })
      : rows.varying;
    const size = rows.varying.length * this.#cells * rows.outputs;
    const table = (used: boolean) => new Float64Array(used ? size : 0);
    this.#means = table(true);
    this.#squares = table(true);
    this.#controlMeans = table(control !== undefined);
    this.#controlSquares = table(control !== undefined);
    this.#products = table(control !== undefined);
    this.#curved = control && new CurvedMoments(rows, control, size);
    this.#marginals = new Float64Array(this.#cells * rows.outputs);
    this.#controlMarginals = new Float64Array(this.#cells * rows.outputs);
  }

  /** A round that has been evaluated. */
  async add(round: readonly Walk[]): Promise<void> {
    const rows = this.#rows;
    const { outputs } = rows;
    const cells = this.#cells;
    const control = this.#control;
    await control?.follow(rows);
    if (this.#rounds++ === 0) this.#addKnown();
    const aTurn = control ? ROWS_A_TURN / 4 : ROWS_A_TURN;
    for (const [w, walk] of round.entries()) {
      if (w % aTurn === aTurn - 1) await turn();
      measure(rows, walk, rows.values, this.#marginals);
      if (control) measure(rows, walk, control.values, this.#controlMarginals);
      if (this.#blocks) this.#sumBlocks(walk.order, this.#blocks);
      const from = walk.background * cells * outputs;
      this.#curved?.add(walk, this.#rounds, {
        means: this.#means.subarray(from, from + cells * outputs),
        marginals: this.#marginals,
        controlMeans: this.#controlMeans.subarray(from, from + cells * outputs),
        controlMarginals: this.#controlMarginals,
      });
      const varying = this.#varying[walk.background]!;
      for (let i = 0; i < varying.length; i++)
        for (let o = 0, cell = varying[i]! * outputs; o < outputs; o++, cell++) {
          const at = from + cell;
          const deviation = this.#marginals[cell]! - this.#means[at]!;
          this.#means[at]! += deviation / this.#rounds;
          this.#squares[at]! += deviation * (this.#marginals[cell]! - this.#means[at]!);
          if (!control) continue;
          const moved = this.#controlMarginals[cell]! - this.#controlMeans[at]!;
          this.#controlMeans[at]! += moved / this.#rounds;
          const rest = this.#controlMarginals[cell]! - this.#controlMeans[at]!;
          this.#controlSquares[at]! += moved * rest;
          this.#products[at]! += deviation * rest;
        }
    }
  }

  /** What a walk's columns moved the outputs by, summed by block. */
  #sumBlocks(order: Uint32Array, { of }: Blocks): void {
    const { players, outputs } = this.#rows;
    for (const p of order)
      this.#marginals.fill(0, (players + of[p]!) * outputs, (players + of[p]! + 1) * outputs);
    for (const p of order)
      for (let o = 0; o < outputs; o++)
        this.#marginals[(players + of[p]!) * outputs + o]! += this.#marginals[p * outputs + o]!;
  }

  #addKnown(): void {
    const rows = this.#rows;
    const cells = this.#cells * rows.outputs;
    for (const [b, ids] of this.#known) {
      const into = (table: Table) => table.subarray(b * cells, (b + 1) * cells);
      if (!(ids instanceof Uint32Array)) {
        addOwen(rows, ids, 1, into(this.#means));
        continue;
      }
      addShapley(rows, rows.varying[b]!, ids, 1, into(this.#means));
      if (this.#control) addShapley(rows, rows.varying[b]!, ids, 1, into(this.#controlMeans), this.#control);
    }
  }

  /**
   * The stratified estimator: background rows are the strata, each with its own n pairs, so that
   * Var φ = Σ w² s² / n, and what the rows differ in among themselves does not count as error. Degrees of
   * freedom, with a = w² s² / n: ν = (Σa)² / Σ(a²/n) − 1, between Satterthwaite's (1946; n−1 and 0, too few when
   * n is 2: 98 % coverage on trees) and Welch's (1947; n+1 and −2, right for normal estimates, but pair estimates
   * have long tails: 91 %). This one covered 93 to 97 % on networks and trees from 4 background rows on.
   *
   * Where a player varies on so few rows that fewer than five degrees are behind it, its own variance may come out
   * near zero by luck, a tree model's often exactly. There each row's variance is no smaller than the
   * average over the row's players, and the degrees are the pairs'. Rows that were enumerated have no error.
   *
   * With controls, φ = φ̂ − β(ĉ − c) − γq̂, and s² is what the regression leaves of the squares.
   */
  async summarise({
    tolerance,
    output,
  }: {
    tolerance: number;
    output?: number | undefined;
  }): Promise<Estimate> {
    const { outputs, weights } = this.#rows;
    const n = this.#rounds;
    const cells = this.#cells;
    const varying = this.#varying;
    const isSampled = (b: number) => this.#rows.varying[b]!.length > ENUMERATED_PLAYERS;
    const attributions = new Float64Array(cells * outputs);
    const standardErrors = new Float64Array(cells * outputs);
    const halfWidths = new Float64Array(cells * outputs);
    const slopes: Slopes | null = this.#control
      ? { margin: new Float64Array(outputs), curvature: new Float64Array(outputs) }
      : null;
    const sampled = new Uint32Array(cells);
    varying.forEach((row, b) => {
      if (isSampled(b)) for (const p of row) sampled[p]!++;
    });
    const residuals = new Float64Array(cells);
    const breathe = async () => {
      if (varying.length >= ROWS_A_TURN) await turn();
    };

    let converged = true;
    for (let o = 0; o < outputs; o++) {
      await breathe();
      const slope = this.#slopes(o, sampled);
      await breathe();
      if (slopes) {
        slopes.margin[o] = slope.margin;
        slopes.curvature[o] = slope.curvature;
      }
      const sum = new Float64Array(cells);
      const sumOfSquares = new Float64Array(cells);
      for (let b = 0; b < varying.length; b++) {
        const row = varying[b]!;
        const from = b * cells * outputs + o;
        const weight = weights[b]!;
        if (b % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
        for (let i = 0; i < row.length; i++) {
          const at = row[i]! * outputs;
          attributions[at + o]! += weight * this.#means[from + at]!;
        }
        if (!isSampled(b)) continue;
        const scale = weight ** 2 / (n * (n - 1));
        let average = 0;
        for (let i = 0; i < row.length; i++) {
          const p = row[i]!;
          residuals[p] = this.#residual(from + p * outputs, slope);
          average += residuals[p]! / row.length;
        }
        for (let i = 0; i < row.length; i++) {
          const p = row[i]!;
          const pooled = sampled[p]! * (n - 1) < POOL_BELOW;
          const a =
            n === 1 ? Number.POSITIVE_INFINITY : scale * Math.max(residuals[p]!, pooled ? average : 0);
          sum[p]! += a;
          sumOfSquares[p]! += a * a;
        }
      }
      await breathe();
      if (slope.margin !== 0) this.#correct(attributions, o, slope.margin);
      if (slope.curvature !== 0) this.#curved?.correct(attributions, o, slope.curvature);

      let bound = 0;
      for (let p = 0; p < cells; p++) {
        if (sum[p] === 0) continue;
        const available = sampled[p]! * (n - 1);
        const effective = n * (sum[p]! ** 2 / sumOfSquares[p]!) - 1;
        const degrees = available < POOL_BELOW ? available : Math.min(effective, available);
        const error = Math.sqrt(sum[p]!);
        standardErrors[p * outputs + o] = error;
        halfWidths[p * outputs + o] = student975(degrees) * error;
        bound = Math.max(bound, error * standardErrorBound(degrees));
      }
      if (output === undefined || output === o)
        converged &&= bound <= tolerance * spread(attributions, outputs, o);
    }
    await breathe();
    return { attributions, standardErrors, halfWidths, rounds: n, converged, slopes };
  }

  /** One slope each for all players, by regression within the background rows, so that corrections sum to nothing. */
  #slopes(o: number, sampled: Uint32Array): Slope {
    const curved = this.#curved;
    if (curved === undefined) return NO_SLOPE;
    const { players, outputs, varying, weights } = this.#rows;
    if (sampled.reduce((sum, count) => sum + count, 0) * (this.#rounds - 1) < SLOPE_FROM) return NO_SLOPE;
    let [products, squares, curvedProducts, curvedSquares, both] = [0, 0, 0, 0, 0];
    for (let b = 0; b < varying.length; b++) {
      const row = varying[b]!;
      const weight = weights[b]! ** 2;
      for (let i = 0; i < row.length; i++) {
        const at = (b * players + row[i]!) * outputs + o;
        products += weight * this.#products[at]!;
        squares += weight * this.#controlSquares[at]!;
        curvedProducts += weight * curved.products[at]!;
        curvedSquares += weight * curved.squares[at]!;
        both += weight * curved.withMargin[at]!;
      }
    }
    const apart = squares * curvedSquares - both * both;
    if (apart <= ALIKE * squares * curvedSquares)
      return { margin: squares > 0 ? products / squares : 0, curvature: 0 };
    return {
      margin: (products * curvedSquares - curvedProducts * both) / apart,
      curvature: (curvedProducts * squares - products * both) / apart,
    };
  }

  #residual(at: number, { margin, curvature }: Slope): number {
    if (margin === 0 && curvature === 0) return this.#squares[at]!;
    let left =
      this.#squares[at]! - 2 * margin * this.#products[at]! + margin * margin * this.#controlSquares[at]!;
    if (curvature !== 0) {
      const { products, squares, withMargin } = this.#curved!;
      left += curvature * (curvature * squares[at]! - 2 * products[at]! + 2 * margin * withMargin[at]!);
    }
    return Math.max(left, 0);
  }

  #correct(attributions: Float64Array, o: number, slope: number): void {
    const { players, outputs, varying, weights } = this.#rows;
    const exact = this.#control!.attributions;
    const off = new Float64Array(players);
    varying.forEach((row, b) => {
      for (const p of row) off[p]! += weights[b]! * this.#controlMeans[(b * players + p) * outputs + o]!;
    });
    let gap = 0;
    let all = 0;
    for (let p = 0; p < players; p++) {
      const truth = exact[p * outputs + o]!;
      off[p]! -= truth;
      gap += off[p]!;
      all += Math.abs(truth);
    }
    // What float32 rounded off the control is shared out by size, so that the sum stays exact and a dummy stays at 0.
    for (let p = 0; p < players; p++) {
      const share = all === 0 ? 0 : (gap * Math.abs(exact[p * outputs + o]!)) / all;
      attributions[p * outputs + o]! -= slope * (off[p]! - share);
    }
  }
}

/**
 * The average of what each player of the walk moves a quantity by, forward and backward.
 * @param values of rows by id, row-major
 * @param marginals players × outputs
 */
function measure(
  { outputs, full, empty }: HybridRows,
  { background, order, forward, backward }: Walk,
  values: Float64Array,
  marginals: Float64Array,
): void {
  const last = order.length - 1;
  for (let o = 0; o < outputs; o++) {
    const whole = values[full * outputs + o]!;
    let before = values[empty[background]! * outputs + o]!;
    let behind = before;
    for (let step = 0; step <= last; step++) marginals[order[step]! * outputs + o] = 0;
    for (let step = 0; step <= last; step++) {
      const after = step === last ? whole : values[forward[step]! * outputs + o]!;
      marginals[order[step]! * outputs + o]! += (after - before) / 2;
      before = after;
      const ahead = step === last ? whole : values[backward[step]! * outputs + o]!;
      marginals[order[last - step]! * outputs + o]! += (ahead - behind) / 2;
      behind = ahead;
    }
  }
}

/** Largest − smallest attribution to one output. */
function spread(attributions: Float64Array, outputs: number, output: number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = output; i < attributions.length; i += outputs) {
    least = Math.min(least, attributions[i]!);
    most = Math.max(most, attributions[i]!);
  }
  return most - least;
}
