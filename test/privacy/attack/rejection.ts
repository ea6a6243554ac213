import type { Cell } from "../../../src/explain/game.ts";
import type { LiveVersion } from "../../../src/models/registry.ts";
import { anonymise, type RecordedValue, roundToStep } from "../../../src/privacy/anonymise.ts";
import type { SubjectKey } from "../../../src/privacy/subject-keys.ts";
import { insideOf } from "./inside.ts";
import { dice } from "./population.ts";

const CANDIDATES = 300;

/** The policies of the demo packages use no key. */
const context = { key: {} as SubjectKey, identifiers: [] };

export const recordedInputs = (version: LiveVersion, cells: readonly Cell[]): Record<string, RecordedValue> =>
  anonymise(version.contract, cells, context);

export const logistic = (margin: number): number => 1 / (1 + Math.exp(-margin));

/** Mean absolute errors of two guesses at one feature, in widths of the recorded bins. */
export interface Guessed {
  feature: string;
  fromBins: number;
  attacked: number;
}

/** The numbers that the record holds as a range, with the width of a bin of theirs. */
export function rangedFeatures({ contract }: LiveVersion, known: readonly (readonly Cell[])[]) {
  return contract.features.flatMap((feature, column) => {
    if (!("min" in feature)) return [];
    const { policy } = feature;
    const edges =
      policy.kind === "generalise"
        ? policy.bins
        : policy.kind === "top-bottom-code"
          ? [policy.bottom, ...policy.bins, policy.top].filter((edge) => edge !== undefined)
          : undefined;
    if (!edges) return [];
    const seen = known.map((row) => row[column] as number);
    // An open bin is as wide as what people have.
    const limits = [Math.min(...seen), ...edges, Math.max(...seen) + 1];
    const widthAt = (value: number) => {
      const i = limits.findIndex((limit, at) => at > 0 && value < limit);
      const to = i === -1 ? limits.length - 1 : i;
      return limits[to]! - limits[to - 1]!;
    };
    return [{ name: feature.name, column, widthAt }];
  });
}

/**
 * Draws candidates that would have the same record, keeps those that the model scores as recorded, and guesses the median
 * of what they have: against the median of all of them.
 * @param known people whose values the attacker has, for what is usual
 * @param tell what the attacker reads of a candidate's margin and holds against the record
 */
export function rejectionAttack(
  version: LiveVersion,
  known: readonly (readonly Cell[])[],
  victims: readonly (readonly Cell[])[],
  tell: (margin: number) => number | string,
): Guessed[] {
  const { reading } = version.predictor;
  if ("reason" in reading) throw new Error(reading.reason);
  const { features } = version.contract;
  const recordedAs = (column: number, cell: Cell): string => {
    const row = new Array<Cell>(features.length).fill("");
    row[column] = cell;
    return JSON.stringify(recordedInputs(version, row)[features[column]!.name]);
  };
  const hidden = features.flatMap(({ policy }, c) => (policy.kind === "keep" ? [] : [c]));
  // For each hidden column: what people have who share a recorded value.
  const pools = new Map(
    hidden.map((column) => {
      const pool = new Map<string, Cell[]>();
      const names = new Map<Cell, string>();
      for (const row of known) {
        const cell = row[column]!;
        const name = names.get(cell) ?? recordedAs(column, cell);
        names.set(cell, name);
        const alike = pool.get(name);
        if (alike) alike.push(cell);
        else pool.set(name, [cell]);
      }
      return [column, { pool, names }];
    }),
  );
  const inside = insideOf(reading.structure, features.length, hidden);
  const { below } = dice(77);
  const ranged = rangedFeatures(version, known);
  const errors = ranged.map(() => ({ fromBins: 0, attacked: 0 }));
  const values = ranged.map(() => new Float64Array(CANDIDATES));
  let counted = 0;
  for (const victim of victims) {
    const own = hidden.map((column) => {
      const { pool, names } = pools.get(column)!;
      return pool.get(names.get(victim[column]!) ?? recordedAs(column, victim[column]!));
    });
    if (own.some((cells) => cells === undefined)) continue;
    inside.restart();
    const seen = tell(inside(victim));
    const candidate = [...victim];
    const fits: boolean[] = [];
    for (let k = 0; k < CANDIDATES; k++) {
      hidden.forEach((column, h) => {
        candidate[column] = own[h]![below(own[h]!.length)]!;
      });
      fits.push(tell(inside(candidate)) === seen);
      ranged.forEach(({ column }, f) => {
        values[f]![k] = candidate[column] as number;
      });
    }
    counted += 1;
    ranged.forEach(({ column, widthAt }, f) => {
      const actual = victim[column] as number;
      const all = median(values[f]!);
      const kept = values[f]!.filter((_, k) => fits[k]);
      const width = widthAt(actual);
      errors[f]!.fromBins += Math.abs(all - actual) / width;
      errors[f]!.attacked += Math.abs((kept.length < 5 ? all : median(kept)) - actual) / width;
    });
  }
  return ranged.map(({ name }, f) => ({
    feature: name,
    fromBins: errors[f]!.fromBins / counted,
    attacked: errors[f]!.attacked / counted,
  }));
}

const median = (values: Float64Array): number => values.toSorted()[values.length >> 1]!;

/** What the record tells: the score in steps. */
export const recordedScore = (step: number) => (margin: number) => roundToStep(logistic(margin), step);
