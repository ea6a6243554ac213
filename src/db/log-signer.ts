import { createPrivateKey, createPublicKey, sign as ed25519 } from "node:crypto";
import { formatVkey } from "../../audit/note.ts";
import type { KeyProvider } from "../privacy/key-folder.ts";

/** Signs checkpoints. Ed25519 is deterministic: the same head gives the same bytes on every replica. */
export interface LogSigner {
  /** Name of the log and of its key (C2SP: no space, no plus sign). */
  origin: string;
  vkey: string;
  sign(message: Uint8Array): Uint8Array;
}

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX_BYTES = 12;

export function signerOf(origin: string, seed: Uint8Array): LogSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    origin,
    vkey: formatVkey(origin, spki.subarray(SPKI_PREFIX_BYTES)),
    sign: (message) => ed25519(null, message, privateKey),
  };
}

/** The log's key lies beside the epoch keys, never in the database, never on the edge. */
export async function openSigner(origin: string, keys: KeyProvider): Promise<LogSigner> {
  return signerOf(origin, await keys.create("log"));
}
