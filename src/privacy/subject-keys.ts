import { hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { dataKey, subject } from "../db/tables.ts";
import type { Epoch } from "./epoch.ts";
import { seal, unseal } from "./sealing.ts";

/** What a data key is for. One person has one a purpose and retention class, so that each can be erased alone. */
export interface KeyUse {
  purpose: string;
  retention: string;
}

/** An opened data key and the keys that hang on it. Never stored, never logged. */
export interface SubjectKey extends KeyUse {
  id: string;
  /** How many entries carried this key's tags when it was read. */
  entries: number;
  /** Encrypts the payloads of this person and purpose (AES-256-GCM). */
  vaultKey: Uint8Array;
  /** Makes the tags that find this person's entries (HMAC-SHA-256 over the entry's number). */
  tagKey: Uint8Array;
  /** Makes pseudonyms and seeds surrogates: the same person keeps the same ones, until the key is gone. */
  pseudonymKey: Uint8Array;
  /** Secret salt of the commitment to the payload behind `tag`. */
  commitmentSalt(tag: Uint8Array): Uint8Array;
}

function derive(key: Uint8Array, label: string, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, salt, `motivo/subject/${label}/v1`, 32));
}

function wrapContext(row: { id: string; subject: string } & KeyUse): Buffer {
  return Buffer.from(JSON.stringify(["motivo/data-key/v1", row.id, row.subject, row.purpose, row.retention]));
}

function openRow(epoch: Epoch, row: typeof dataKey.$inferSelect): SubjectKey {
  const key = unseal(epoch.wrapKey, row.wrapped, wrapContext(row));
  return {
    id: row.id,
    purpose: row.purpose,
    retention: row.retention,
    entries: row.entries,
    vaultKey: derive(key, "vault"),
    tagKey: derive(key, "tag"),
    pseudonymKey: derive(key, "pseudonym"),
    commitmentSalt: (tag) => derive(key, "commitment", tag),
  };
}

async function findKey(
  db: Database,
  epoch: Epoch,
  subjectId: string,
  use: KeyUse,
): Promise<SubjectKey | null> {
  const [row] = await db
    .select({ key: dataKey })
    .from(subject)
    .innerJoin(dataKey, eq(dataKey.subject, subject.id))
    .where(
      and(
        eq(subject.lookup, epoch.lookup(subjectId)),
        eq(dataKey.purpose, use.purpose),
        eq(dataKey.retention, use.retention),
      ),
    );
  return row ? openRow(epoch, row.key) : null;
}

/** The person's key for this use, made when there is none. Two first decisions at once end with one key. */
export async function keyFor(
  db: Database,
  epoch: Epoch,
  subjectId: string,
  use: KeyUse,
): Promise<SubjectKey> {
  // A second round is needed only when another process erased or made the row in between.
  for (let attempt = 0; attempt < 5; attempt++) {
    const found = await findKey(db, epoch, subjectId, use);
    if (found) return found;
    await makeKey(db, epoch, subjectId, use).catch((error: unknown) => {
      // The person's row was erased between our two inserts: the next round makes it anew.
      if (!isForeignKeyViolation(error)) throw error;
    });
  }
  throw new Error("The subject's key could be neither found nor made");
}

async function makeKey(db: Database, epoch: Epoch, subjectId: string, use: KeyUse): Promise<void> {
  await db.transaction(async (tx) => {
    const lookup = epoch.lookup(subjectId);
    await tx.insert(subject).values({ id: randomUUID(), epoch: epoch.number, lookup }).onConflictDoNothing();
    const [owner] = await tx.select().from(subject).where(eq(subject.lookup, lookup));
    if (!owner) return;
    const row = { id: randomUUID(), subject: owner.id, ...use };
    const wrapped = seal(epoch.wrapKey, randomBytes(32), wrapContext(row));
    await tx
      .insert(dataKey)
      .values({ ...row, wrapped, entries: 0 })
      .onConflictDoNothing();
  });
}

function isForeignKeyViolation(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  return (cause as { code?: string } | undefined)?.code === "23503";
}

/** Every key of a person; empty when nothing is held about them. */
export async function keysOf(db: Database, epoch: Epoch, subjectId: string): Promise<SubjectKey[]> {
  const rows = await db
    .select({ key: dataKey })
    .from(subject)
    .innerJoin(dataKey, eq(dataKey.subject, subject.id))
    .where(eq(subject.lookup, epoch.lookup(subjectId)))
    .orderBy(dataKey.purpose, dataKey.retention);
  return rows.map((row) => openRow(epoch, row.key));
}

/** @returns null when the key was erased. */
export async function keyById(db: Database, epoch: Epoch, id: string): Promise<SubjectKey | null> {
  const [row] = await db.select().from(dataKey).where(eq(dataKey.id, id));
  return row ? openRow(epoch, row) : null;
}
