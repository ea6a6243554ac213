import { eq } from "drizzle-orm";
import type { JsonObject } from "../../audit/canonical.ts";
import { coarseningTree } from "../../audit/coarsening.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { erasureTree } from "../../audit/erasure.ts";
import {
  type CoarsenedEvidence,
  type ErasedEvidence,
  type Evidence,
  formatEvidence,
  type Opened,
  type Placed,
} from "../../audit/evidence.ts";
import { hourOf } from "../../audit/leaf.ts";
import { coarsenedAmong, coarseningItems } from "../db/coarsened.ts";
import type { Head } from "../db/log.ts";
import type { NewEntry } from "../db/log-append.ts";
import { erasedBy, erasureItems } from "../db/log-export.ts";
import { erasedEntry, record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import { locate } from "./audited.ts";
import type { Deps } from "./deps.ts";

/** A bundle opens a record to whoever holds it, so it is good for a while only. */
const DAYS = 90;

async function placed({ log }: Pick<Deps, "log">, index: number, head: Head): Promise<Placed> {
  const { leaf } = await log.leaf(index);
  return { index, leaf, proof: await log.inclusionProof(index, head.size) };
}

async function opened(deps: Pick<Deps, "db" | "log">, index: number, head: Head): Promise<Opened | null> {
  const [row] = await deps.db.select().from(record).where(eq(record.logIndex, index));
  if (!row) return null;
  return { ...(await placed(deps, index, head)), record: JSON.parse(row.body) as JsonObject, salt: row.salt };
}

/**
 * The record with what commits to it: the leaf itself, or the last coarsening entry.
 * @returns null where there is none, `later` where only an entry beyond this head commits to it
 */
async function standing(
  deps: Pick<Deps, "db" | "log">,
  index: number,
  head: Head,
): Promise<Evidence["entry"] | "later" | null> {
  const entry = await opened(deps, index, head);
  // Read last: whatever replaced the record by then is known here.
  const replaced = (await coarsenedAmong(deps.db, [index])).get(index);
  if (entry === null || replaced === undefined) return entry;
  if (replaced.by >= head.size) return "later";
  return { ...entry, coarsened: await coarsening(deps, index, replaced.by, head) };
}

async function coarsening(
  deps: Pick<Deps, "db" | "log">,
  index: number,
  by: number,
  head: Head,
): Promise<CoarsenedEvidence> {
  const items = await coarseningItems(deps.db, by);
  const position = items.findIndex((item) => item.index === index);
  const path = coarseningTree(nodeCrypto, items).path(position);
  return { by: await placed(deps, by, head), position, path };
}

async function erased(
  deps: Pick<Deps, "db" | "log">,
  index: number,
  head: Head,
  issueHour: number,
): Promise<ErasedEvidence> {
  const [row] = await deps.db.select().from(erasedEntry).where(eq(erasedEntry.logIndex, index));
  if (!row) throw new Problem("unknown_entry");
  const by = erasedBy(row, head.size, issueHour);
  if ("since" in by) return by;
  const items = await erasureItems(deps.db, by.by);
  const position = items.findIndex((item) => item.index === index);
  return {
    by: await placed(deps, by.by, head),
    salt: by.salt,
    position,
    path: erasureTree(nodeCrypto, items).path(position),
  };
}

/**
 * The evidence of one decision, for the offline verifier: its entry, record and proof, and beside them the entry that
 * puts this very bundle on the log with its recipient and its last day.
 * @param which a decision's id or its log index
 * @throws Problem unknown_decision
 */
export async function evidenceOf(
  deps: Deps,
  reader: { name: string },
  which: string,
): Promise<{ logIndex: number; document: string }> {
  const { logIndex, record: kept } = await locate(deps, which);
  const hour = hourOf(deps.now());
  const expires = new Date(deps.now().getTime() + DAYS * 86_400_000).toISOString().slice(0, 10);
  const about = kept ? { about: kept.id } : {};
  const body: NewEntry["body"] = {
    kind: "export",
    hour,
    what: "evidence",
    object: logIndex,
    recipient: reader.name,
    expires,
  };
  const issued = await deps.log.append({
    leaf: { kind: "export" },
    hour,
    body,
    columns: { id: deps.randomId(), ...about },
  });
  if ("refused" in issued)
    throw new Problem("decision_erased", "It was erased while its evidence was put together");
  let head = await deps.attested(issued.logIndex + 1);
  let entry = await standing(deps, logIndex, head);
  if (entry === "later") {
    head = await deps.attested((await deps.log.head()).size);
    entry = await standing(deps, logIndex, head);
  }
  if (entry === "later") throw new Problem("log_conflict");
  const issue = await opened(deps, issued.logIndex, head);
  if (!issue)
    throw new Problem("decision_erased", "The decision was erased while its evidence was put together");
  const document = formatEvidence({
    checkpoint: head.checkpoint,
    entry: entry ?? {
      ...(await placed(deps, logIndex, head)),
      erased: await erased(deps, logIndex, head, hour),
    },
    issue,
  });
  return { logIndex, document };
}

/** Puts the export of the whole log on the record, before its first line leaves. */
export async function traceExport(deps: Deps, reader: { name: string }): Promise<Head> {
  const hour = hourOf(deps.now());
  const issued = await deps.log.append({
    leaf: { kind: "export" },
    hour,
    body: { kind: "export", hour, what: "log", recipient: reader.name },
    columns: { id: deps.randomId() },
  });
  if ("refused" in issued) throw new Problem("log_conflict");
  return deps.attested(issued.logIndex + 1);
}
