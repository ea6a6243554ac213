import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import type { Cell } from "../../../src/explain/game.ts";
import { seededRandom, seedFromInteger } from "../../../src/explain/random.ts";
import type { Contract } from "../../../src/models/contract.ts";

/** Chance that repeats. */
export function dice(seed: number): { below(n: number): number; chance(p: number): boolean } {
  const random = seededRandom(seedFromInteger(seed));
  const below = (n: number) => Math.floor((random() / 2 ** 32) * n);
  return { below, chance: (p) => below(1_000_000) < p * 1_000_000 };
}

/**
 * Synthetic applicants: a real one of the published table, a quarter of whose cells are another's and whose numbers are moved
 * by up to a tenth, so that they keep what goes with what and nobody is anybody.
 */
export function applicants({ features }: Contract, count: number, seed: number): Cell[][] {
  const csv = readFileSync(new URL("../../../training/german-credit.csv", import.meta.url));
  const table = parse(csv, { columns: true }) as Record<string, string>[];
  const { below, chance } = dice(seed);
  return Array.from({ length: count }, () => {
    const real = table[below(table.length)]!;
    return features.map((feature): Cell => {
      const from = chance(0.25) ? table[below(table.length)]! : real;
      const cell = from[feature.name]!;
      if (!("min" in feature)) return cell;
      const moved = Number(cell) * (0.9 + below(2001) / 10_000);
      return Math.min(feature.max, Math.max(feature.min, Math.round(moved)));
    });
  });
}
