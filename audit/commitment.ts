import { concatBytes, u64, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

const PREFIX = concatBytes(utf8("motivo/commit/v1"), Uint8Array.of(0));

/**
 * Commitment to a payload: SHA-256("motivo/commit/v1" ‖ 0x00 ‖ salt ‖ u64 length ‖ payload). It hides the payload
 * only while the 32-byte salt is secret and uniformly random, and lives no longer than the payload does.
 * Throws RangeError when the salt is not 32 bytes.
 */
export function commit(crypto: Crypto, salt: Uint8Array, payload: Uint8Array): Uint8Array {
  if (salt.length !== 32) throw new RangeError("a commitment's salt has 32 bytes");
  return crypto.sha256(PREFIX, salt, u64(payload.length), payload);
}

/** What a commitment's hash covers before the payload: prefix, salt (the 32 bytes before the length), u64 length. */
export const COMMITMENT_HEAD_BYTES: number = PREFIX.length + 32 + 8;

/** Writes prefix and length into the head of a buffer that holds the salt already and the payload after the head. */
export function writeCommitmentHead(buffer: Uint8Array, payloadLength: number): void {
  buffer.set(PREFIX);
  buffer.set(u64(payloadLength), COMMITMENT_HEAD_BYTES - 8);
}

/** HMAC-SHA-256 (RFC 2104) on the given hash, so that a browser can check a tag with the same code. */
export function hmacSha256(crypto: Crypto, key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > 64 ? crypto.sha256(key) : key;
  return crypto.sha256(padded(short, 0x5c), crypto.sha256(padded(short, 0x36), message));
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(64).fill(pad);
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!;
  return block;
}

/** Tag of a subject's i-th entry (from 0): HMAC-SHA-256(tag key, u64 i), first 16 bytes. Noise without the key. */
export function tag(crypto: Crypto, tagKey: Uint8Array, i: number): Uint8Array {
  return hmacSha256(crypto, tagKey, u64(i)).slice(0, 16);
}
