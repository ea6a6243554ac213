import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { matchingClass } from "../db/tables.ts";
import type { Contract } from "../models/contract.ts";
import { coarsestLevel, type RecordedValue } from "../privacy/anonymise.ts";
import { coarserInputs } from "../privacy/coarser.ts";
import { classOf } from "../privacy/risk/matching.ts";
import type { DecisionRecord } from "./decision.ts";
import type { Deps } from "./deps.ts";

/** A decision's record, as far as it is counted. */
export type Counted = Pick<DecisionRecord, "model" | "version" | "inputs">;

type Inputs = Readonly<Record<string, RecordedValue>>;

/** What a record, or a class, says at each level but the coarsest, as text. */
function saidAt(contract: Contract, inputs: Inputs): string[] {
  const { quasiIdentifiers } = contract;
  return Array.from({ length: coarsestLevel(contract) }, (_, level) =>
    classOf(contract, coarserInputs(contract, quasiIdentifiers, inputs, level)),
  );
}

/** What a class says at each level from `level` to the coarsest. */
function wordings(contract: Contract, level: number, name: string): Set<string> {
  const { quasiIdentifiers } = contract;
  const values = JSON.parse(name) as RecordedValue[];
  const inputs = Object.fromEntries(quasiIdentifiers.map((feature, i) => [feature, values[i]!]));
  const said = new Set<string>();
  for (let at = level; at <= coarsestLevel(contract); at++) {
    said.add(classOf(contract, coarserInputs(contract, quasiIdentifiers, inputs, at)));
  }
  return said;
}

/** Nothing is counted meanwhile, and nobody waits for this who holds a row that this needs. */
const lockTally = (tx: Database) => tx.execute(sql`LOCK TABLE matching_class IN SHARE ROW EXCLUSIVE MODE`);

const here = (model: string, level: number, name: string) =>
  and(eq(matchingClass.model, model), eq(matchingClass.level, level), eq(matchingClass.class, name));

/** Records that are counted alike, once with how many they are: those of one person mostly are. */
async function alike<Record extends Counted>(
  deps: Pick<Deps, "models">,
  records: readonly Record[],
  saidBy: (contract: Contract, record: Record) => readonly string[],
) {
  const groups = new Map<string, { model: string; contract: Contract; record: Record; n: number }>();
  for (const record of records) {
    const { model, version } = record;
    const { contract } = await deps.models.published(model, version);
    if (contract.risk === undefined) continue;
    const key = JSON.stringify([model, version, saidBy(contract, record)]);
    const known = groups.get(key);
    if (known) known.n += 1;
    else groups.set(key, { model, contract, record, n: 1 });
  }
  return [...groups.values()];
}

/**
 * Takes records that go off the counts of arrivals. A record at the finest level is of one class; of a coarser one nobody
 * knows which of several it was, which is what it was made coarse for: so it comes off each that it may have been, but none
 * goes below the records that stand in it. Counts are then too small rather than too large, and later records coarser.
 */
export async function tallyLeft(
  tx: Database,
  deps: Pick<Deps, "models">,
  records: readonly Counted[],
): Promise<void> {
  const groups = await alike(deps, records, (contract, { inputs }) => [classOf(contract, inputs)]);
  if (groups.length > 0) await lockTally(tx);
  for (const { model, contract, record, n } of groups) {
    const said = saidAt(contract, record.inputs);
    const found: boolean[] = [];
    for (const [level, name] of said.entries()) {
      const rows = await tx
        .update(matchingClass)
        .set({
          arrivals: sql`greatest(${matchingClass.arrivals} - ${n}::int, 0)`,
          standing: sql`greatest(${matchingClass.standing} - ${n}::int, 0)`,
        })
        .where(here(model, level, name))
        .returning({ level: matchingClass.level });
      found.push(rows.length > 0);
    }
    if (found[0]) continue;
    for (const row of await tx.select().from(matchingClass).where(eq(matchingClass.model, model))) {
      if (said[row.level] === row.class || !wordings(contract, row.level, row.class).has(said[0]!)) continue;
      await tx
        .update(matchingClass)
        .set({ arrivals: sql`greatest(${matchingClass.arrivals} - ${n}::int, ${matchingClass.standing})` })
        .where(here(model, row.level, row.class));
    }
  }
}

/** Records that stay and say less: they are arrivals of their classes still, and stand in none of the finer ones any more. */
export async function tallyCoarsened(
  tx: Database,
  deps: Pick<Deps, "models">,
  records: readonly (Counted & { less: Inputs })[],
): Promise<void> {
  const groups = await alike(deps, records, (contract, { inputs, less }) => [
    classOf(contract, inputs),
    classOf(contract, less),
  ]);
  if (groups.length > 0) await lockTally(tx);
  for (const { model, contract, record, n } of groups) {
    const now = saidAt(contract, record.less);
    for (const [level, name] of saidAt(contract, record.inputs).entries()) {
      if (now[level] === name) continue;
      await tx
        .update(matchingClass)
        .set({ standing: sql`greatest(${matchingClass.standing} - ${n}::int, 0)` })
        .where(here(model, level, name));
    }
  }
}
