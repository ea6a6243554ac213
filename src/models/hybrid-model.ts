import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import { cutGraph, type GraphCut } from "./graph/cut.ts";
import { type MixedRows, mix, type OwnedTensor, ownedTensor, rawTensors } from "./mixing.ts";

/** Evaluates hybrids of explained rows and a background that it holds, transformed, from the start. */
export interface HybridModel {
  /** Preprocessing runs on the rows and the background, not on their hybrids. */
  preprocessedOnce: boolean;
  /** A row's values do not depend on how many others go in with it, so that batches may be shared. */
  anyBatch: boolean;
  /** → count × columns, row-major, finite. */
  evaluate(rows: readonly (readonly Cell[])[], mixed: MixedRows): Promise<Float64Array>;
  release(): Promise<void>;
}

interface Source {
  runnable: Uint8Array;
  binding: Binding;
  background: readonly (readonly Cell[])[];
}

interface Runtime {
  openSession(onnx: Uint8Array): Promise<InferenceSession>;
  /** The output, checked; of the whole graph when no session is given. */
  whole(
    session: InferenceSession | undefined,
    tensors: Record<string, Tensor>,
    rows: number,
  ): Promise<Float64Array>;
}

/**
 * A matrix product of one row takes another way through the runtime than one of several, and ends in other bits.
 * A hybrid that comes alone is evaluated twice, so that it has the bits that it has in company.
 */
function neverAlone(model: HybridModel): HybridModel {
  return {
    ...model,
    async evaluate(rows, mixed) {
      if (mixed.background.length !== 1) return model.evaluate(rows, mixed);
      const values = await model.evaluate(rows, {
        explained: Uint32Array.of(mixed.explained[0]!, mixed.explained[0]!),
        background: Uint32Array.of(mixed.background[0]!, mixed.background[0]!),
        present: Uint8Array.from([...mixed.present, ...mixed.present]),
        players: mixed.players,
      });
      return values.slice(0, values.length / 2);
    },
  };
}

/** Rows that a cut is tried on before it is believed. */
const TRIED = 96;

/** onnx.proto's `TensorProto.DataType`. */
const DATA_TYPES: Partial<Record<Tensor["type"], number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};

/** Never fails where the whole graph runs: what cannot be cut, or comes out in other bits, is evaluated whole. */
export async function openHybrids(source: Source, runtime: Runtime): Promise<HybridModel> {
  const { binding } = source;
  if (binding.rowsPerRun !== undefined) return rowByRow(source, runtime);
  const whole = neverAlone(wholeModel(source, runtime));
  const rows = source.background.slice(0, TRIED);
  const trial = trialRows(rows.length, source.background[0]!.length);
  const wanted = await whole.evaluate(rows, trial);
  const anyBatch = await sameInAnyBatch(whole, rows, trial, wanted);
  const cut = cutGraph(source.runnable, binding);
  if (cut !== undefined) {
    const behind = await openCut(cut, source, runtime).then(neverAlone, () => undefined);
    const given = await behind?.evaluate(rows, trial).catch(() => undefined);
    if (behind !== undefined && given !== undefined && sameBits(wanted, given))
      return { ...behind, anyBatch: (await sameInAnyBatch(behind, rows, trial, given)) && anyBatch };
    await behind?.release();
  }
  return { ...whole, anyBatch };
}

function wholeModel({ binding, background }: Source, runtime: Runtime): HybridModel {
  const behind = rawTensors(binding, background);
  return {
    preprocessedOnce: false,
    anyBatch: false,
    evaluate: (rows, mixed) =>
      runtime.whole(undefined, mix(rawTensors(binding, rows), behind, mixed), mixed.background.length),
    release: async () => {},
  };
}

/** A graph that takes one row at a time. */
function rowByRow(source: Source, runtime: Runtime): HybridModel {
  const whole = wholeModel(source, runtime);
  return {
    ...whole,
    anyBatch: true,
    async evaluate(rows, mixed) {
      const values: number[] = [];
      for (let r = 0; r < mixed.background.length; r++)
        values.push(...(await whole.evaluate(rows, partOf(mixed, r, r + 1))));
      return Float64Array.from(values);
    },
  };
}

