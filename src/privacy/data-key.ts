import type { dataKey } from "../db/tables.ts";
import type { Epoch } from "./epoch.ts";
import { hkdf32, hkdf32From } from "./hkdf.ts";
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

/** What a wrapped data key is bound to, so that it opens in its own row and in no other. */
type Bound = { id: string; subject: string } & KeyUse;

function contextOf(row: Bound): Buffer {
  return Buffer.from(JSON.stringify(["motivo/data-key/v1", row.id, row.subject, row.purpose, row.retention]));
}

/** @param key 32 bytes */
export const wrapDataKey = (epoch: Epoch, key: Uint8Array, row: Bound): Uint8Array =>
  seal(epoch.wrapKey, key, contextOf(row));

/** @throws SealError */
export const unwrapDataKey = (epoch: Epoch, wrapped: Uint8Array, row: Bound): Uint8Array =>
  unseal(epoch.wrapKey, wrapped, contextOf(row));

const labelled = (label: string) => `motivo/subject/${label}/v1`;

/** @param epoch the one that wraps the row */
export function openDataKey(epoch: Epoch, row: typeof dataKey.$inferSelect): SubjectKey {
  const key = unwrapDataKey(epoch, row.wrapped, row);
  const derive = hkdf32From(key, new Uint8Array(0));
  let pseudonymKey: Uint8Array | undefined;
  return {
    id: row.id,
    purpose: row.purpose,
    retention: row.retention,
    entries: row.entries,
    vaultKey: derive(labelled("vault")),
    tagKey: derive(labelled("tag")),
    // Most packages replace no value by a pseudonym.
    get pseudonymKey() {
      pseudonymKey ??= derive(labelled("pseudonym"));
      return pseudonymKey;
    },
    commitmentSalt: (tag) => hkdf32(key, tag, labelled("commitment")),
  };
}
