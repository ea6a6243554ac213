/**
 * The two primitives that everything in `audit/` is built on, handed in so that the same code runs in Node
 * (`crypto-node.ts`) and in a browser.
 */
export type Crypto = {
  /** SHA-256 (FIPS 180-4) of the concatenated parts; 32 bytes. */
  sha256(...parts: Uint8Array[]): Uint8Array;
  /** RFC 8032 Ed25519. Any malformed key or signature is `false`, never an exception. */
  verifyEd25519(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
};
