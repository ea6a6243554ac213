import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const AUTH_TAG_BYTES = 16;

/** What was sealed was changed, belongs elsewhere, or was sealed under another key. */
export class SealError extends Error {
  override name = "SealError";
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce in front: nonce 12 ‖ ciphertext ‖ tag 16.
 * @param context bound as associated data, so that a ciphertext moved to another row does not open there.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(context);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws SealError unless `sealed` is exactly what `seal` gave for this key and context. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Uint8Array {
  if (sealed.length < NONCE_BYTES + AUTH_TAG_BYTES) throw new SealError("Too short to be sealed");
  const end = sealed.length - AUTH_TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch (cause) {
    throw new SealError("The seal does not hold", { cause });
  }
}
