import { fromBase64, isIndex, parseDecimal, toBase64 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { isKeyName, keysOf, type LogKeys, parseNote, type Signer, signNote, verifyNote } from "./note.ts";
import { Refusal } from "./refusal.ts";

/** A tree head: the log's name, its number of entries, and the 32-byte root over them. */
export type Checkpoint = { origin: string; size: number; root: Uint8Array };

/**
 * C2SP tlog-checkpoint text, three lines and never an extension line, because readers differ on those:
 *
 *     log.example/motivo
 *     3
 *     base64 of the root
 *
 * Throws Refusal `checkpoint_invalid` when a part cannot be said.
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!isKeyName(origin) || !isIndex(size) || root.length !== 32) throw new Refusal("checkpoint_invalid");
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Strict inverse. Throws Refusal `checkpoint_invalid`, or `base64_invalid` for the root. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", decimal = "", encoded = "", last, ...rest] = text.split("\n");
  const size = parseDecimal(decimal);
  if (!isKeyName(origin) || size === null || last !== "" || rest.length > 0) {
    throw new Refusal("checkpoint_invalid");
  }
  return { origin, size, root: fromBase64(encoded, 32) };
}

/** The signed note of a checkpoint. Each signer's key must bear the origin's name. */
export function signCheckpoint(checkpoint: Checkpoint, ...signers: Signer[]): string {
  const all = signers.flatMap((signer) => [signer, ...(signer.also ?? [])]);
  if (all.some(({ key }) => key.name !== checkpoint.origin)) throw new Refusal("origin_mismatch");
  return signNote(formatCheckpoint(checkpoint), ...signers);
}

/**
 * Reads a signed checkpoint only after its signature by `keys`, whose name must be the origin. With several, one that
 * signed is enough, and none of them may have signed wrongly. Throws Refusal.
 */
export async function openCheckpoint(crypto: Crypto, note: string, keys: LogKeys): Promise<Checkpoint> {
  const parsed = parseNote(note);
  await verifyNote(crypto, parsed, keysOf(keys));
  const checkpoint = parseCheckpoint(parsed.text);
  if (keysOf(keys).some(({ name }) => checkpoint.origin !== name)) throw new Refusal("origin_mismatch");
  return checkpoint;
}
