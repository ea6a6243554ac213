import {
  type ExplainOptions,
  type Explanation,
  explain,
  isClosed,
  takesBackgroundValues,
} from "./explain.ts";
import type { Cell, Game, Hybrids } from "./game.ts";

/** Hybrids of several explained rows. */
export interface SharedHybrids extends Hybrids {
  /** `count` indexes of the explained rows given beside it. */
  explained: Uint32Array;
}

/** One game for each of many rows: everything but the row is the same. */
export interface SharedGame extends Omit<Game, "row" | "predict" | "backgroundValues"> {
  rows: readonly (readonly Cell[])[];
  /**
   * → count × outputs. A row's values must not depend, to the bit, on which others come in one call with it, or a row's
   * explanation would depend on its neighbours.
   */
  predict(rows: readonly (readonly Cell[])[], hybrids: SharedHybrids): Promise<Float64Array>;
}

/** Sampled explanations under way at a time: enough to fill batches, few enough that the event loop gets its turns. */
const SAMPLED_TOGETHER = 8;
/** Those in closed form take one model row and microseconds each. */
const EXACT_TOGETHER = 256;
/** What is waiting goes out at the latest when it is so many rows. */
const FULL_BATCH = 4096;

/**
 * Explanations of many rows, in their order, each the same bytes as `explain` gives for it alone. They share batches, and the
 * background is evaluated once for all of them, if any needs it. Memory is that of a few explanations, however many rows there are.
 * @param optionsOf its seed, at least, differs from row to row if the rows are to be independent
 * @throws what `explain` throws, at the row that it throws for
 */
export async function* explainRows(
  game: SharedGame,
  optionsOf: (row: number) => ExplainOptions,
): AsyncGenerator<Explanation> {
  if (game.rows.length === 0) return;
  const { rows, predict, ...same } = game;
  const batches = new Batches(predict);
  let known: Promise<Float64Array> | undefined;
  const valuesOfBackground = () => {
    known ??= predict([rows[0]!], {
      count: game.background.length,
      explained: new Uint32Array(game.background.length),
      background: Uint32Array.from(game.background.keys()),
      present: new Uint8Array(game.background.length * game.players.length),
      players: game.players,
    });
    return known;
  };
  const start = async (r: number): Promise<Explanation> => {
    const row = rows[r]!;
    const options = optionsOf(r);
    const backgroundValues = takesBackgroundValues(options) ? await valuesOfBackground() : undefined;
    return explain(
      {
        ...same,
        row,
        ...(backgroundValues && { backgroundValues }),
        predict: (hybrids) => batches.predict(row, hybrids),
      },
      options,
    );
  };
  const underway: Promise<Explanation>[] = [];
  let next = 0;
  while (next < rows.length || underway.length > 0) {
    const together = isClosed(optionsOf(Math.min(next, rows.length - 1))) ? EXACT_TOGETHER : SAMPLED_TOGETHER;
    while (next < rows.length && underway.length < together) {
      const explanation = start(next++);
      // Whoever stops asking leaves some behind: what befalls them concerns nobody.
      explanation.catch(() => {});
      underway.push(explanation);
    }
    yield await underway.shift()!;
  }
}

interface Request {
  row: readonly Cell[];
  hybrids: Hybrids;
  resolve(values: Float64Array): void;
  reject(error: unknown): void;
}

/** Puts together what is asked for in one turn of the event loop. */
class Batches {
  readonly #predict: SharedGame["predict"];
  #waiting: Request[] = [];
  #count = 0;
  #scheduled = false;

  constructor(predict: SharedGame["predict"]) {
    this.#predict = predict;
  }

  predict(row: readonly Cell[], hybrids: Hybrids): Promise<Float64Array> {
    // Flags of columns and flags of players do not go into one call.
    const [first] = this.#waiting;
    if (first && first.hybrids.players?.length !== hybrids.players?.length) void this.#flush();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, hybrids, resolve, reject });
      this.#count += hybrids.count;
      if (this.#count >= FULL_BATCH) void this.#flush();
      else if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => {
          this.#scheduled = false;
          void this.#flush();
        });
      }
    });
  }

  async #flush(): Promise<void> {
    const requests = this.#waiting;
    const count = this.#count;
    if (requests.length === 0) return;
    this.#waiting = [];
    this.#count = 0;
    const { players } = requests[0]!.hybrids;
    const flags = requests[0]!.hybrids.present.length / requests[0]!.hybrids.count;
    const explained = new Uint32Array(count);
    const background = new Uint32Array(count);
    const present = new Uint8Array(count * flags);
    let at = 0;
    for (const [r, { hybrids }] of requests.entries()) {
      explained.fill(r, at, at + hybrids.count);
      background.set(hybrids.background, at);
      present.set(hybrids.present, at * flags);
      at += hybrids.count;
    }
    try {
      const rows = requests.map(({ row }) => row);
      const values = await this.#predict(rows, {
        count,
        explained,
        background,
        present,
        ...(players && { players }),
      });
      const outputs = values.length / count;
      let from = 0;
      for (const { hybrids, resolve } of requests) {
        const to = from + hybrids.count * outputs;
        resolve(values.slice(from, to));
        from = to;
      }
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }
}
