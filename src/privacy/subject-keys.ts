import { randomBytes, randomUUID } from "node:crypto";
import { and, eq, inArray, sql } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import type { Database } from "../db/client.ts";
import { hasCode } from "../db/error-code.ts";
import { gatherOf } from "../db/gather.ts";
import { dataKey, subject } from "../db/tables.ts";
import { type KeyUse, openDataKey, type SubjectKey, wrapDataKey } from "./data-key.ts";
import type { Epoch } from "./epoch.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { moveSubject, sealIdentifier } from "./move-subject.ts";
import { retryStale } from "./stale.ts";

export type { KeyUse, SubjectKey };

/** A person's, one an epoch that their row may still be under. */
export const personLookups = (ring: EpochRing, subjectId: string): Uint8Array[] =>
  ring.held().map((epoch) => epoch.lookup(subjectId));

const ofPerson = (ring: EpochRing, subjectId: string) =>
  inArray(subject.lookup, personLookups(ring, subjectId));

async function findKey(
  db: Database,
  ring: EpochRing,
  subjectId: string,
  use: KeyUse,
): Promise<SubjectKey | null> {
  const lookups = personLookups(ring, subjectId);
  const key = await keysAsked(db).ask({ lookups, use });
  return key ? openDataKey(ring.of(key.epoch), key) : null;
}

/**
 * The key for this use among those that were read of a person.
 * @returns null when it is not there, or in an epoch that this process does not hold (yet): then `keyFor` finds or makes it
 */
export function keyAmong(
  keys: readonly (typeof dataKey.$inferSelect)[],
  ring: EpochRing,
  use: KeyUse,
): SubjectKey | null {
  const key = keys.find(({ purpose, retention }) => purpose === use.purpose && retention === use.retention);
  const epoch = key && ring.held().find(({ number }) => number === key.epoch);
  return key && epoch ? openDataKey(epoch, key) : null;
}

/** The wrapped key of each person for a use; decisions that come together ask once. */
const keysAsked = gatherOf(
  async (db: Database, asked: readonly { lookups: readonly Uint8Array[]; use: KeyUse }[]) => {
    const distinct = (pick: (use: KeyUse) => string) => [...new Set(asked.map(({ use }) => pick(use)))];
    const rows = await db
      .select({ lookup: subject.lookup, key: dataKey })
      .from(subject)
      .innerJoin(dataKey, eq(dataKey.subject, subject.id))
      .where(
        and(
          inArray(
            subject.lookup,
            asked.flatMap(({ lookups }) => lookups),
          ),
          inArray(
            dataKey.purpose,
            distinct((use) => use.purpose),
          ),
          inArray(
            dataKey.retention,
            distinct((use) => use.retention),
          ),
        ),
      );
    return asked.map(
      ({ lookups, use }) =>
        rows.find(
          ({ lookup, key }) =>
            key.purpose === use.purpose &&
            key.retention === use.retention &&
            lookups.some((one) => bytesEqual(one, lookup)),
        )?.key ?? null,
    );
  },
);

const FOREIGN_KEY_VIOLATION = "23503";

/** The person's key for this use, made when there is none. Two first decisions at once end with one key. */
export async function keyFor(
  db: Database,
  ring: EpochRing,
  subjectId: string,
  use: KeyUse,
): Promise<SubjectKey> {
  // A second round is needed only when another process erased or made the row in between.
  for (let attempt = 0; attempt < 5; attempt++) {
    const found = await retryStale(ring, () => findKey(db, ring, subjectId, use));
    if (found) return found;
    await retryStale(ring, () => makeKey(db, ring.current(), ring, subjectId, use)).catch(
      (error: unknown) => {
        // The person's row was erased between our two inserts: the next round makes it anew.
        if (!hasCode(error, FOREIGN_KEY_VIOLATION)) throw error;
      },
    );
  }
  throw new Error("The subject's key could be neither found nor made");
}

