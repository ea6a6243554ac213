import { and, desc, eq, gte, lt, lte, type SQL } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { type Leaf, parseLeaf } from "../../audit/leaf.ts";
import { coarsenedAmong } from "../db/coarsened.ts";
import { leavesAt } from "../db/log-entries.ts";
import { erasedEntry, record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { AuditedDecision, DecisionRecord, RecordState } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { leaveTrace } from "./trace.ts";

export interface AuditFilter {
  model?: string;
  version?: number;
  outcome?: string;
  /** Whole hours since 1970-01-01T00:00Z, both included. */
  fromHour?: number;
  toHour?: number;
}

const stateOf = (row: { erasureIndex: number | null }): RecordState =>
  row.erasureIndex === null ? { state: "erased-pending" } : { state: "erased", by: row.erasureIndex };

/** The version that an erased entry's digests still name; nothing else of it is known. */
async function versionOfLeaf(deps: Pick<Deps, "models">, leaf: Leaf) {
  if (leaf.kind !== "decision") return null;
  const wanted = toHex(leaf.digests.model) + toHex(leaf.digests.background) + toHex(leaf.digests.policy);
  for (const model of await deps.models.names()) {
    for (const version of await deps.models.versions(model)) {
      const { digests } = await deps.models.published(model, version);
      if (digests.model + digests.background + digests.policy === wanted) return { model, version };
    }
  }
  return null;
}

async function keptBelow(
  deps: Deps,
  filter: AuditFilter,
  below: number,
  limit: number,
): Promise<AuditedDecision[]> {
  const conditions: (SQL | undefined)[] = [
    eq(record.kind, "decision"),
    lt(record.logIndex, below),
    filter.model === undefined ? undefined : eq(record.model, filter.model),
    filter.version === undefined ? undefined : eq(record.version, filter.version),
    filter.outcome === undefined ? undefined : eq(record.outcome, filter.outcome),
    filter.fromHour === undefined ? undefined : gte(record.hour, filter.fromHour),
    filter.toHour === undefined ? undefined : lte(record.hour, filter.toHour),
  ];
  const rows = await deps.db
    .select({ logIndex: record.logIndex, hour: record.hour, body: record.body })
    .from(record)
    .where(and(...conditions))
    .orderBy(desc(record.logIndex))
    .limit(limit);
  const coarsened = await coarsenedAmong(
    deps.db,
    rows.map(({ logIndex }) => logIndex),
  );
  return rows.map(({ logIndex, hour, body }) => {
    const read = JSON.parse(body) as DecisionRecord;
    const replaced = coarsened.get(logIndex);
    return {
      logIndex,
      hour,
      model: read.model,
      version: read.version,
      record: read,
      state: { state: "kept", ...(replaced && { coarsenedBy: replaced.by }) },
    };
  });
}

/** Erased decisions have no outcome any more, so a filter by outcome leaves them out. */
async function erasedBelow(
  deps: Deps,
  filter: AuditFilter,
  below: number,
  limit: number,
): Promise<AuditedDecision[]> {
  if (filter.outcome !== undefined) return [];
  const found: AuditedDecision[] = [];
  let from = below;
  for (;;) {
    const rows = await deps.db
      .select({ logIndex: erasedEntry.logIndex, erasureIndex: erasedEntry.erasureIndex })
      .from(erasedEntry)
      .where(lt(erasedEntry.logIndex, from))
      .orderBy(desc(erasedEntry.logIndex))
      .limit(limit);
    const leaves = await leavesAt(
      deps.db,
      rows.map(({ logIndex }) => logIndex),
    );
    for (const row of rows) {
      const bytes = leaves.get(row.logIndex);
      if (!bytes) throw new Error("An erased entry is not in the log");
      const leaf = parseLeaf(bytes);
      if (leaf.kind !== "decision") continue;
      if (filter.fromHour !== undefined && leaf.hour < filter.fromHour) continue;
      if (filter.toHour !== undefined && leaf.hour > filter.toHour) continue;
      const named = await versionOfLeaf(deps, leaf);
      if (filter.model !== undefined && named?.model !== filter.model) continue;
      if (filter.version !== undefined && named?.version !== filter.version) continue;
      found.push({
        logIndex: row.logIndex,
        hour: leaf.hour,
        model: named?.model ?? null,
        version: named?.version ?? null,
        record: null,
        state: stateOf(row),
      });
      if (found.length === limit) return found;
    }
    if (rows.length < limit) return found;
    from = rows.at(-1)!.logIndex;
  }
}

/**
 * Whether a filter names what there is. Anything else finds nothing, and is not put into a statement: the database's own log
 * may repeat a statement's values, and what a caller takes for an outcome may be a person's name.
 */
async function canMatch({ models }: Pick<Deps, "models">, { model, outcome }: AuditFilter): Promise<boolean> {
  if (model !== undefined && !(await models.isNamed(model))) return false;
  if (outcome === undefined) return true;
  for (const name of model === undefined ? await models.names() : [model]) {
    for (const version of await models.versions(name)) {
      const { outcomes } = (await models.published(name, version)).contract.output;
      if (Object.values(outcomes).some(({ code }) => code === outcome)) return true;
    }
  }
  return false;
}

/**
 * Decisions on the record, newest first, the erased ones in their places. Reading them leaves a trace.
 * @param page.below entries from this index on are left out; absent: from the newest
 * @returns `next` to go on with, or null; `entry` is the index under which this reading is on the record
 */
export async function listDecisions(
  deps: Deps,
  reader: { name: string },
  filter: AuditFilter,
  page: { below?: number; limit: number },
): Promise<{ items: AuditedDecision[]; next: number | null; entry: number }> {
  const below = page.below ?? Number.MAX_SAFE_INTEGER;
  const [kept, erased] = (await canMatch(deps, filter))
    ? await Promise.all([
        keptBelow(deps, filter, below, page.limit + 1),
        erasedBelow(deps, filter, below, page.limit + 1),
      ])
    : [[], []];
  const merged = [...kept, ...erased].sort((a, b) => b.logIndex - a.logIndex);
  const items = merged.slice(0, page.limit);
  const next = merged.length > page.limit ? items.at(-1)!.logIndex : null;
  const entry = await leaveTrace(deps, { role: "auditor", name: reader.name }, "decision-list");
  return { items, next, entry };
}

export interface OpenedDecision extends AuditedDecision {
  leafHash: Uint8Array;
  inclusionProof: Uint8Array[];
  size: number;
  root: Uint8Array;
  checkpoint: string;
  /** Index under which this reading is on the record. */
  entry: number;
}

/**
 * One decision's record with its proof: by its id, or by its place in the log, which is the only way to an erased one.
 * @param which a UUID or a log index
 * @throws Problem unknown_decision
 */
export async function openDecision(
  deps: Deps,
  reader: { name: string },
  which: string,
): Promise<OpenedDecision> {
  const found = await locate(deps, which);
  const entry = await leaveTrace(
    deps,
    { role: "auditor", name: reader.name },
    "explanation",
    found.record ? { decision: found.record.id } : {},
  );
  const { leafHash } = await deps.log.leaf(found.logIndex);
  const head = await deps.log.head();
  const inclusionProof = await deps.log.inclusionProof(found.logIndex, head.size);
  return {
    ...found,
    leafHash,
    inclusionProof,
    size: head.size,
    root: head.root,
    checkpoint: head.checkpoint,
    entry,
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Without a trace: for verbs that leave one of their own. @throws Problem unknown_decision */
export async function locate(deps: Deps, which: string): Promise<AuditedDecision> {
  const unknown = () =>
    new Problem(
      "unknown_decision",
      "No record stands under this id: there never was one, or it was erased. An erased decision is found by its log index.",
    );
  if (UUID.test(which)) {
    const [row] = await deps.db
      .select({ logIndex: record.logIndex })
      .from(record)
      .where(eq(record.id, which));
    if (!row) throw unknown();
    return locate(deps, String(row.logIndex));
  }
  if (!/^(0|[1-9][0-9]{0,14})$/.test(which)) throw unknown();
  const below = Number(which) + 1;
  const [kept] = await keptBelow(deps, {}, below, 1);
  if (kept?.logIndex === below - 1) return kept;
  const [erased] = await erasedBelow(deps, {}, below, 1);
  if (erased?.logIndex === below - 1) return erased;
  throw unknown();
}
