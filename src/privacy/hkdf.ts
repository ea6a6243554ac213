import { createHmac, hash } from "node:crypto";

const BLOCK = 64;
const DIGEST = 32;
/** Salt, key and label of every use here fit; nothing of them stays, since both are wiped after use. */
const MESSAGE = 256;
const inner = Buffer.alloc(BLOCK + MESSAGE);
const outer = Buffer.alloc(BLOCK + DIGEST);

/** HMAC-SHA-256 (RFC 2104) of the first `length` bytes that lie behind the block of `inner`, as a latin1 string. */
function hmac(key: Uint8Array, length: number): string {
  for (let i = 0; i < BLOCK; i++) {
    const byte = key[i] ?? 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  outer.write(hash("sha256", inner.subarray(0, BLOCK + length), "binary"), BLOCK, "latin1");
  return hash("sha256", outer, "binary");
}

/**
 * HMAC-SHA-256 (RFC 2104): the same bytes as `createHmac`, which makes a KeyObject first and takes three times as long over a
 * short message. A decision asks for several.
 * @param key at most 64 bytes. @throws RangeError beyond that
 */
export function hmac32(key: Uint8Array, message: Uint8Array): Uint8Array {
  if (key.length > BLOCK) throw new RangeError("a key has at most 64 bytes");
  if (message.length > MESSAGE) return createHmac("sha256", key).update(message).digest();
  inner.set(message, BLOCK);
  const mac = Buffer.from(hmac(key, message.length), "latin1");
  wipe();
  return mac;
}

/**
 * HKDF-SHA-256 (RFC 5869) to 32 bytes, which is one round: the same bytes as `hkdfSync`, a third of the time. A decision
 * derives four keys.
 * @param key, salt at most 64 bytes. @throws RangeError beyond that, or when a part is longer than 255 bytes
 */
export const hkdf32 = (key: Uint8Array, salt: Uint8Array, info: string): Uint8Array =>
  hkdf32From(key, salt)(info);

/** As `hkdf32`, for several labels of one key: what is extracted from it is the same for all. */
export function hkdf32From(key: Uint8Array, salt: Uint8Array): (info: string) => Uint8Array {
  if (salt.length > BLOCK || key.length > BLOCK) throw new RangeError("key and salt have at most 64 bytes");
  inner.set(key, BLOCK);
  const extracted = Buffer.from(hmac(salt, key.length), "latin1");
  wipe();
  return (info) => {
    if (Buffer.byteLength(info) >= MESSAGE) throw new RangeError("info has at most 255 bytes");
    const length = inner.write(info, BLOCK);
    inner[BLOCK + length] = 1;
    const derived = Buffer.from(hmac(extracted, length + 1), "latin1");
    wipe();
    return derived;
  };
}

function wipe(): void {
  inner.fill(0);
  outer.fill(0);
}
