import { InferenceSession, type Tensor } from "onnxruntime-node";
import { type ExplainOptions, explain } from "../../../src/explain/explain.ts";
import { type Cell, type Game, type Hybrids, materialise } from "../../../src/explain/game.ts";
import { seedFromInteger } from "../../../src/explain/random.ts";
import { mix, rawTensors } from "../../../src/models/mixing.ts";
import { tensorsOf } from "../../../src/models/row-tensors.ts";
import type { SamplingModel } from "./sampling-models.ts";

const PAIRS = 5;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const options = (r: number): ExplainOptions => ({
  seed: seedFromInteger(r),
  method: "permutation",
  tolerance: 1,
});

/** As the service does it, and as it would without a cut: raw columns are mixed and the whole graph runs. */
async function wholeGraph(model: SamplingModel, session: InferenceSession) {
  const background = rawTensors(model.binding, model.background);
  return (row: readonly Cell[]): Game => {
    const game = model.gameOf(row);
    const explained = rawTensors(model.binding, [row]);
    const players = Uint16Array.from(row.keys());
    return {
      ...game,
      async predict(hybrids: Hybrids) {
        const rows = { ...hybrids, explained: new Uint32Array(hybrids.count), players };
        const { [model.binding.output]: output } = await session.run(mix(explained, background, rows), [
          model.binding.output,
        ]);
        return new Float64Array(output!.data as Float32Array);
      },
    };
  };
}

/** Ratios of a whole explanation to one `session.run` of the same model rows, raw, in interleaved pairs. */
async function ratios(model: SamplingModel): Promise<string[]> {
  const session = await InferenceSession.create(model.runnable, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    logSeverityLevel: 4,
  });
  const whole = await wholeGraph(model, session);
  const cases: { row: readonly Cell[]; tensors: Record<string, Tensor> }[] = [];
  for (const [r, row] of model.rows.entries()) {
    const game = model.gameOf(row);
    const asked: Cell[][] = [];
    const predict = (hybrids: Hybrids) => {
      asked.push(...materialise(game, hybrids));
      return game.predict(hybrids);
    };
    await explain({ ...game, predict }, options(r));
    cases.push({ row, tensors: tensorsOf(model.binding, asked.length, (column, i) => asked[i]![column]!) });
  }
  const service: number[] = [];
  const uncut: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++)
    for (const [r, { row, tensors }] of cases.entries()) {
      const bare = await timed(() => session.run(tensors, [model.binding.output]));
      service.push((await timed(() => explain(model.gameOf(row), options(r)))) / bare);
      uncut.push((await timed(() => explain(whole(row), options(r)))) / bare);
    }
  await session.release();
  const how = model.predictor.preprocessedOnce ? "preprocessing once" : "nothing to preprocess";
  return [
    `| ${model.title} | ${how}, on its worker thread | ${median(service).toFixed(2)} |`,
    `| ${model.title} | the whole graph, in this thread | ${median(uncut).toFixed(2)} |`,
  ];
}

/**
 * The longest that one turn of the event loop took while explanations ran one after another, in the thread's own CPU time: what
 * other programs on the machine take from it is not counted.
 */
async function longestTurn(model: SamplingModel): Promise<number> {
  const explainAll = async () => {
    for (const [r, row] of model.rows.entries())
      await explain(model.gameOf(row), { ...options(r), method: "auto", closedForm: model.closedForm });
  };
  await explainAll();
  let longest = 0;
  let running = true;
  const microseconds = () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  let last = microseconds();
  const turn = () => {
    const now = microseconds();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await explainAll();
  await explainAll();
  running = false;
  return longest / 1000;
}

export async function wallTimes(models: readonly SamplingModel[]): Promise<string[]> {
  const lines = [
    "",
    "### Wall time of a sampled explanation over `session.run` of the same raw rows",
    "",
    "| model | how | ratio |",
    "| --- | --- | --- |",
  ];
  for (const model of models) lines.push(...(await ratios(model)));
  lines.push("");
  for (const model of models)
    lines.push(
      `Longest turn of the event loop while explaining, ${model.title}: ${(await longestTurn(model)).toFixed(1)} ms.`,
    );
  return lines;
}
