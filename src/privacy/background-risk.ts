import type { Cell } from "../explain/game.ts";
import type { Contract, Feature } from "../models/contract.ts";
import { anonymise } from "./anonymise.ts";
import { RiskTable } from "./risk/report.ts";
import type { SubjectKey } from "./subject-keys.ts";

/** What a package's background says of the people in it, as its owner is told when it is published. */
export interface BackgroundRisk {
  rows: number;
  /** As the package says: invented rows are nobody's. */
  synthetic: boolean;
  quasiIdentifiers: string[];
  /** Rows of the smallest class that are equal in every quasi-identifier, as the policies leave them. */
  k: number;
  /** Rows that are alone in theirs. */
  uniques: number;
}

/** The other policies read nothing of a person. */
const NOBODY = { key: {} as SubjectKey, identifiers: [] };

/** What needs somebody's key tells its values apart as well as they are: they count as they stand. */
function leftOf(feature: Feature, cell: Cell): string {
  const { kind } = feature.policy;
  if (kind === "pseudonymise" || kind === "surrogate" || kind === "noise") return String(cell);
  return JSON.stringify(anonymise({ features: [feature] }, [cell], NOBODY));
}

/** @param background all rows of the package's own file, in the contract's order of features */
export function backgroundRisk(
  contract: Pick<Contract, "features" | "quasiIdentifiers" | "background">,
  background: readonly (readonly Cell[])[],
): BackgroundRisk {
  const chosen = contract.features.flatMap((feature, column) =>
    contract.quasiIdentifiers.includes(feature.name) ? [{ feature, column }] : [],
  );
  const table = new RiskTable(chosen.length, []);
  for (const row of background)
    table.add(
      chosen.map(({ feature, column }) => leftOf(feature, row[column]!)),
      [],
    );
  const report = table.report();
  if (report === null) throw new Error("A package's background has rows");
  return {
    rows: report.rows,
    synthetic: contract.background.synthetic,
    quasiIdentifiers: [...contract.quasiIdentifiers],
    k: report.k,
    uniques: report.uniques,
  };
}
