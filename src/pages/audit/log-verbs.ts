import { and, count, desc, inArray, isNotNull, isNull, max } from "drizzle-orm";
import { toHex } from "../../../audit/bytes.ts";
import { type Checkpoint, openCheckpoint, parseCheckpoint } from "../../../audit/checkpoint.ts";
import { checkConsistency } from "../../../audit/consistency.ts";
import { nodeCrypto } from "../../../audit/crypto-node.ts";
import { parseLeaf } from "../../../audit/leaf.ts";
import { keysOfSigner, parseNote } from "../../../audit/note.ts";
import { Refusal } from "../../../audit/refusal.ts";
import { publicationOf } from "../../checkpoints/published.ts";
import { leavesAt } from "../../db/log-entries.ts";
import { exportLines } from "../../db/log-export.ts";
import { epoch, erasedEntry, logCheckpoint } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { evidenceOf, traceExport } from "../../decisions/evidence.ts";
import { Problem } from "../../errors.ts";
import type { Actor } from "../../http/tokens.ts";
import { historyOf } from "./history-verb.ts";

const CHECKPOINTS_SHOWN = 8;
const ERASURES_SHOWN = 10;
/** Entries whose hour is read for the line of growth: evenly spaced, however long the log is. */
const SAMPLES = 80;

export interface LogHistory {
  size: number;
  root: string;
  vkeys: string[];
  published: { size: number; at: Date } | null;
  witnesses: { name: string; size: number; answer: string; askedAt: Date }[];
  stamp: { size: number; at: Date } | null;
  /** Newest first. `signers`: the names of its signature lines. */
  checkpoints: { size: number; root: string; signers: string[] }[];
  /** How many entries there were at an hour: ascending, from the first entry to the last. */
  growth: { hour: number; size: number }[];
  /** Erasure entries, newest first: how many gaps each justifies, and from when no copy of what it erased opens. */
  erasures: { entry: number; hour: number; gaps: number; noCopyOpens: Date | null }[];
  erased: number;
  pending: number;
}

export interface Comparison {
  from: number;
  to: number;
  hashes: number;
  holds: boolean;
  /** The verifier's code, where it does not. */
  code: string | null;
}

/** What the auditor's page of the log reads. All of it is public or about the service itself: nothing leaves a trace. */
export interface LogVerbs {
  /** Every key that the log has had, oldest first. */
  logKeys(): Promise<string[]>;
  logHistory(): Promise<LogHistory>;
  /**
   * Whether the log of a later size begins with that of an earlier one: both are signed checkpoints of this log.
   * @param kept a size, or a signed checkpoint that was kept
   * @param to a size; absent: the head
   * @throws Problem invalid_checkpoint, unknown_entry where no checkpoint of that size was handed out
   */
  compareCheckpoints(kept: number | string, to?: number): Promise<Comparison>;
  /** Readings, corrections and reviews of a decision. The page that shows them leaves the trace. */
  decisionHistory(id: string): ReturnType<typeof historyOf>;
  /** On the record before its first line leaves. */
  exportLog(actor: Actor): Promise<{ size: number; lines: AsyncIterable<string> }>;
  /** On the record. @throws Problem unknown_decision, decision_erased */
  evidence(actor: Actor, id: string): Promise<{ logIndex: number; document: string }>;
}

