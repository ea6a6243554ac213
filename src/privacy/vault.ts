import { eq, inArray } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { commit, tag as tagOf } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import type { SubjectOfEntry } from "../db/log-append.ts";
import { payload } from "../db/tables.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { openOwner, sealOwner } from "./owner.ts";
import { seal, unseal } from "./sealing.ts";
import { retryStale } from "./stale.ts";
import { keyById, type SubjectKey } from "./subject-keys.ts";

/**
 * A payload on its way into the log: encrypted under the person's key, committed to under a secret salt, and with
 * whose it is sealed under the epoch's key. That owner lets the service open a decision that a client names by
 * its id; without the epoch key it is noise, and two payloads of one person have nothing in common. The epoch is the one
 * that is current when the entry is written, which may be long after this call.
 */
export function entryOf(ring: EpochRing, key: SubjectKey, plaintext: Uint8Array): SubjectOfEntry {
  return {
    dataKey: key.id,
    entries: key.entries,
    seal(tagNumber) {
      const tag = tagOf(nodeCrypto, key.tagKey, tagNumber);
      return {
        tag,
        owner: sealOwner(ring.current(), key.id, tag),
        ciphertext: seal(key.vaultKey, plaintext, tag),
        commitment: commit(nodeCrypto, key.commitmentSalt(tag), plaintext),
      };
    },
  };
}

/** The payloads behind these tags, by tag in hex. One that was erased is absent. */
export async function openPayloads(
  db: Database,
  key: SubjectKey,
  tags: readonly Uint8Array[],
): Promise<Map<string, Uint8Array>> {
  const opened = new Map<string, Uint8Array>();
  for (const part of chunksOf(tags)) {
    const rows = await db.select().from(payload).where(inArray(payload.tag, part));
    for (const row of rows) {
      opened.set(toHex(row.tag), unseal(key.vaultKey, row.ciphertext, row.tag));
    }
  }
  return opened;
}

/** Opens the payload behind one tag through its sealed owner. @returns null when payload or key was erased. */
export async function openByTag(
  db: Database,
  ring: EpochRing,
  tag: Uint8Array,
): Promise<{ key: SubjectKey; plaintext: Uint8Array } | null> {
  return retryStale(ring, async () => {
    const [row] = await db.select().from(payload).where(eq(payload.tag, tag));
    if (!row) return null;
    const key = await keyById(db, ring, openOwner(ring, row.owner, row.tag));
    if (!key) return null;
    return { key, plaintext: unseal(key.vaultKey, row.ciphertext, row.tag) };
  });
}
