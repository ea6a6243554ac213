import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync } from "node:crypto";

const NONCE_BYTES = 12;
const AUTH_TAG_BYTES = 16;

/** What was sealed was changed, belongs elsewhere, or was sealed under another key. */
export class SealError extends Error {
  override name = "SealError";
}

/** Nonces are drawn many at once: a draw costs more than the bytes do. Each is used once. */
const nonces = Buffer.alloc(NONCE_BYTES * 256);
let drawn = nonces.length;

/** Good until the next one is asked for. */
function freshNonce(): Buffer {
  if (drawn === nonces.length) {
    randomFillSync(nonces);
    drawn = 0;
  }
  drawn += NONCE_BYTES;
  return nonces.subarray(drawn - NONCE_BYTES, drawn);
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce in front: nonce 12 ‖ ciphertext ‖ tag 16.
 * @param context bound as associated data, so that a ciphertext moved to another row does not open there.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Uint8Array {
  const nonce = freshNonce();
  // Handed over as bytes, a key is made into a KeyObject in a way that takes ten times as long.
  const cipher = createCipheriv("aes-256-gcm", createSecretKey(key), nonce);
  cipher.setAAD(context);
  const sealed = Buffer.allocUnsafe(NONCE_BYTES + plaintext.length + AUTH_TAG_BYTES);
  sealed.set(nonce);
  // In GCM all of the ciphertext comes at once.
  sealed.set(cipher.update(plaintext), NONCE_BYTES);
  cipher.final();
  sealed.set(cipher.getAuthTag(), NONCE_BYTES + plaintext.length);
  return sealed;
}

/** @throws SealError unless `sealed` is exactly what `seal` gave for this key and context. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Uint8Array {
  if (sealed.length < NONCE_BYTES + AUTH_TAG_BYTES) throw new SealError("Too short to be sealed");
  const end = sealed.length - AUTH_TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", createSecretKey(key), sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch (cause) {
    throw new SealError("The seal does not hold", { cause });
  }
}
