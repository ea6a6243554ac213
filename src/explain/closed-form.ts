import type { LastFunction } from "./curvature.ts";
import { type Cell, type Game, normalisedWeights } from "./game.ts";
import { ExactLinear } from "./linear.ts";
import { type Blocks, splitGame, sumBlocks } from "./owen.ts";
import { applyPost, type ModelStructure, marginsOf, scoresOf } from "./structure.ts";
import { ExactTrees, type TreeOptions } from "./trees/exact-trees.ts";

/**
 * What an explanation is drawn from. `identity`: the model's output as it is. `margin`: the scores before the last
 * function made probabilities of them. `logit`: the log odds of each output. Attributions on one scale are
 * no attributions on another, and are never turned into them.
 */
export type Link = "identity" | "margin" | "logit";

/** A linear map of the scores. */
interface Form {
  mix: readonly (readonly number[])[];
  shift: readonly number[];
}

/** A quantity that is linear in the scores and follows from a row's outputs. */
export interface ControlForm {
  outputs: number;
  /** Exact; players × outputs. */
  attributions(row: readonly Cell[]): Float64Array;
  /** One an output; undefined where the outputs are too rounded to tell. */
  fromOutputs(values: Float64Array): Float64Array | undefined;
  fromRow(row: readonly Cell[]): Float64Array;
  /** The model's outputs of it. */
  last: LastFunction;
}

export interface ClosedFormOptions extends TreeOptions {
  /** Also how a player of several columns shares out what it has among them: Owen values. */
  within?: boolean;
}

/**
 * Log odds up to this are read off a probability: a float32 beyond it, or one minus one beyond it, has rounded them by
 * more than 2e-4.
 */
const READABLE_LOGIT = 8;

/**
 * A model whose scores have Shapley values in closed form, made ready for one background and one set of players:
 * made once for a version, then asked row by row.
 */
export class ClosedForm {
  readonly method: "exact-tree" | "exact-linear";
  readonly structure: ModelStructure;
  readonly #exact: ExactTrees | ExactLinear;
  readonly #forms: Readonly<Record<Link, Form | undefined>>;
  readonly #players: number;
  /** The players, where what is computed are their columns' shares. */
  readonly #blocks: Blocks | undefined;
  /** One row's attributions to the scores: nothing is kept here from call to call. */
  readonly #scratch: Float64Array;

