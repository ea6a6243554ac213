import { gte } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { inclusionPath } from "../../audit/merkle.ts";
import type { Database } from "../db/client.ts";
import type { LogReader } from "../db/log.ts";
import { entriesBetween } from "../db/log-entries.ts";
import { erasedEntry } from "../db/tables.ts";
import type { RecordState } from "../decisions/decision.ts";
import type { ModelRegistry } from "../models/registry.ts";
import type { LastEntry, LogProof, PagesDeps } from "./deps.ts";

const ENTRIES_ON_THE_STRIP = 96;

type PublicVerbs = Pick<PagesDeps, "contract" | "logState" | "logProof">;

export const stateOf = (row: { by: number | null; since: number | null }): RecordState => {
  if (row.since === null) return { state: "kept" };
  return row.by === null ? { state: "erased-pending" } : { state: "erased", by: row.by };
};

export async function proofOf(log: LogReader, index: number): Promise<LogProof> {
  const { size, root, checkpoint } = await log.head();
  const [{ leafHash }, hashes] = await Promise.all([log.leaf(index), log.inclusionProof(index, size)]);
  const path = inclusionPath(index, size).map((subtrees, i) => {
    const [largest] = subtrees;
    const last = subtrees.at(-1);
    if (!largest || !last) throw new Error("A step of a proof covers nothing");
    const start = largest.index * 2 ** largest.level;
    const end = (last.index + 1) * 2 ** last.level;
    const side = start < index ? ("left" as const) : ("right" as const);
    return { level: largest.level, start, end, hash: toHex(hashes[i]!), side };
  });
  return { size, root: toHex(root), leafHash: toHex(leafHash), path, checkpoint };
}

/** What everybody may see: no token, no trace, no key. The edge serves these too. */
export function publicVerbs(db: Database, log: LogReader, models: ModelRegistry): PublicVerbs {
  return {
    contract: async (model, version) => (await models.published(model, version)).contract,
    logProof: (index) => proofOf(log, index),
    async logState() {
      const { size, root } = await log.head();
      const start = Math.max(size - ENTRIES_ON_THE_STRIP, 0);
      const [entries, erased] = await Promise.all([
        entriesBetween(db, start, size),
        db.select().from(erasedEntry).where(gte(erasedEntry.logIndex, start)),
      ]);
      const erasedAt = new Map(erased.map((row) => [row.logIndex, row]));
      const last = entries.map(({ index, leaf }): LastEntry => {
        const row = erasedAt.get(index);
        const { state } = stateOf({ by: row?.erasureIndex ?? null, since: row?.sinceHour ?? null });
        return { index, kind: parseLeaf(leaf).kind, state };
      });
      return { size, root: toHex(root), last };
    },
  };
}
