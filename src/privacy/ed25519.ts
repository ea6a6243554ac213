import { createPrivateKey, type KeyObject } from "node:crypto";

/** DER header of a PKCS #8 Ed25519 private key (RFC 8410 §7); the 32 seed bytes follow. */
const PKCS8_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");

/** @param seed 32 bytes, as they lie in the key folder */
export const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: "der", type: "pkcs8" });
