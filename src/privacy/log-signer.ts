import { createPublicKey, sign as ed25519 } from "node:crypto";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { ed25519Key, formatVkey } from "../../audit/note.ts";
import type { LogSigner } from "../db/log-append.ts";
import { privateKeyOf } from "./ed25519.ts";
import type { KeyProvider } from "./key-folder.ts";

const SPKI_PREFIX_BYTES = 12;

/** @param origin name of the log and of its key: no space, no plus sign. @param seed 32 bytes */
export function signerOf(origin: string, seed: Uint8Array): LogSigner {
  const privateKey = privateKeyOf(seed);
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const key = ed25519Key(nodeCrypto, origin, spki.subarray(SPKI_PREFIX_BYTES));
  return { key, vkey: formatVkey(key), sign: (message) => ed25519(null, message, privateKey) };
}

/** Ed25519 is deterministic: the same head gives the same bytes on every replica that holds this key. */
const LOG_KEY = "log";

/**
 * The log's key lies beside the epoch keys, never in the database, never on the edge.
 * @throws KeyFolderError when it is not there: only a log without a head may be given a new key.
 */
export async function openSigner(
  origin: string,
  keys: KeyProvider,
  log: "new" | "existing",
): Promise<LogSigner> {
  return signerOf(origin, log === "new" ? await keys.create(LOG_KEY) : await keys.read(LOG_KEY));
}