  /**
   * Takes milliseconds for a linear model or a small ensemble and up to a second for a large one, all at once.
   * @param game what will be explained but for the row
   * @throws ExplainError `mixed_columns` when the model sees columns that several players share, or with `within` several columns;
   *   `invalid_weights`
   */
  constructor(
    structure: ModelStructure,
    game: Pick<Game, "players" | "background" | "weights">,
    options: ClosedFormOptions & { trees?: ExactTrees } = {},
  ) {
    const { scores } = structure;
    const weights = normalisedWeights(game);
    const { played, blocks } = playedBy(game, options);
    this.structure = structure;
    this.method = scores.kind === "trees" ? "exact-tree" : "exact-linear";
    this.#players = game.players.length;
    this.#blocks = blocks;
    this.#forms = {
      margin: structure,
      identity: structure.post.length === 0 ? structure : undefined,
      logit: logitForm(structure),
    };
    this.#exact =
      scores.kind === "trees"
        ? (options.trees ?? ExactTrees.build({ ...played, scores, weights, blocks: blocks?.of }, options))
        : new ExactLinear(scores, played.players, game.background, weights);
    this.#scratch = new Float64Array(played.players.length * this.#exact.base.length);
  }

  /**
   * As the constructor, to the same bits, in steps of a few milliseconds.
   * @param pause called between two steps, for whatever else is waiting
   */
  static async open(
    structure: ModelStructure,
    game: Pick<Game, "players" | "background" | "weights">,
    pause: () => Promise<void>,
    options: ClosedFormOptions = {},
  ): Promise<ClosedForm> {
    const { scores } = structure;
    if (scores.kind !== "trees") return new ClosedForm(structure, game, options);
    const weights = normalisedWeights(game);
    const { played, blocks } = playedBy(game, options);
    const trees = await ExactTrees.buildInSteps(
      { ...played, scores, weights, blocks: blocks?.of },
      options,
      pause,
    );
    return new ClosedForm(structure, game, { ...options, trees });
  }

  /** Whether it also says how players share out among their columns what they have. */
  get within(): boolean {
    return this.#blocks !== undefined;
  }

  /** Whether what this link explains is linear in the scores, so that its attributions are exact. */
  covers(link: Link): boolean {
    return this.#forms[link] !== undefined;
  }

  /**
   * Base, output (one an output of the model, float64) and attributions (players × outputs, row-major), on the link's
   * scale; and the model's own outputs, as `valueOf` gives them for `identity`.
   * @param link one that is covered
   * @returns within: columns × outputs, where that is known
   */
  explain(
    row: readonly Cell[],
    link: Link,
  ): Record<"base" | "output" | "outputs" | "attributions", Float64Array> & { within?: Float64Array } {
    const { structure } = this;
    const form = { ...structure, ...this.#forms[link]! };
    const scores = scoresOf(structure.scores, row);
    const shares = this.#mixed(form, this.#exact.attribute(row, this.#scratch));
    return {
      base: marginsOf(form, this.#exact.base),
      output: marginsOf(form, scores),
      outputs: applyPost(structure.post, marginsOf(structure, scores)),
      ...(this.#blocks === undefined
        ? { attributions: shares }
        : { attributions: sumBlocks(this.#blocks, shares, form.shift.length), within: shares }),
    };
  }

  /**
   * Many rows together, which for trees takes less time a row, each to the same bits as alone.
   * @param link one that is covered
   * @returns attributions: rows × players × outputs, or columns instead of players where their shares are known (`within`)
   */
  explainRows(
    rows: readonly (readonly Cell[])[],
    link: Link,
  ): { base: Float64Array; attributions: Float64Array } {
    const form = { ...this.structure, ...this.#forms[link]! };
    return {
      base: marginsOf(form, this.#exact.base),
      attributions: this.#mixed(form, this.#exact.attributeRows(rows)),
    };
  }

  /** Any number of attributions to every score → as many to every output. */
  #mixed({ mix, shift }: Form, scores: Float64Array): Float64Array {
    const count = this.#exact.base.length;
    const outputs = shift.length;
    const players = scores.length / count;
    const attributions = new Float64Array(players * outputs);
    for (let p = 0; p < players; p++)
      for (let j = 0; j < outputs; j++) {
        let sum = 0;
        for (let k = 0; k < count; k++) sum += mix[j]![k]! * scores[p * count + k]!;
        attributions[p * outputs + j] = sum;
      }
    return attributions;
  }

  /**
   * What goes along with the model's output where that is not linear in the scores itself: the margin behind a
   * logistic or an exponential, and of a softmax the margins less their mean, which is what its shares tell.
   */
  control(): ControlForm | undefined {
    const { post, shift } = this.structure;
    const outputs = shift.length;
    if (post.length !== 1 || (post[0] !== "logistic" && post[0] !== "softmax" && post[0] !== "exponential"))
      return undefined;
    const centred = post[0] === "softmax";
    const inverse = INVERSES[post[0]];
    const last = LAST[post[0]];
    return {
      outputs,
      attributions: (row) => {
        const { attributions } = this.explain(row, "margin");
        if (centred)
          for (let p = 0; p < this.#players; p++)
            centre(attributions.subarray(p * outputs, (p + 1) * outputs));
        return attributions;
      },
      fromOutputs: inverse,
      last,
      fromRow: (row) => {
        const margins = this.valueOf(row, "margin");
        return centred ? centre(margins) : margins;
      },
    };
  }

  /** What the link makes of a row, in float64 from the model's own scores. */
  valueOf(row: readonly Cell[], link: Link): Float64Array {
    const margins = marginsOf(this.structure, scoresOf(this.structure.scores, row));
    if (link === "margin") return margins;
    if (link === "identity") return applyPost(this.structure.post, margins);
    return logits(this.structure, margins);
  }
}

function playedBy(
  game: Pick<Game, "players" | "background" | "weights">,
  { within }: ClosedFormOptions,
): { played: Pick<Game, "players" | "background">; blocks?: Blocks } {
  if (!within) return { played: game };
  const { game: played, blocks } = splitGame(game);
  return { played, blocks };
}

/** Log odds that are linear in the scores: a sigmoid's margin, or the difference of a softmax of two. */
function logitForm({ mix, shift, post }: ModelStructure): Form | undefined {
  if (post.length !== 1) return undefined;
  if (post[0] === "logistic") return { mix, shift };
  if (post[0] !== "softmax" || shift.length !== 2) return undefined;
  return {
    mix: mix.map((row, j) => row.map((value, k) => value - mix[1 - j]![k]!)),
    shift: shift.map((value, j) => value - shift[1 - j]!),
  };
}

/** From the margins where that is possible, since a probability near 0 or 1 has lost its odds. */
function logits({ post }: ModelStructure, margins: Float64Array): Float64Array {
  if (post.length === 1 && post[0] === "logistic") return margins;
  if (post.length === 1 && post[0] === "softmax") {
    return margins.map((margin, j) => {
      const others = [...margins].filter((_, k) => k !== j);
      const most = Math.max(...others);
      return margin - most - Math.log(others.reduce((sum, other) => sum + Math.exp(other - most), 0));
    });
  }
  return applyPost(post, margins).map(logitOf);
}

/** What a row's margins are, from its outputs, where they can be told. */
const INVERSES: Record<
  "logistic" | "softmax" | "exponential",
  (values: Float64Array) => Float64Array | undefined
> = {
  logistic: (values) => {
    const margins = values.map(logitOf);
    return margins.every((margin) => Math.abs(margin) <= READABLE_LOGIT) ? margins : undefined;
  },
  exponential: (values) => (values.every((value) => value > 1e-30) ? values.map(Math.log) : undefined),
  softmax: (values) => (values.every((value) => value > 1e-30) ? centre(values.map(Math.log)) : undefined),
};

/** As `applyPost`, but into an array that is there: this runs a hundred times for each walk. */
const LAST: Record<"logistic" | "softmax" | "exponential", LastFunction> = {
  logistic: (margins, into) => {
    for (let o = 0; o < into.length; o++) into[o] = 1 / (1 + Math.exp(-margins[o]!));
  },
  exponential: (margins, into) => {
    for (let o = 0; o < into.length; o++) into[o] = Math.exp(margins[o]!);
  },
  softmax: (margins, into) => {
    let most = margins[0]!;
    for (let o = 1; o < into.length; o++) most = Math.max(most, margins[o]!);
    let sum = 0;
    for (let o = 0; o < into.length; o++) {
      into[o] = Math.exp(margins[o]! - most);
      sum += into[o]!;
    }
    for (let o = 0; o < into.length; o++) into[o]! /= sum;
  },
};

function centre(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  for (let j = 0; j < values.length; j++) values[j]! -= mean;
  return values;
}

/** NaN outside (0, 1), where there is none. */
export function logitOf(probability: number): number {
  return probability > 0 && probability < 1 ? Math.log(probability / (1 - probability)) : Number.NaN;
}
