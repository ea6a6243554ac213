import { asc, eq, gte } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { inclusionPath } from "../../audit/merkle.ts";
import type { Database } from "../db/client.ts";
import type { LogReader } from "../db/log.ts";
import { erasedEntry, logEntry } from "../db/tables.ts";
import { listDecisions, openDecision } from "../decisions/audited.ts";
import type { RecordState } from "../decisions/decision.ts";
import type { Deps } from "../decisions/deps.ts";
import { leaveTrace } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { auditFilter, decodeCursor, encodeCursor } from "../http/auditor.ts";
import { myAccess, myDecisions } from "../http/subject.ts";
import { type Actor, HIGHEST_PROOF } from "../http/tokens.ts";
import type { ModelRegistry } from "../models/registry.ts";
import { type Erasure, eraseSubject, whatErasureWouldDo } from "../subjects/erase.ts";
import type { LastEntry, LogProof, PagesDeps } from "./deps.ts";

const DECISIONS_A_PAGE = 25;
const ENTRIES_ON_THE_STRIP = 96;

type PublicVerbs = Pick<PagesDeps, "contract" | "logState" | "logProof">;
type PersonalVerbs = Pick<
  PagesDeps,
  | "auditDecisions"
  | "auditDecision"
  | "auditEntry"
  | "myDecisions"
  | "myAccess"
  | "whatErasureWouldDo"
  | "eraseMe"
>;

const stateOf = (row: { by: number | null; since: number | null }): RecordState => {
  if (row.since === null) return { state: "kept" };
  return row.by === null ? { state: "erased-pending" } : { state: "erased", by: row.by };
};

async function proofOf(log: LogReader, index: number): Promise<LogProof> {
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
      const rows = await db
        .select({
          index: logEntry.index,
          leaf: logEntry.leaf,
          by: erasedEntry.erasureIndex,
          since: erasedEntry.sinceHour,
        })
        .from(logEntry)
        .leftJoin(erasedEntry, eq(erasedEntry.logIndex, logEntry.index))
        .where(gte(logEntry.index, size - ENTRIES_ON_THE_STRIP))
        .orderBy(asc(logEntry.index));
      const last = rows.map(
        (row): LastEntry => ({ index: row.index, kind: parseLeaf(row.leaf).kind, state: stateOf(row).state }),
      );
      return { size, root: toHex(root), last };
    },
  };
}

/** The verbs of the JSON routes, asked by the pages: the same authority, the same traces. */
export function personalVerbs(
  deps: Deps,
  who: { controller: string; dataProtectionOfficer: string },
): PersonalVerbs {
  const proven = (actor: Actor) => {
    if (actor.proof < HIGHEST_PROOF) throw new Problem("proof_level_too_low");
    return actor.subject;
  };
  const byPurpose = ({ erased, refused }: Erasure) => ({
    erased: erased.map(({ model, purpose, entries }) => ({ purpose: model, text: purpose, entries })),
    refused: refused.map(({ model, purpose, article, reason }) => ({
      purpose: model,
      text: purpose,
      article,
      reason,
    })),
  });
  return {
    async auditDecisions(actor, filter, cursor) {
      const below = cursor === undefined ? {} : { below: decodeCursor(cursor) };
      const page = { ...below, limit: DECISIONS_A_PAGE };
      const { items, next, entry } = await listDecisions(
        deps,
        { name: actor.subject },
        auditFilter(filter),
        page,
      );
      return { items, next: next === null ? null : encodeCursor(next), entry };
    },
    async auditDecision(actor, id) {
      const { logIndex, hour, record, state, entry } = await openDecision(deps, { name: actor.subject }, id);
      return { logIndex, hour, record, state, proof: await proofOf(deps.log, logIndex), entry };
    },
    async auditEntry(actor, logIndex) {
      const leaf = parseLeaf((await deps.log.leaf(logIndex)).leaf);
      const [row] = await deps.db
        .select({ by: erasedEntry.erasureIndex, since: erasedEntry.sinceHour })
        .from(erasedEntry)
        .where(eq(erasedEntry.logIndex, logIndex));
      await leaveTrace(deps, { role: "auditor", name: actor.subject }, "entry");
      return {
        logIndex,
        kind: leaf.kind,
        hour: leaf.hour,
        covers: leaf.kind === "erasure" ? leaf.count : null,
        state: stateOf(row ?? { by: null, since: null }),
        proof: await proofOf(deps.log, logIndex),
      };
    },
    async myDecisions(actor) {
      const { decisions, opened } = await myDecisions(deps, actor.subject);
      return {
        items: decisions.map(({ at, logIndex, inputs, decision }) => ({ at, logIndex, inputs, decision })),
        opened: opened.map(({ hour, role, purpose, what, decision }) => ({
          hour,
          role,
          purpose,
          what,
          about: decision,
        })),
      };
    },
    myAccess: async (actor) => myAccess(deps, who, proven(actor)),
    whatErasureWouldDo: async (actor) => byPurpose(await whatErasureWouldDo(deps, proven(actor))),
    eraseMe: async (actor) => byPurpose(await eraseSubject(deps, proven(actor))),
  };
}
