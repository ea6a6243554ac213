import { asc, eq, inArray, lt, sql } from "drizzle-orm";
import { tag as tagOf } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import type { Database } from "../db/client.ts";
import { dataKey, payload, subject } from "../db/tables.ts";
import { openDataKey, unwrapDataKey, wrapDataKey } from "./data-key.ts";
import type { Epoch } from "./epoch.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { seal, unseal } from "./sealing.ts";

type SubjectRow = typeof subject.$inferSelect;
type DataKeyRow = typeof dataKey.$inferSelect;

const identifierContext = (id: string) => Buffer.from(`motivo/identifier/v1/${id}`);

/** @param id of the person's row, which the sealed identifier opens in alone */
export const sealIdentifier = (epoch: Epoch, id: string, subjectId: string): Uint8Array =>
  seal(epoch.wrapKey, Buffer.from(subjectId, "utf8"), identifierContext(id));

/** How many of a person's oldest payloads are opened in search of a decision, which says the identifier. */
const PAYLOADS_TRIED = 64;

/**
 * The identifier of a row that was written before identifiers were kept: it stands in every decision in the vault.
 * @returns null where no decision was ever committed
 */
async function identifierInVault(
  tx: Database,
  ring: EpochRing,
  keys: readonly DataKeyRow[],
): Promise<string | null> {
  for (const row of keys) {
    const key = openDataKey(ring.of(row.epoch), row);
    const tags = Array.from({ length: Math.min(key.entries, PAYLOADS_TRIED) }, (_, i) =>
      tagOf(nodeCrypto, key.tagKey, i),
    );
    if (tags.length === 0) continue;
    const rows = await tx.select().from(payload).where(inArray(payload.tag, tags));
    for (const { tag, ciphertext } of rows) {
      const told = JSON.parse(new TextDecoder().decode(unseal(key.vaultKey, ciphertext, tag))) as {
        subject?: { id?: unknown };
      };
      if (typeof told.subject?.id === "string") return told.subject.id;
    }
  }
  return null;
}

interface Moved {
  subjects: { id: string; lookup: Uint8Array; identifier: Uint8Array }[];
  keys: { id: string; wrapped: Uint8Array }[];
}

async function identifierOf(
  tx: Database,
  ring: EpochRing,
  row: SubjectRow,
  keys: readonly DataKeyRow[],
): Promise<string | null> {
  if (row.identifier === null) return identifierInVault(tx, ring, keys);
  const sealed = unseal(ring.of(row.epoch).wrapKey, row.identifier, identifierContext(row.id));
  return Buffer.from(sealed).toString("utf8");
}

async function writeMoved(tx: Database, epoch: Epoch, { subjects, keys }: Moved): Promise<void> {
  if (subjects.length > 0) {
    const values = subjects.map(
      ({ id, lookup, identifier }) =>
        sql`(${id}::uuid, ${Buffer.from(lookup)}::bytea, ${Buffer.from(identifier)}::bytea)`,
    );
    await tx
      .update(subject)
      .set({ epoch: epoch.number, lookup: sql`moved.lookup`, identifier: sql`moved.identifier` })
      .from(sql`(VALUES ${sql.join(values, sql`, `)}) AS moved(id, lookup, identifier)`)
      .where(eq(subject.id, sql`moved.id`));
  }
  if (keys.length > 0) {
    const values = keys.map(({ id, wrapped }) => sql`(${id}::uuid, ${Buffer.from(wrapped)}::bytea)`);
    await tx
      .update(dataKey)
      .set({ epoch: epoch.number, wrapped: sql`moved.wrapped` })
      .from(sql`(VALUES ${sql.join(values, sql`, `)}) AS moved(id, wrapped)`)
      .where(eq(dataKey.id, sql`moved.id`));
  }
}

/**
 * Brings rows of people, locked by the caller, under the current epoch: lookup, identifier and data keys. The data
 * keys themselves stay the same, and with them ciphertexts, tags and pseudonyms.
 * @param known identifiers that the caller knows, by row
 */
async function moveRows(
  tx: Database,
  ring: EpochRing,
  rows: readonly SubjectRow[],
  known: ReadonlyMap<string, string>,
): Promise<void> {
  const epoch = ring.current();
  const ids = rows.map(({ id }) => id);
  const keys = await tx.select().from(dataKey).where(inArray(dataKey.subject, ids));
  const moved: Moved = { subjects: [], keys: [] };
  const empty: string[] = [];
  for (const row of rows) {
    const own = keys.filter((key) => key.subject === row.id);
    const subjectId = known.get(row.id) ?? (await identifierOf(tx, ring, row, own));
    if (subjectId === null) {
      if (own.some(({ entries }) => entries > 0)) throw new Error("A person's row says nowhere whose it is");
      empty.push(row.id);
      continue;
    }
    moved.subjects.push({
      id: row.id,
      lookup: epoch.lookup(subjectId),
      identifier: sealIdentifier(epoch, row.id, subjectId),
    });
    for (const key of own) {
      const opened = unwrapDataKey(ring.of(key.epoch), key.wrapped, key);
      moved.keys.push({ id: key.id, wrapped: wrapDataKey(epoch, opened, key) });
      opened.fill(0);
    }
  }
  await writeMoved(tx, epoch, moved);
  // A first decision that was never committed left a row under which nothing lies.
  if (empty.length > 0) await tx.delete(subject).where(inArray(subject.id, empty));
}

/** Moves one person's row, which the caller has locked, because their id is at hand. */
export const moveSubject = (
  tx: Database,
  ring: EpochRing,
  row: SubjectRow,
  subjectId: string,
): Promise<void> => moveRows(tx, ring, [row], new Map([[row.id, subjectId]]));

/**
 * Moves up to `limit` people who are still under an older epoch, in one transaction.
 * @returns how many; 0 when nobody is left, or others are moving the rest
 */
export async function moveSubjects(db: Database, ring: EpochRing, limit: number): Promise<number> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(subject)
      .where(lt(subject.epoch, ring.current().number))
      .orderBy(asc(subject.epoch))
      .limit(limit)
      .for("update", { skipLocked: true });
    if (rows.length > 0) await moveRows(tx, ring, rows, new Map());
    return rows.length;
  });
}
