import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Person } from "./people.ts";

export const CONSENT_MODEL = "german-credit";
export const CREDIT_PROTECTION_MODEL = "german-credit-logistic";

const ROWS = new URL("../../training/german-credit.csv", import.meta.url);
const LABEL = "credit_risk";
/** Of 200 decisions 30 rest on credit protection. */
const CREDIT_PROTECTION_SHARE = 0.15;

export type Inputs = Record<string, string | number>;

export interface Application {
  model: string;
  person: Person;
  inputs: Inputs;
}

/** Real rows, as a form would send them: numbers as numbers, everything else as it is written. */
export async function readRows(numeric: ReadonlySet<string>): Promise<Inputs[]> {
  const rows: Record<string, string>[] = parse(await readFile(ROWS), { columns: true });
  return rows.map(({ [LABEL]: _, ...features }) =>
    Object.fromEntries(
      Object.entries(features).map(([name, text]) => [name, numeric.has(name) ? Number(text) : text]),
    ),
  );
}

/**
 * One application a row. The first person comes back twice with other terms; the last ones ask a model whose decisions
 * the law lets the bank keep.
 */
export function applicationsOf(rows: readonly Inputs[], people: readonly Person[]): Application[] {
  const kept = Math.round(rows.length * CREDIT_PROTECTION_SHARE);
  return rows.map((inputs, i) => ({
    model: i < rows.length - kept ? CONSENT_MODEL : CREDIT_PROTECTION_MODEL,
    person: people[Math.max(0, i - RETURNS)]!,
    inputs,
  }));
}

/** How often the first person comes back. */
const RETURNS = 2;
export const peopleFor = (decisions: number): number => decisions - RETURNS;
