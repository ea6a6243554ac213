import { inArray } from "drizzle-orm";
import { toHex, utf8 } from "../../audit/bytes.ts";
import { canonicalize } from "../../audit/canonical.ts";
import { coarseningTree } from "../../audit/coarsening.ts";
import { commit } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { hourOf } from "../../audit/leaf.ts";
import { appendEntries, lockHead } from "../db/log-append.ts";
import { coarsenedEntry, record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import { reasonCode } from "../explain/reasons.ts";
import type { Contract } from "../models/contract.ts";
import { bearsAttribution, coarsestLevel } from "../privacy/anonymise.ts";
import { coarserInputs } from "../privacy/coarser.ts";
import { levelsToReach, type RecordedClass } from "../privacy/risk/coarsening.ts";
import type { DecisionRecord } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { asCell, recordsOf } from "./live-risk.ts";
import { tallyCoarsened } from "./matching-tally.ts";
import { attributionsOfRecord } from "./recorded-attributions.ts";
import { actorOf } from "./trace.ts";

/** What a run replaced. */
export interface CoarseningRun {
  model: string;
  k: number;
  /** Records that say less now. */
  records: number;
  /** The entries of the log that justify it. */
  entries: number[];
}

/** Records that one entry stands for, replaced in one transaction. The log waits for it, so it is short. */
const AT_ONCE = 500;

type Row = typeof record.$inferSelect;
type Chosen = { logIndex: number; version: number; level: number };
type Replacement = {
  old: Row;
  told: DecisionRecord;
  less: DecisionRecord;
  body: string;
  salt: Uint8Array;
  commitment: Uint8Array;
};

/**
 * Replaces records of a model by coarser ones until no class of equal quasi-identifiers has fewer than k of them, those at the
 * coarsest level of their hierarchy excepted (LGPD 12, GDPR 5(1)(c): records say no more than they need). What a record says
 * next follows from what it says now, so nobody's vault is opened; attributions are made anew for the coarser row. An entry of
 * kind coarsening commits to the new records, its items shuffled over the whole run, so that no order groups one person's.
 *
 * In steps of a transaction each: a crash leaves a step undone or done, and the next run goes on.
 * @param asked.k absent: what the package in use states
 * @param asked.operator who asked, absent by hand on the database
 * @throws Problem unknown_model, k_not_stated
 */
export async function coarsenRecords(
  deps: Deps,
  model: string,
  asked: { k?: number; operator?: string } = {},
): Promise<CoarseningRun> {
  const { contract } = await deps.models.published(model, await deps.models.champion(model));
  const k = asked.k ?? contract.risk?.k;
  if (k === undefined) throw new Problem("k_not_stated");
  const run: CoarseningRun = { model, k, records: 0, entries: [] };
  const chosen = await recordsBelow(deps, model, contract.quasiIdentifiers, k);
  const by =
    asked.operator === undefined
      ? {}
      : { role: "operator", actor: actorOf(deps, "operator", asked.operator) };
  for (let at = 0; at < chosen.length; at += AT_ONCE) {
    const part = chosen.slice(at, at + AT_ONCE);
    const step = await replace(deps, await madeCoarser(deps, model, contract.quasiIdentifiers, part), {
      model,
      k,
      ...by,
    });
    if (step === null) continue;
    run.records += step.records;
    run.entries.push(step.logIndex);
  }
  return run;
}

/** The records to be replaced, in a random order. */
async function recordsBelow(
  deps: Deps,
  model: string,
  quasiIdentifiers: readonly string[],
  k: number,
): Promise<Chosen[]> {
  if (quasiIdentifiers.length === 0) return [];
  const classes = new Map<string, RecordedClass>();
  const versions = (await deps.models.versions(model)).toReversed();
  for (const version of versions) {
    const { contract } = await deps.models.published(model, version);
    for await (const { told } of recordsOf(deps, model, version)) {
      const key = keyOf(version, saidOf(told, quasiIdentifiers));
      const known = classes.get(key);
      if (known) known.rows += 1;
      else classes.set(key, classOfRecord(contract, quasiIdentifiers, told));
    }
  }
  const levels = levelsToReach([...classes.values()], k);
  const levelOf = new Map([...classes.keys()].map((key, i) => [key, levels[i]!]));
  const chosen: (Chosen & { at: string })[] = [];
  for (const version of versions) {
    for await (const { logIndex, told } of recordsOf(deps, model, version)) {
      const level = levelOf.get(keyOf(version, saidOf(told, quasiIdentifiers))) ?? 0;
      if (level > 0) chosen.push({ logIndex, version, level, at: toHex(deps.log.context.randomBytes(16)) });
    }
  }
  return chosen.sort((a, b) => (a.at < b.at ? -1 : 1));
}

const keyOf = (version: number, said: string): string => `${version} ${said}`;

const saidOf = ({ inputs }: Pick<DecisionRecord, "inputs">, quasiIdentifiers: readonly string[]): string =>
  canonicalize(quasiIdentifiers.map((name) => asCell(inputs[name])));

function classOfRecord(
  contract: Contract,
  quasiIdentifiers: readonly string[],
  { inputs }: DecisionRecord,
): RecordedClass {
  const said = new Map<number, string>();
  return {
    rows: 1,
    coarsest: coarsestLevel({ features: contract.features, quasiIdentifiers: [...quasiIdentifiers] }),
    at(level) {
      const known = said.get(level);
      if (known !== undefined) return known;
      const made = saidOf(
        { inputs: coarserInputs(contract, quasiIdentifiers, inputs, level) },
        quasiIdentifiers,
      );
      said.set(level, made);
      return made;
    },
  };
}

/** The new records, before anything waits for them. Those that are gone meanwhile are left out. */
async function madeCoarser(
  deps: Deps,
  model: string,
  quasiIdentifiers: readonly string[],
  chosen: readonly Chosen[],
): Promise<Replacement[]> {
  const indexes = chosen.map(({ logIndex }) => logIndex);
  const rows = await deps.db.select().from(record).where(inArray(record.logIndex, indexes));
  const rowAt = new Map(rows.map((row) => [row.logIndex, row]));
  const made: Replacement[] = [];
  for (const { logIndex, version, level } of chosen) {
    const old = rowAt.get(logIndex);
    if (!old) continue;
    const told = JSON.parse(old.body) as DecisionRecord;
    const live = await deps.models.live(model, version);
    const inputs = coarserInputs(live.contract, quasiIdentifiers, told.inputs, level);
    const hidden = live.contract.features.filter(({ name }) => !bearsAttribution(inputs[name]));
    const codes = new Set(
      hidden.flatMap(({ name }) => [reasonCode(name, "for"), reasonCode(name, "against")]),
    );
    const less: DecisionRecord = {
      ...told,
      inputs,
      ...(await attributionsOfRecord(live, { ...told, inputs })),
      reasons: told.reasons.filter((code) => !codes.has(code)),
    };
    const body = canonicalize({ ...less });
    const salt = deps.log.context.randomBytes(32);
    made.push({ old, told, less, body, salt, commitment: commit(nodeCrypto, salt, utf8(body)) });
  }
  return made;
}

/**
 * Entry and records together. The database refuses to rewrite a record: the old one is deleted, as an erasure deletes it, and
 * with it its salt.
 */
function replace(
  deps: Deps,
  made: readonly Replacement[],
  about: { model: string; k: number; role?: string; actor?: string },
): Promise<{ logIndex: number; records: number } | null> {
  if (made.length === 0) return Promise.resolve(null);
  return deps.db.transaction(async (tx) => {
    await lockHead(tx);
    // What was erased or replaced since it was read is left alone.
    const standing = await tx
      .select({ logIndex: record.logIndex, salt: record.salt })
      .from(record)
      .where(
        inArray(
          record.logIndex,
          made.map(({ old }) => old.logIndex),
        ),
      );
    const saltAt = new Map(standing.map(({ logIndex, salt }) => [logIndex, toHex(salt)]));
    const going = made.filter(({ old }) => saltAt.get(old.logIndex) === toHex(old.salt));
    if (going.length === 0) return null;
    const items = going.map(({ old, commitment }) => ({ index: old.logIndex, record: commitment }));
    const { count, itemsRoot } = coarseningTree(nodeCrypto, items);
    const hour = hourOf(deps.now());
    const [outcome] = await appendEntries(tx, deps.log.context, [
      {
        leaf: { kind: "coarsening", count, itemsRoot },
        hour,
        body: { kind: "coarsening", hour, count, ...about },
        columns: { id: deps.randomId(), model: about.model },
      },
    ]);
    if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
    const { logIndex: coarseningIndex } = outcome;
    await tx.delete(record).where(
      inArray(
        record.logIndex,
        going.map(({ old }) => old.logIndex),
      ),
    );
    await tx.insert(record).values(going.map(({ old, body, salt }) => ({ ...old, body, salt })));
    await tx.insert(coarsenedEntry).values(
      items.map(({ index, record: commitment }, position) => ({
        coarseningIndex,
        position,
        logIndex: index,
        commitment,
        hour,
      })),
    );
    await tallyCoarsened(
      tx,
      deps,
      going.map(({ told, less }) => ({ ...told, less: less.inputs })),
    );
    return { logIndex: coarseningIndex, records: going.length };
  });
}
