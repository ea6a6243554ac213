import { type Importance, meanAttributions, permutationImportance } from "../explain/global.ts";
import { turn } from "../explain/turn.ts";
import { keepDerived, readDerived } from "../models/derived-files.ts";
import type { LiveVersion } from "../models/registry.ts";
import type { Deps } from "./deps.ts";
import { explainRecordedRow, seedOf } from "./explain-decision.ts";
import { explainedOutput } from "./outcome.ts";

/** What counts for a version over its own background: no person's row is read for it. */
export interface GlobalImportance {
  /** Bumped when what is computed changes: an older one is computed again. */
  format: "motivo-importance/v1";
  /** Rows of the background. */
  rows: number;
  /** By how much the output moves when a feature's values change places, in units of the output. */
  permutation: Importance[];
  repeats: number;
  /** The mean magnitude of attributions, on the scale that the contract's link names. */
  attributions: Importance[];
}

/** Rows taken, evenly spaced: the intervals say what that costs. */
const MOST_ROWS = 200;
const REPEATS = 5;
/** Small pieces, so that decisions get in between. */
const BATCH_ROWS = 128;
const PERMUTATION_SHARE = 0.3;

function sampled(version: LiveVersion): LiveVersion["background"] {
  const { background } = version;
  if (background.length <= MOST_ROWS) return background;
  return Array.from(
    { length: MOST_ROWS },
    (_, i) => background[Math.floor((i * background.length) / MOST_ROWS)]!,
  );
}

/** @param onProgress share of the work in [0, 1] */
export async function computeImportance(
  version: LiveVersion,
  onProgress: (done: number) => void = () => {},
): Promise<GlobalImportance> {
  const rows = sampled(version);
  const { predictor, contract, digests } = version;
  const outputs = predictor.outputs.length;
  const players = contract.features.map(({ name }, c) => ({ name, columns: [c] }));
  const own = await predictor.predictRows(rows);
  const ownOf = (row: number) => own.subarray(row * outputs, (row + 1) * outputs);
  const permutation = await permutationImportance(
    { players, rows, outputs, predict: (asked) => predictor.predictRows(asked) },
    {
      // Of probabilities half the sum is how much of them moved: with two classes the change of either.
      loss: (row, values) =>
        ownOf(row).reduce((sum, value, o) => sum + Math.abs(values[o]! - value), 0) / (outputs > 1 ? 2 : 1),
      seed: seedOf("importance", digests.model),
      repeats: REPEATS,
      batchRows: BATCH_ROWS,
      onProgress: (done) => onProgress(PERMUTATION_SHARE * done),
    },
  );
  const attributions = await meanAttributions(
    { players, rows: rows.length, output: 0 },
    async (row) => {
      await turn();
      const output = await explainedOutput(contract.output, predictor.outputs, async () => ownOf(row));
      const explanation = await explainRecordedRow(version, rows[row]!, {
        seed: seedOf(`importance/${row}`, digests.model),
        output,
      });
      return {
        ...explanation,
        attributions: explanation.attributions.map((values) => [values[output]!]),
      };
    },
    { atOnce: 1, onProgress: (done) => onProgress(PERMUTATION_SHARE + (1 - PERMUTATION_SHARE) * done) },
  );
  return {
    format: "motivo-importance/v1",
    rows: rows.length,
    permutation: permutation.features.map(({ repeats: _, ...one }) => one),
    repeats: REPEATS,
    attributions: attributions.features,
  };
}

export type ImportanceState =
  | { state: "there"; importance: GlobalImportance }
  /** @member done share in [0, 1] */
  | { state: "computing"; done: number }
  | { state: "failed" };

/** Worked out in the background when first asked for, and kept with the version: nobody waits for it. */
export class ImportanceDesk {
  readonly #deps: Pick<Deps, "db" | "models">;
  readonly #running = new Map<string, { done: number; failed: boolean }>();

  constructor(deps: Pick<Deps, "db" | "models">) {
    this.#deps = deps;
  }

  /** @throws Problem unknown_model, unknown_version */
  async of(model: string, version: number): Promise<ImportanceState> {
    await this.#deps.models.published(model, version);
    const named = { model, version };
    const kept = await readDerived<GlobalImportance>(this.#deps.db, named, "importance.json");
    if (kept !== null) return { state: "there", importance: kept };
    const key = `${model}@${version}`;
    const running = this.#running.get(key);
    if (running?.failed) {
      // Said once; whoever asks again has it tried again.
      this.#running.delete(key);
      return { state: "failed" };
    }
    if (running === undefined) this.#begin(key, named);
    return { state: "computing", done: running?.done ?? 0 };
  }

  #begin(key: string, named: { model: string; version: number }): void {
    const { db, models } = this.#deps;
    const state = { done: 0, failed: false };
    this.#running.set(key, state);
    const work = async () => {
      const live = await models.live(named.model, named.version);
      const importance = await computeImportance(live, (done) => {
        state.done = done;
      });
      await keepDerived(db, named, "importance.json", importance);
    };
    work().then(
      () => this.#running.delete(key),
      () => {
        state.failed = true;
      },
    );
  }
}