export function logVerbs(deps: Deps): LogVerbs {
  const keys = () => keysOfSigner(deps.log.context.signer);
  return {
    logKeys: () => deps.log.vkeys(),
    async logHistory() {
      const { size, root } = await deps.log.head();
      const [vkeys, publication, notes, growth, gaps] = await Promise.all([
        deps.log.vkeys(),
        publicationOf(deps.db),
        deps.db.select().from(logCheckpoint).orderBy(desc(logCheckpoint.size)).limit(CHECKPOINTS_SHOWN),
        growthOf(deps, size),
        gapsOf(deps),
      ]);
      return {
        size,
        root: toHex(root),
        vkeys,
        ...publication,
        checkpoints: notes.map(({ note }) => {
          const { text, signatures } = parseNote(note);
          const stated = parseCheckpoint(text);
          return { size: stated.size, root: toHex(stated.root), signers: signatures.map(({ name }) => name) };
        }),
        growth,
        ...gaps,
      };
    },
    async compareCheckpoints(kept, to) {
      const head = await deps.log.head();
      const later = await opened(to === undefined ? head.checkpoint : await deps.log.checkpointAt(to));
      const earlier = await opened(typeof kept === "string" ? kept : await deps.log.checkpointAt(kept));
      const { size: from } = earlier;
      if (from > later.size)
        return { from, to: later.size, hashes: 0, holds: false, code: "checkpoint_older" };
      const proof = await deps.log.consistencyProof(from, later.size);
      const outcome = { from, to: later.size, hashes: proof.length };
      try {
        checkConsistency(nodeCrypto, { checkpoint: "", from, proof }, later, earlier);
        return { ...outcome, holds: true, code: null };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { ...outcome, holds: false, code: error.code };
      }
    },
    async exportLog(actor) {
      const head = await traceExport(deps, { name: actor.subject });
      return { size: head.size, lines: exportLines(deps.db, head) };
    },
    decisionHistory: (id) => historyOf(deps, id),
    evidence: (actor, id) => evidenceOf(deps, { name: actor.subject }, id),
  };

  async function opened(note: string): Promise<Checkpoint> {
    try {
      return await openCheckpoint(nodeCrypto, note, keys());
    } catch (cause) {
      throw new Problem("invalid_checkpoint", undefined, { cause });
    }
  }
}

async function growthOf({ db }: Pick<Deps, "db">, size: number): Promise<LogHistory["growth"]> {
  if (size === 0) return [];
  const steps = Math.min(SAMPLES, size - 1);
  const indexes = [
    ...new Set(
      Array.from({ length: steps + 1 }, (_, i) => Math.round((i * (size - 1)) / Math.max(steps, 1))),
    ),
  ];
  const leaves = await leavesAt(db, indexes);
  return indexes.flatMap((index) => {
    const leaf = leaves.get(index);
    return leaf ? [{ hour: parseLeaf(leaf).hour, size: index + 1 }] : [];
  });
}

async function gapsOf({
  db,
}: Pick<Deps, "db">): Promise<Pick<LogHistory, "erasures" | "erased" | "pending">> {
  const [[erased], [pending], newest] = await Promise.all([
    db.select({ n: count() }).from(erasedEntry),
    db.select({ n: count() }).from(erasedEntry).where(isNull(erasedEntry.erasureIndex)),
    db
      .select({ entry: erasedEntry.erasureIndex, gaps: count(), epoch: max(erasedEntry.epoch) })
      .from(erasedEntry)
      .where(isNotNull(erasedEntry.erasureIndex))
      .groupBy(erasedEntry.erasureIndex)
      .orderBy(desc(erasedEntry.erasureIndex))
      .limit(ERASURES_SHOWN),
  ]);
  const leaves = await leavesAt(
    db,
    newest.flatMap(({ entry }) => entry ?? []),
  );
  const numbers = [...new Set(newest.flatMap((row) => row.epoch ?? []))];
  const destroyed =
    numbers.length === 0
      ? []
      : await db
          .select({ number: epoch.number, at: epoch.destroyedAt })
          .from(epoch)
          .where(and(inArray(epoch.number, numbers), isNotNull(epoch.destroyedAt)));
  return {
    erased: erased?.n ?? 0,
    pending: pending?.n ?? 0,
    erasures: newest.flatMap(({ entry, gaps, epoch: under }) => {
      const leaf = entry === null ? undefined : leaves.get(entry);
      if (entry === null || leaf === undefined) return [];
      const noCopyOpens = destroyed.find(({ number }) => number === under)?.at ?? null;
      return [{ entry, hour: parseLeaf(leaf).hour, gaps, noCopyOpens }];
    }),
  };
}