/**
 * The key of a person about whom nothing was held a moment ago, made with their row in one statement.
 * @returns null when somebody is there under any lookup, or comes at the same moment: then `keyFor` finds or makes it
 */
export async function firstKeyOf(
  db: Database,
  ring: EpochRing,
  subjectId: string,
  use: KeyUse,
): Promise<SubjectKey | null> {
  return retryStale(ring, async () => {
    const epoch = ring.current();
    const owner = randomUUID();
    const row = { id: randomUUID(), subject: owner, ...use, epoch: epoch.number, entries: 0 };
    const wrapped = wrapDataKey(epoch, randomBytes(32), row);
    // Of one who stands under an older epoch there must be no second row: looked up in the snapshot that the insert has.
    const held = db.select({ one: sql`1` }).from(subject).where(ofPerson(ring, subjectId));
    const made = (await db.execute(sql`
      WITH made AS (
        INSERT INTO ${subject} (id, epoch, lookup, identifier)
        SELECT ${owner}::uuid, ${epoch.number}::integer, ${Buffer.from(epoch.lookup(subjectId))}::bytea,
          ${Buffer.from(sealIdentifier(epoch, owner, subjectId))}::bytea
        WHERE NOT EXISTS (${held})
        ON CONFLICT DO NOTHING
        RETURNING id
      )
      INSERT INTO ${dataKey} (id, subject, purpose, retention, epoch, wrapped, entries)
      SELECT ${row.id}::uuid, made.id, ${use.purpose}::text, ${use.retention}::text, ${epoch.number}::integer,
        ${Buffer.from(wrapped)}::bytea, 0
      FROM made
      RETURNING id`)) as unknown as { rows: unknown[] };
    return made.rows.length === 0 ? null : openDataKey(epoch, { ...row, wrapped });
  });
}

async function makeKey(
  db: Database,
  epoch: Epoch,
  ring: EpochRing,
  subjectId: string,
  use: KeyUse,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [standing] = await tx.select().from(subject).where(ofPerson(ring, subjectId)).for("update");
    if (standing && standing.epoch < epoch.number) await moveSubject(tx, ring, standing, subjectId);
    if (!standing) {
      const id = randomUUID();
      await tx
        .insert(subject)
        .values({
          id,
          epoch: epoch.number,
          lookup: epoch.lookup(subjectId),
          identifier: sealIdentifier(epoch, id, subjectId),
        })
        .onConflictDoNothing();
    }
    const [owner] = await tx
      .select()
      .from(subject)
      .where(eq(subject.lookup, epoch.lookup(subjectId)));
    if (!owner) return;
    const row = { id: randomUUID(), subject: owner.id, ...use };
    const wrapped = wrapDataKey(epoch, randomBytes(32), row);
    await tx
      .insert(dataKey)
      .values({ ...row, epoch: epoch.number, wrapped, entries: 0 })
      .onConflictDoNothing();
  });
}

/** Every key of a person; empty when nothing is held about them. */
export async function keysOf(db: Database, ring: EpochRing, subjectId: string): Promise<SubjectKey[]> {
  const read = () =>
    retryStale(ring, async () => {
      const rows = await db
        .select({ key: dataKey })
        .from(subject)
        .innerJoin(dataKey, eq(dataKey.subject, subject.id))
        .where(ofPerson(ring, subjectId))
        .orderBy(dataKey.purpose, dataKey.retention);
      return rows.map((row) => openDataKey(ring.of(row.key.epoch), row.key));
    });
  const keys = await read();
  // "Nothing is held" must not be said because another process has just moved the person to an epoch that we do not know.
  return keys.length === 0 && (await ring.refresh()) ? read() : keys;
}

/** @returns null when the key was erased. */
export async function keyById(db: Database, ring: EpochRing, id: string): Promise<SubjectKey | null> {
  return retryStale(ring, async () => {
    const [row] = await db.select().from(dataKey).where(eq(dataKey.id, id));
    return row ? openDataKey(ring.of(row.epoch), row) : null;
  });
}
