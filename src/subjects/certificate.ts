import { eq, inArray } from "drizzle-orm";
import { parseCanonical } from "../../audit/canonical.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { erasureTree } from "../../audit/erasure.ts";
import {
  formatCertifiedItem,
  formatErasureEnd,
  formatErasureEntry,
  formatErasureHeader,
} from "../../audit/erasure-certificate.ts";
import type { Opened, Placed } from "../../audit/evidence.ts";
import { asObject } from "../../audit/members.ts";
import { chunksOf } from "../db/chunks.ts";
import { erasureItems } from "../db/log-export.ts";
import { epoch as epochTable, erasedEntry, record, retainedRecord } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";
import { entriesBetween } from "./entries.ts";

/** What a person kept of an erasure: it finds their entries. */
export interface CertificateKey {
  /** 32 bytes. */
  tagKey: Uint8Array;
  entries: number;
}

type Erased = typeof erasedEntry.$inferSelect;

async function placed(deps: Deps, index: number, size: number): Promise<Placed> {
  const { leaf } = await deps.log.leaf(index);
  return { index, leaf, proof: await deps.log.inclusionProof(index, size) };
}

/** @throws Error when the entry has no record: erasure and configuration entries always do */
async function opened(deps: Deps, index: number, size: number): Promise<Opened> {
  const [row] = await deps.db.select().from(record).where(eq(record.logIndex, index));
  if (!row) throw new Error("An entry of the service's own has no record");
  return { ...(await placed(deps, index, size)), record: asObject(parseCanonical(row.body)), salt: row.salt };
}

const notErased = () =>
  new Problem("not_erased", "Some of these entries were not erased, or are being erased right now", {
    retryAfterSeconds: 60,
  });

/** The person's entries in the log; what a named duty keeps until a day is not erased, and stands in no certificate. */
async function erasedOf(deps: Deps, keys: readonly CertificateKey[]): Promise<Erased[]> {
  const found: Erased[] = [];
  for (const { tagKey, entries } of keys) {
    const own = await entriesBetween(deps.db, tagKey, 0, entries).catch(() => {
      throw new Problem("unknown_entry", "No entries of this log carry tags of this key");
    });
    for (const part of chunksOf(own.map(({ logIndex }) => logIndex))) {
      const rows = await deps.db.select().from(erasedEntry).where(inArray(erasedEntry.logIndex, part));
      const kept = await deps.db
        .select({ logIndex: retainedRecord.logIndex })
        .from(retainedRecord)
        .where(inArray(retainedRecord.logIndex, part));
      if (rows.length + kept.length < part.length) throw notErased();
      found.push(...rows);
    }
  }
  return found.sort((a, b) => a.logIndex - b.logIndex);
}

/** The entry that says that the last key under which any of this was wrapped is destroyed. */
async function destructionOf(deps: Deps, rows: readonly Erased[], size: number): Promise<number | null> {
  if (rows.some(({ epoch }) => epoch === null)) return null;
  const newest = Math.max(...rows.map(({ epoch }) => epoch!));
  const [row] = await deps.db
    .select({ index: epochTable.destroyedIndex })
    .from(epochTable)
    .where(eq(epochTable.number, newest));
  const index = row?.index ?? null;
  const last = Math.max(...rows.map(({ erasureIndex }) => erasureIndex ?? Number.POSITIVE_INFINITY));
  return index !== null && index < size && index > last ? index : null;
}

/**
 * The certificate of an erasure (`audit/FORMAT.md`, "motivo-erasure/v1"), line by line: each of the person's entries with
 * the entry that erased it, and, once it is there, the one that says that the key of that time is destroyed. It is made
 * out of what the person kept, since nothing here says any more whose the entries were.
 * @throws Problem unknown_entry when no entries carry such tags; not_erased
 */
export async function* certificateLines(deps: Deps, keys: readonly CertificateKey[]): AsyncGenerator<string> {
  const { size, checkpoint } = await deps.attested((await deps.log.head()).size);
  const rows = await erasedOf(deps, keys);
  if (rows.length === 0) throw notErased();
  const isPending = ({ erasureIndex }: Erased) => erasureIndex === null || erasureIndex >= size;
  const pending = rows.filter(isPending);
  const destroyed = pending.length > 0 ? null : await destructionOf(deps, rows, size);
  yield formatErasureHeader(checkpoint, destroyed === null ? null : await opened(deps, destroyed, size));

  const covered = rows.filter((row) => !isPending(row));
  const erasures = [...new Set(covered.map(({ erasureIndex }) => erasureIndex!))].sort((a, b) => a - b);
  for (const by of erasures) {
    yield formatErasureEntry(await opened(deps, by, size));
    const tree = erasureTree(nodeCrypto, await erasureItems(deps.db, by));
    for (const { logIndex, salt, position, erasureIndex } of covered) {
      if (erasureIndex !== by || position === null) continue;
      yield formatCertifiedItem({
        ...(await placed(deps, logIndex, size)),
        by,
        salt,
        position,
        path: tree.path(position),
      });
    }
  }
  for (const { logIndex, sinceHour } of pending) {
    yield formatCertifiedItem({ ...(await placed(deps, logIndex, size)), since: sinceHour });
  }
  yield formatErasureEnd(rows.length);
}
