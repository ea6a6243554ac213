import { outputRange, toldApart } from "../explain/bounds.ts";
import {
  COUNTERFACTUAL_VERSION,
  type CounterfactualSearch,
  DEFAULT_COUNTERFACTUAL_ROWS,
  findCounterfactuals,
} from "../explain/counterfactuals.ts";
import type { Cell } from "../explain/game.ts";
import { type Changeable, type Reachable, reachableFrom } from "../explain/reachable.ts";
import type { ModelStructure } from "../explain/structure.ts";
import type { Contract, Feature } from "../models/contract.ts";
import { sha256 } from "../models/digests.ts";
import { agreedStructure } from "../models/exact.ts";
import type { LiveVersion } from "../models/registry.ts";
import { fixedOutput, mostProbable, settle } from "./outcome.ts";

/** What a search came to. Nobody is named here, and nothing is worded. */
export interface ChangesFound {
  state: "found" | "none-within-reach" | "not-found-within-budget";
  ways: {
    changes: { feature: string; from: Cell; to: Cell }[];
    /** Usual changes that it amounts to, in all. */
    cost: number;
    outcome: string;
    score: number;
  }[];
  modelRows: number;
}

/**
 * How far beyond the threshold an output has to be, relative to max(1, |threshold|): a decision may rest on a value in
 * float64, and the model gives float32.
 */
const BEYOND = 1e-6;
/** The same for a bound, which no evaluation confirms. */
const BEYOND_BOUND = 1e-5;

type Marked = Extract<Feature, { changeable?: unknown }>;

export const changeableFeatures = ({ features }: Pick<Contract, "features">): Marked[] =>
  features.filter(
    (feature): feature is Marked => feature.type !== "text" && feature.changeable !== undefined,
  );

/** SHA-256 in hex of all that decides what a search finds, beside model, background and row. */
export function searchDigest(contract: Pick<Contract, "features">): string {
  const marked = changeableFeatures(contract).map(({ name, changeable }) => [name, changeable]);
  return sha256(JSON.stringify([COUNTERFACTUAL_VERSION, DEFAULT_COUNTERFACTUAL_ROWS, marked]));
}

/** The codes of the outcomes that the contract calls unfavourable: only for these there is anything to look for. */
export const unfavourableOf = ({ output }: Pick<Contract, "output">): string[] =>
  output.kind === "multi-classification"
    ? output.outcomes.filter(({ favourable }) => !favourable).map(({ code }) => code)
    : [output.outcomes.unfavourable.code];

function edgesOf({ policy }: Feature): readonly number[] {
  if (policy.kind === "generalise") return policy.bins ?? [];
  if (policy.kind !== "top-bottom-code") return [];
  return [policy.bottom, ...policy.bins, policy.top].filter((edge) => edge !== undefined);
}

function changesOf(contract: Pick<Contract, "features">): Changeable[] {
  return changeableFeatures(contract).map((feature): Changeable => {
    const column = contract.features.indexOf(feature);
    if (feature.type === "category") {
      const { direction, values, effort } = feature.changeable!;
      return {
        column,
        kind: "category",
        direction,
        values: feature.values.map(({ value }) => value),
        ...(values && { allowed: values }),
        ...(effort && { effort }),
      };
    }
    const { direction, min = feature.min, max = feature.max, step, effort } = feature.changeable!;
    return {
      column,
      kind: "number",
      whole: feature.type === "integer",
      direction,
      min,
      max,
      edges: edgesOf(feature),
      ...(step && { step }),
      ...(effort && { effort }),
    };
  });
}

const structures = new WeakMap<LiveVersion, Promise<ModelStructure | null>>();

function structureOf(version: LiveVersion): Promise<ModelStructure | null> {
  const known = structures.get(version);
  if (known !== undefined) return known;
  const made = agreedStructure(version.predictor, version.background).then((reading) =>
    "structure" in reading ? reading.structure : null,
  );
  structures.set(version, made);
  made.catch(() => structures.delete(version));
  return made;
}

function decided({ contract: { output }, predictor: { outputs: names } }: LiveVersion, values: Float64Array) {
  const index = fixedOutput(output, names) ?? mostProbable(values);
  return settle(output, names, index, values[index]!);
}

function judgeOf(version: LiveVersion): CounterfactualSearch["judge"] {
  const { output } = version.contract;
  if (output.kind === "multi-classification") {
    const names = version.predictor.outputs;
    const favourable = names.map(
      (name) => output.outcomes.find((one) => one.class === name)?.favourable ?? false,
    );
    return (values) => {
      const best = (wanted: boolean) => Math.max(...values.filter((_, i) => favourable[i] === wanted));
      const nearness = best(true) - best(false);
      return { wanted: nearness > BEYOND, nearness };
    };
  }
  const sign = output.highOutput === "favourable" ? 1 : -1;
  const { threshold } = output;
  const index = fixedOutput(output, version.predictor.outputs);
  return (values) => {
    const nearness = sign * (values[index]! - threshold);
    return { wanted: nearness > BEYOND * Math.max(1, Math.abs(threshold)), nearness };
  };
}

/** Whether the model's own structure rules the wanted outcome out, whatever is changed within reach. */
function provenOut(
  { contract: { output }, predictor }: LiveVersion,
  structure: ModelStructure,
  row: readonly Cell[],
  reachable: readonly Reachable[],
): boolean {
  if (output.kind === "multi-classification") return false;
  const range = outputRange(structure, row, reachable);
  if (range === null) return false;
  const index = fixedOutput(output, predictor.outputs);
  const { threshold } = output;
  const beyond = BEYOND_BOUND * Math.max(1, Math.abs(threshold));
  return output.highOutput === "favourable"
    ? range.high[index]! < threshold - beyond
    : range.low[index]! > threshold + beyond;
}

/**
 * What would have changed an unfavourable outcome: among the features that the contract marks, within their ranges and
 * directions, each alternative evaluated by the version that decided. The same row finds the same.
 * @param row cells in the contract's order, decided unfavourably
 * @throws Problem prediction_failed, ExplainError prediction_not_finite
 */
export async function searchChanges(version: LiveVersion, row: readonly Cell[]): Promise<ChangesFound> {
  const { contract, predictor, background } = version;
  const structure = await structureOf(version);
  const tell = structure ? toldApart(structure, row) : undefined;
  const reachable = reachableFrom(changesOf(contract), row, background, tell);
  if (structure && provenOut(version, structure, row, reachable))
    return { state: "none-within-reach", ways: [], modelRows: 0 };
  const { found, exhaustive, modelRows } = await findCounterfactuals({
    row,
    reachable,
    outputs: predictor.outputs.length,
    predict: (rows) => predictor.predictRows(rows),
    judge: judgeOf(version),
  });
  return {
    state: found.length > 0 ? "found" : exhaustive ? "none-within-reach" : "not-found-within-budget",
    ways: found.map(({ changes, cost, outputs }) => {
      const { outcome, index } = decided(version, outputs);
      return {
        changes: changes.map(({ column, from, to }) => ({
          feature: contract.features[column]!.name,
          from,
          to,
        })),
        cost,
        outcome: outcome.code,
        score: outputs[index]!,
      };
    }),
    modelRows,
  };
}
