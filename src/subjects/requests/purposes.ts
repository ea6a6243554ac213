import type { Basis, Contract } from "../../models/contract.ts";
import { keysOf, type SubjectKey } from "../../privacy/subject-keys.ts";
import { contractOf } from "../access.ts";
import type { Regime } from "../deadlines/clock.ts";
import { rulingOf } from "./law.ts";
import type { RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";

type BasisKind = Basis["kind"];

/** A use of somebody's data that something is held under. */
export interface HeldPurpose {
  key: SubjectKey;
  contract: Contract;
  bases: BasisKind[];
}

/** The kinds of legal basis that features of a contract rest on. */
export const basesOf = (contract: Contract): BasisKind[] => [
  ...new Set(contract.features.map(({ basis }) => contract.bases[basis]!.kind)),
];

/** @param model leaves out the others'; absent: all */
export async function purposesOf(
  deps: RightsDeps,
  subjectId: string,
  model?: string,
): Promise<HeldPurpose[]> {
  const keys = await keysOf(deps.db, deps.epoch, subjectId);
  const held = await Promise.all(
    keys.map(async (key) => {
      const contract = await contractOf(deps, key);
      return { key, contract, bases: basesOf(contract) };
    }),
  );
  return held.filter(({ contract }) => model === undefined || contract.name === model);
}

export interface Ruled<T> {
  /** Regimes that give the right over at least one of them. */
  regimes: Regime[];
  articles: string[];
  applies: T[];
  /** Those over which no regime gives it, with the articles that say so. */
  refused: { of: T; articles: string[] }[];
}

/** For which of these the laws that the controller is under give a right. */
export function ruled<T extends { bases: readonly BasisKind[] }>(
  regimes: readonly Regime[],
  right: RequestRight,
  over: readonly T[],
): Ruled<T> {
  const result: Ruled<T> = { regimes: [], articles: [], applies: [], refused: [] };
  const given = new Set<Regime>();
  const articles = new Set<string>();
  for (const of of over) {
    const rulings = regimes.map((regime) => ({ regime, ...rulingOf(regime, right, of.bases) }));
    const giving = rulings.filter(({ applies }) => applies);
    for (const { regime, article } of giving) {
      given.add(regime);
      articles.add(article);
    }
    if (giving.length > 0) result.applies.push(of);
    else result.refused.push({ of, articles: [...new Set(rulings.map(({ article }) => article))] });
  }
  result.regimes = regimes.filter((regime) => given.has(regime));
  result.articles = [...articles];
  return result;
}
