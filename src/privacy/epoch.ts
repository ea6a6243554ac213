import { createHash, hkdfSync } from "node:crypto";
import { hmac32 } from "./hkdf.ts";

/**
 * The keys of a period. Everything that could lead from the database back to a person (lookups, wrapped data
 * keys, owners of payloads) hangs on these, and these hang on one epoch key outside the database, so that
 * destroying that one key closes every copy ever made of the database.
 */
export interface Epoch {
  number: number;
  /** Wraps data keys, identifiers and tag keys (AES-256-GCM). */
  wrapKey: Uint8Array;
  /** Seals which data key owns a payload (AES-256-GCM). */
  ownerKey: Uint8Array;
  /** Keys the HMACs of what clients choose; it may outlive the epoch by the hours that an idempotency key lives. */
  blindKey: Uint8Array;
  /** HMAC-SHA-256 of a subject's id: the same person is found again, and nobody is found without the key. */
  lookup(subjectId: string): Uint8Array;
  /** Writes zeroes over the keys: whoever still holds this epoch can do nothing more with it. */
  forget(): void;
}

/** What is kept as an HMAC: what clients choose, who opened something, whose a request or a stopped purpose is. */
export type BlindPurpose =
  | "idempotency-key"
  | "request"
  | "actor"
  | "subject-request"
  | "open-subject-request"
  | "processing-stop"
  | "hold"
  | "mandate"
  | "one-time-code";

function derive(key: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `motivo/${label}/v1`, 32));
}

/** Length-prefixed, so that no two lists of parts give the same bytes. */
function framed(parts: readonly string[]): Buffer {
  const lengths = parts.map((part) => Buffer.byteLength(part));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  parts.forEach((part, i) => {
    at = bytes.writeUInt32BE(lengths[i]!, at);
    at += bytes.write(part, at);
  });
  return bytes;
}

/** HMAC-SHA-256 over the purpose and the parts, each with its length before it. */
export function blindWith(blindKey: Uint8Array, purpose: BlindPurpose, parts: readonly string[]): Uint8Array {
  return hmac32(blindKey, framed([purpose, ...parts]));
}

/** @param key 32 bytes, as the provider of epoch keys gave them; written over before this returns */
export function epochOf(number: number, key: Uint8Array): Epoch {
  const lookupKey = derive(key, "lookup");
  const epoch: Epoch = {
    number,
    wrapKey: derive(key, "wrap"),
    ownerKey: derive(key, "owner"),
    blindKey: derive(key, "blind"),
    lookup: (subjectId) => hmac32(lookupKey, framed(["subject", subjectId])),
    forget() {
      for (const one of [lookupKey, epoch.wrapKey, epoch.ownerKey, epoch.blindKey]) one.fill(0);
    },
  };
  // Whoever has it can derive the others again, also after `forget`.
  key.fill(0);
  return epoch;
}

/** SHA-256 of a value derived from an epoch key: tells that another key lies in its place, and nothing of the key. */
export const keyCheckOf = (key: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(derive(key, "check")).digest());
