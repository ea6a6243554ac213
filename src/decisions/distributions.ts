import { and, desc, eq } from "drizzle-orm";
import { SMALL_COUNT } from "../db/counts.ts";
import { record } from "../db/tables.ts";
import type { Contract, Feature } from "../models/contract.ts";
import type { DecisionRecord, RecordedValue } from "./decision.ts";
import type { Deps } from "./deps.ts";

/** Records that a distribution is read from: the newest ones. */
const MOST_RECORDS = 2_000;
const SHADES = 4;

/** Decisions of about the same attribution and recorded value; never fewer than `SMALL_COUNT`. */
export interface DistributionCell {
  /** On the scale of the record, in its steps. */
  attribution: number;
  /** 0 to 3, low to high; null where values have no order. */
  shade: number | null;
  count: number;
}

export interface Distribution {
  feature: string;
  /** Empty where the record keeps no value, or too few decisions share one. */
  cells: DistributionCell[];
}

export interface Distributions {
  decisions: number;
  step: number;
  /** By feature, in the contract's order; features that the record drops are absent. */
  features: Distribution[];
}

/** Where a recorded value lies in the feature's range, in four shades; null for what has no order. */
export function shadeOf(feature: Feature, value: RecordedValue | undefined): number | null {
  if (feature.type !== "number" && feature.type !== "integer") return null;
  const { min, max } = feature;
  const place =
    value?.kind === "range"
      ? ((value.from ?? min) + (value.to ?? max)) / 2
      : value?.kind === "noisy"
        ? value.value
        : null;
  if (place === null || !(max > min)) return null;
  const share = Math.min(Math.max((place - min) / (max - min), 0), 1);
  return Math.min(SHADES - 1, Math.floor(share * SHADES));
}

/**
 * Cells with fewer than `least` decisions join their neighbours, along the attribution and within their shade; what is
 * left over joins the last cell, and a shade with too few altogether is left out.
 */
export function mergeSmall(cells: readonly DistributionCell[], least: number): DistributionCell[] {
  const byShade = Map.groupBy(cells, ({ shade }) => shade);
  return [...byShade.values()].flatMap((own) => {
    const merged: DistributionCell[] = [];
    let open: DistributionCell | null = null;
    for (const cell of own.toSorted((a, b) => a.attribution - b.attribution)) {
      const joined: DistributionCell = open === null ? { ...cell } : join(open, cell);
      open = joined.count < least ? joined : null;
      if (open === null) merged.push(joined);
    }
    const last = merged.at(-1);
    if (open !== null && last !== undefined)
      merged[merged.length - 1] = { ...last, count: last.count + open.count };
    return merged;
  });
}

/** At the heavier one's place, so that it stays on a stored step. */
const join = (a: DistributionCell, b: DistributionCell): DistributionCell => ({
  ...(a.count > b.count ? a : b),
  count: a.count + b.count,
});

/** Attributions of a version's newest decisions as its records have them, in cells of ten decisions or more. */
export async function attributionDistributions(
  { db }: Pick<Deps, "db">,
  { features }: Pick<Contract, "features">,
  { model, version }: { model: string; version: number },
): Promise<Distributions> {
  const rows = await db
    .select({ body: record.body })
    .from(record)
    .where(and(eq(record.kind, "decision"), eq(record.model, model), eq(record.version, version)))
    .orderBy(desc(record.logIndex))
    .limit(MOST_RECORDS);
  const records = rows.map(({ body }) => JSON.parse(body) as DecisionRecord);
  return {
    decisions: records.length,
    step: records[0]?.step ?? 0.01,
    features: features
      .filter(({ policy }) => policy.kind !== "drop")
      .map((feature) => ({
        feature: feature.name,
        cells: mergeSmall(cellsOf(feature, records), SMALL_COUNT),
      })),
  };
}

function cellsOf(feature: Feature, records: readonly DecisionRecord[]): DistributionCell[] {
  const cells = new Map<string, DistributionCell>();
  for (const { attributions, inputs } of records) {
    const attribution = attributions[feature.name]?.value;
    if (attribution === undefined) continue;
    const shade = shadeOf(feature, inputs[feature.name]);
    const key = `${shade}@${attribution}`;
    const cell = cells.get(key) ?? { attribution, shade, count: 0 };
    cells.set(key, { ...cell, count: cell.count + 1 });
  }
  return [...cells.values()];
}