async function openCut(cut: GraphCut, source: Source, runtime: Runtime): Promise<HybridModel> {
  const { binding } = source;
  const front = await runtime.openSession(cut.front);
  const raw = new Set(binding.inputs.map(({ name }) => name));
  const made = cut.tensors.map(({ name }) => name).filter((name) => !raw.has(name));
  const taken = new Set(front.inputNames);
  const transform = async (rows: readonly (readonly Cell[])[]): Promise<OwnedTensor[]> => {
    const given = new Map(rawTensors(binding, rows).map((tensor) => [tensor.name, tensor]));
    const fed = mix([...given.values()], [...given.values()], everyRow(rows));
    const transformed = await front.run(
      Object.fromEntries(Object.entries(fed).filter(([name]) => taken.has(name))),
      made,
    );
    return cut.tensors.map(
      (tensor) => given.get(tensor.name) ?? ownedTensor(tensor, transformed[tensor.name]!),
    );
  };
  const background = await transform(source.background);
  // An explanation comes in several pieces, each with the same rows.
  let last: { rows: readonly (readonly Cell[])[]; transformed: readonly OwnedTensor[] } | undefined;
  const transformedOf = async (rows: readonly (readonly Cell[])[]) => {
    if (last === undefined || !sameCells(last.rows, rows))
      last = { rows, transformed: await transform(rows) };
    return last.transformed;
  };
  const types = new Map(background.map(({ name, type }) => [name, DATA_TYPES[type]!]));
  const behind = await runtime.openSession(cut.behind(types));
  return {
    preprocessedOnce: true,
    anyBatch: false,
    evaluate: async (rows, mixed) =>
      runtime.whole(behind, mix(await transformedOf(rows), background, mixed), mixed.background.length),
    async release() {
      await front.release();
      await behind.release();
    },
  };
}

function sameCells(a: readonly (readonly Cell[])[], b: readonly (readonly Cell[])[]): boolean {
  return a.length === b.length && a.every((row, r) => row.every((cell, c) => Object.is(cell, b[r]![c])));
}

/** Each row as it is. */
function everyRow(rows: readonly (readonly Cell[])[]): MixedRows {
  const width = rows[0]!.length;
  return {
    explained: Uint32Array.from(rows.keys()),
    background: Uint32Array.from(rows.keys()),
    present: new Uint8Array(rows.length * width),
    players: Uint16Array.from({ length: width }, (_, c) => c),
  };
}

/** Each row with about half of another row's cells, in a pattern that is the same every time. */
function trialRows(count: number, width: number): MixedRows {
  return {
    explained: Uint32Array.from({ length: count }, (_, r) => (r * 7 + 1) % count),
    background: Uint32Array.from({ length: count }, (_, r) => r),
    present: Uint8Array.from({ length: count * width }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 31),
    players: Uint16Array.from({ length: width }, (_, c) => c),
  };
}

function partOf({ explained, background, present, players }: MixedRows, from: number, to: number): MixedRows {
  const stride = present.length / background.length;
  return {
    explained: explained.subarray(from, to),
    background: background.subarray(from, to),
    present: present.subarray(from * stride, to * stride),
    players,
  };
}

/** @param all the trial's values in one batch @returns whether batches of other sizes give the same */
async function sameInAnyBatch(
  model: HybridModel,
  rows: readonly (readonly Cell[])[],
  trial: MixedRows,
  all: Float64Array,
): Promise<boolean> {
  const count = trial.background.length;
  const width = all.length / count;
  let same = true;
  for (const size of [1, 2, 3, 5, 16, 50]) {
    for (let from = 0; from < Math.min(count, 2 * size); from += size) {
      const to = Math.min(count, from + size);
      const part = await model.evaluate(rows, partOf(trial, from, to));
      same &&= sameBits(all.subarray(from * width, to * width), part);
    }
  }
  return same;
}

function sameBits(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
