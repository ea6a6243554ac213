import { eq, inArray } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { payload } from "../db/tables.ts";
import type { Epoch } from "./epoch.ts";
import { seal, unseal } from "./sealing.ts";
import { keyById, type SubjectKey } from "./subject-keys.ts";

/** A row of the vault, ready to be stored: what a person's data becomes before it leaves memory. */
export interface SealedPayload {
  tag: Uint8Array;
  owner: Uint8Array;
  ciphertext: Uint8Array;
}

const uuidBytes = (id: string) => Buffer.from(id.replaceAll("-", ""), "hex");
const uuidText = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/**
 * Encrypts a payload under the person's key and seals whose it is under the epoch's. The owner lets the
 * service open a decision that a client names by its id; without the epoch key it is noise, and two payloads
 * of one person have nothing in common.
 */
export function sealPayload(
  epoch: Epoch,
  key: SubjectKey,
  tag: Uint8Array,
  plaintext: Uint8Array,
): SealedPayload {
  return {
    tag,
    owner: seal(epoch.ownerKey, uuidBytes(key.id), tag),
    ciphertext: seal(key.vaultKey, plaintext, tag),
  };
}

/** The payloads behind these tags, by tag in hex. One that was erased is absent. */
export async function openPayloads(
  db: Database,
  key: SubjectKey,
  tags: readonly Uint8Array[],
): Promise<Map<string, Uint8Array>> {
  const opened = new Map<string, Uint8Array>();
  // In portions: a person may have a hundred thousand decisions, a statement takes 65,535 parameters.
  for (let start = 0; start < tags.length; start += 1000) {
    const rows = await db
      .select()
      .from(payload)
      .where(inArray(payload.tag, tags.slice(start, start + 1000) as Uint8Array[]));
    for (const row of rows) {
      opened.set(Buffer.from(row.tag).toString("hex"), unseal(key.vaultKey, row.ciphertext, row.tag));
    }
  }
  return opened;
}

/** Opens the payload behind one tag through its sealed owner. @returns null when payload or key was erased. */
export async function openByTag(
  db: Database,
  epoch: Epoch,
  tag: Uint8Array,
): Promise<{ key: SubjectKey; plaintext: Uint8Array } | null> {
  const [row] = await db.select().from(payload).where(eq(payload.tag, tag));
  if (!row) return null;
  const key = await keyById(db, epoch, uuidText(unseal(epoch.ownerKey, row.owner, row.tag)));
  if (!key) return null;
  return { key, plaintext: unseal(key.vaultKey, row.ciphertext, row.tag) };
}
