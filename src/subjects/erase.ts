import { and, eq, inArray, notExists } from "drizzle-orm";
import { hourOf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { lockHead } from "../db/log-append.ts";
import { dataKey, erasedEntry, idempotencyKey, payload, record, subject } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { erasureRule } from "../decisions/key-use.ts";
import { Problem } from "../errors.ts";
import type { Contract } from "../models/contract.ts";
import { keysOf, type SubjectKey } from "../privacy/subject-keys.ts";
import { contractOf } from "./access.ts";
import { entriesOf } from "./entries.ts";
import { eventEntry } from "./trace.ts";

type Words = { "pt-BR": string; en: string };

export interface ErasedPurpose {
  model: string;
  purpose: Words;
  /** Entries of the log behind which nothing lies any more. */
  entries: number;
}

export interface RefusedPurpose {
  model: string;
  purpose: Words;
  /** The legal ground to keep, as LGPD 18 §4 II asks a refusal to name. */
  article: string;
  reason: Words;
}

export interface Erasure {
  erased: ErasedPurpose[];
  refused: RefusedPurpose[];
}

const wordsOf = (contract: Contract): Words => Object.values(contract.purposes)[0]!.text;

/**
 * Ends access to everything under one key, in one transaction: payloads, records, openings of them, idempotent
 * answers, the key itself, and the person's row once no key is left. The log keeps its entries; each is marked as
 * erased, pending the erasure entry of its interval.
 * @returns how many entries, or null when the key is already gone
 */
async function eraseKey(deps: Deps, held: SubjectKey): Promise<number | null> {
  return deps.db.transaction(async (tx) => {
    // No entry may be added under this key while its entries are gathered.
    await lockHead(tx);
    const [row] = await tx.select().from(dataKey).where(eq(dataKey.id, held.id)).for("update");
    if (!row) return null;
    const own = await entriesOf(tx, { ...held, entries: row.entries });
    const ownIndexes = own.map(({ logIndex }) => logIndex);
    for (const tags of chunksOf(own.map(({ tag }) => tag))) {
      await tx.delete(payload).where(inArray(payload.tag, tags));
    }
    const indexes = [...ownIndexes, ...(await eraseRecords(tx, ownIndexes))];
    const sinceHour = hourOf(deps.now());
    for (const part of chunksOf(indexes)) {
      await tx
        .insert(erasedEntry)
        .values(part.map((logIndex) => ({ logIndex, salt: deps.log.context.randomBytes(16), sinceHour })));
    }
    await tx.delete(dataKey).where(eq(dataKey.id, row.id));
    await tx
      .delete(subject)
      .where(
        and(
          eq(subject.id, row.subject),
          notExists(tx.select({ id: dataKey.id }).from(dataKey).where(eq(dataKey.subject, row.subject))),
        ),
      );
    return indexes.length;
  });
}

/**
 * Deletes the records of these entries, and of every reading, export or review of them: whoever holds a receipt must
 * find nothing behind it.
 * @returns the log indexes of those further entries
 */
async function eraseRecords(tx: Database, own: readonly number[]): Promise<number[]> {
  const ids: string[] = [];
  for (const part of chunksOf(own)) {
    const rows = await tx.delete(record).where(inArray(record.logIndex, part)).returning({ id: record.id });
    ids.push(...rows.map(({ id }) => id));
  }
  const further: number[] = [];
  for (const part of chunksOf(ids)) {
    const rows = await tx
      .delete(record)
      .where(inArray(record.about, part))
      .returning({ logIndex: record.logIndex });
    further.push(...rows.map(({ logIndex }) => logIndex));
    // The key that a client chose stays taken until it expires; what it answered is gone (410).
    await tx
      .update(idempotencyKey)
      .set({ decision: null, requestHmac: null })
      .where(inArray(idempotencyKey.decision, part));
  }
  return further;
}

/** What each key of a person is for, and whether the law lets it be erased. */
async function rulings(deps: Deps, subjectId: string) {
  const keys = await keysOf(deps.db, deps.epoch, subjectId);
  return Promise.all(
    keys.map(async (key) => {
      const contract = await contractOf(deps, key);
      const about = { model: contract.name, purpose: wordsOf(contract) };
      return { key, about, rule: erasureRule(contract) };
    }),
  );
}

/** What an erasure would do, purpose by purpose, without doing it. */
export async function whatErasureWouldDo(deps: Deps, subjectId: string): Promise<Erasure> {
  const erasure: Erasure = { erased: [], refused: [] };
  for (const { key, about, rule } of await rulings(deps, subjectId)) {
    if (rule.allowed) erasure.erased.push({ ...about, entries: key.entries });
    else erasure.refused.push({ ...about, article: rule.article, reason: rule.reason });
  }
  return erasure;
}

/**
 * Erases a person as far as the legal basis of each purpose allows (LGPD 18 IV and VI, GDPR 17). A refusal names its
 * article (LGPD 18 §4 II) and is on the record under the person's tag.
 * @param reaches which models' purposes are asked about; absent: all
 * @throws Problem nothing_held; erasure_refused when no purpose could be erased
 */
export async function eraseSubject(
  deps: Deps,
  subjectId: string,
  reaches: (model: string) => boolean = () => true,
): Promise<Erasure> {
  const ruled = (await rulings(deps, subjectId)).filter(({ about }) => reaches(about.model));
  if (ruled.length === 0) throw new Problem("nothing_held");
  const erasure: Erasure = { erased: [], refused: [] };
  for (const { key, about, rule } of ruled) {
    if (rule.allowed) {
      const entries = await eraseKey(deps, key);
      if (entries !== null) erasure.erased.push({ ...about, entries });
    } else {
      const at = deps.now().toISOString();
      await deps.log.append(
        eventEntry(deps, key, { kind: "refusal", at, right: "erasure", article: rule.article }),
      );
      erasure.refused.push({ ...about, article: rule.article, reason: rule.reason });
    }
  }
  if (erasure.erased.length === 0 && erasure.refused.length > 0) {
    const articles = [...new Set(erasure.refused.map(({ article }) => article))].join("; ");
    throw new Problem("erasure_refused", `The law lets the controller keep this: ${articles}`, {
      members: { ...erasure },
    });
  }
  return erasure;
}
