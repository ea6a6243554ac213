import type { Cell } from "../explain/game.ts";
import type { Contract, Feature } from "../models/contract.ts";
import type { RecordedValue } from "./anonymise.ts";

/** Values of one column with what each weighs. */
type Weighed = readonly { cell: Cell; weight: number }[];

/** A column and what was found in it so far: the bins and groups of a contract are few. */
interface Column {
  values: Weighed;
  found: Map<string, Cell>;
}

const FOUND = 1_000;

const columnsOf = new WeakMap<
  readonly (readonly Cell[])[],
  { weights: Float64Array | undefined; features: Contract["features"]; columns: Column[] }
>();

/** The background's columns, made once and not for every decision. */
function columnsFor(
  features: Contract["features"],
  background: readonly (readonly Cell[])[],
  weights: Float64Array | undefined,
): Column[] {
  const known = columnsOf.get(background);
  if (known !== undefined && known.weights === weights && known.features === features) return known.columns;
  const columns = features.map((_, c) => ({
    values: background.map((row, b) => ({ cell: row[c]!, weight: weights?.[b] ?? 1 })),
    found: new Map<string, Cell>(),
  }));
  columnsOf.set(background, { weights, features, columns });
  return columns;
}

/** Where half of the weight is reached, in ascending order; undefined for no values. */
function medianOf(values: Weighed): number | undefined {
  const numbers = values.filter((one): one is { cell: number; weight: number } => Number.isFinite(one.cell));
  const ascending = numbers.toSorted((a, b) => a.cell - b.cell);
  const half = ascending.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { cell, weight } of ascending) {
    sum += weight;
    if (sum >= half * (1 - 1e-12)) return cell;
  }
  return undefined;
}

/** The value of the most weight, of equals the first by code unit; undefined for no values. */
function commonestOf(values: Weighed): Cell | undefined {
  const weights = new Map<Cell, number>();
  for (const { cell, weight } of values) weights.set(cell, (weights.get(cell) ?? 0) + weight);
  const ordered = [...weights].sort(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1));
  return ordered[0]?.[0];
}

function fitted(feature: Feature, value: number): number {
  if (!("min" in feature)) return value;
  const whole = feature.type === "integer" ? Math.round(value) : value;
  return Math.min(feature.max, Math.max(feature.min, whole));
}

/** Of a feature that the record says nothing usable of: what is usual in the background. */
function usual(feature: Feature, background: Weighed): Cell {
  if ("min" in feature) return medianOf(background) ?? fitted(feature, (feature.min + feature.max) / 2);
  const commonest = commonestOf(background);
  if (commonest !== undefined) return commonest;
  return feature.type === "category" ? feature.values[0]!.value : "";
}

function representative(feature: Feature, value: RecordedValue | undefined, background: Weighed): Cell {
  const { policy } = feature;
  switch (value?.kind) {
    case "range": {
      const { from, to } = value;
      const within = background.filter(
        ({ cell }) => typeof cell === "number" && cell >= (from ?? -Infinity) && cell < (to ?? Infinity),
      );
      const median = medianOf(within);
      if (median !== undefined || !("min" in feature)) return median ?? usual(feature, background);
      return fitted(feature, ((from ?? feature.min) + (to ?? feature.max)) / 2);
    }
    case "category": {
      if (policy.kind !== "generalise") return value.value;
      if (policy.groups) {
        const known = [policy.groups, ...(policy.levels ?? []).map(({ groups = {} }) => groups)];
        const group = known.find((groups) => Object.hasOwn(groups, value.value))?.[value.value] ?? [];
        const own = background.filter(({ cell }) => group.includes(String(cell)));
        return commonestOf(own) ?? group[0] ?? usual(feature, background);
      }
      const alike = background.filter(({ cell }) => String(cell).startsWith(value.value));
      return commonestOf(alike) ?? value.value;
    }
    case "masked":
      return value.value;
    case "noisy":
      return fitted(feature, value.value);
    default:
      return usual(feature, background);
  }
}

/**
 * The row that a record's values stand for: of a range the median of the background's values in it, else its middle; of
 * a group its commonest category in the background; of what was dropped or replaced the background's median or commonest
 * value; what was kept, masked or moved by noise as it stands. A function of the record, the contract and the background
 * alone, so that whatever is computed from it says nothing that these do not say.
 * @param inputs as a record has them
 * @param weights one a background row; absent: equal
 * @returns cells in the contract's order, each of its feature's type
 */
export function recordedRow(
  { features }: Pick<Contract, "features">,
  inputs: Readonly<Record<string, RecordedValue>>,
  background: readonly (readonly Cell[])[],
  weights?: Float64Array,
): Cell[] {
  const columns = columnsFor(features, background, weights);
  return features.map((feature, c) => found(feature, inputs[feature.name], columns[c]!));
}

/**
 * As `representative`, which looks through the whole column, for each bin, group and prefix once. What stands for itself is not
 * kept: it may be a person's words.
 */
function found(feature: Feature, value: RecordedValue | undefined, column: Column): Cell {
  if (value?.kind === "masked" || value?.kind === "noisy")
    return representative(feature, value, column.values);
  const key = keyOf(value);
  const known = column.found.get(key);
  if (known !== undefined) return known;
  const cell = representative(feature, value, column.values);
  if (column.found.size >= FOUND) column.found.clear();
  column.found.set(key, cell);
  return cell;
}

/** Everything else that is dropped or replaced is one and the same to the row. */
function keyOf(value: RecordedValue | undefined): string {
  if (value?.kind === "range") return `range ${value.from} ${value.to}`;
  return value?.kind === "category" ? `category ${value.value}` : "";
}
