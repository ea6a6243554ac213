import { bytesEqual, toBase64, utf8 } from "./bytes.ts";
import { canonicalize, type JsonObject, parseCanonical } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { formatOpened, isDay, type Opened, openedLeaf, parseOpened } from "./evidence.ts";
import type { Leaf } from "./leaf.ts";
import { asBytes, asMembers, asText } from "./members.ts";
import { formatVkey, keysOf, type LogKeys, parseVkey, type Signer, type VerifierKey } from "./note.ts";
import { Refusal } from "./refusal.ts";

// A log keeps its name for ever, and changes its key by an entry. The old key signs what the entry says; from that entry's
// own checkpoint until the end of the named day both keys sign every checkpoint, and from then on the new one alone.

export const KEY_CHANGE_FORMAT = "motivo-key-change/v1";

/** `until` is the last UTC day, YYYY-MM-DD, on which the old key signs too. */
export type KeyChange = { entry: number; previous: string; vkey: string; until: string };

/** What the old key signs: the old key, the new one, and the last day of both, a line each. */
const statement = (previous: string, vkey: string, until: string): Uint8Array =>
  utf8(`motivo/key-change/v1\n${previous}\n${vkey}\n${until}\n`);

/** The members of the key entry's record, beside `kind` and `hour`. */
export function keyChangeMembers(old: Signer, next: VerifierKey, until: string): JsonObject {
  const previous = formatVkey(old.key);
  const vkey = formatVkey(next);
  return { previous, vkey, until, signature: toBase64(old.sign(statement(previous, vkey, until))) };
}

/**
 * Checks that a key entry's record names the key that its leaf holds, and that the key it replaces signed for it. Which
 * keys are believed is not asked here. Throws Refusal `key_change_invalid`.
 */
export async function checkKeyChange(
  crypto: Crypto,
  entry: number,
  leaf: Leaf,
  record: JsonObject,
): Promise<KeyChange> {
  const refuse = (): never => {
    throw new Refusal("key_change_invalid", entry);
  };
  const { previous, vkey, until } = record;
  if (leaf.kind !== "key" || typeof previous !== "string" || typeof vkey !== "string" || !isDay(until)) {
    return refuse();
  }
  try {
    const old = parseVkey(crypto, previous);
    const next = parseVkey(crypto, vkey);
    const signature = asBytes(record.signature, 64);
    const signed = await crypto.verifyEd25519(old.publicKey, statement(previous, vkey, until), signature);
    if (!signed || old.name !== next.name || !bytesEqual(next.publicKey, leaf.publicKey)) return refuse();
  } catch (cause) {
    if (cause instanceof Refusal) return refuse();
    throw cause;
  }
  return { entry, previous, vkey, until };
}

/** Of changes in the order of the log, those that lead on from keys that are believed. */
export function changesFrom(keys: LogKeys, changes: readonly KeyChange[]): KeyChange[] {
  const believed = new Set(keysOf(keys).map((key) => formatVkey(key)));
  return changes.filter(({ previous, vkey }) => believed.has(previous) && believed.add(vkey));
}

/** One change by itself, for whoever knows the old key alone: its entry, proved under a checkpoint that both keys signed. */
export const formatKeyChange = (checkpoint: string, entry: Opened): string =>
  `${canonicalize({ checkpoint, entry: formatOpened(entry), format: KEY_CHANGE_FORMAT })}\n`;

/** Strict inverse for the line without its newline. Throws Refusal. */
export function parseKeyChange(line: string): { checkpoint: string; entry: Opened } {
  const document = asMembers(parseCanonical(line), ["checkpoint", "entry", "format"]);
  return { checkpoint: asText(document.checkpoint), entry: parseOpened(document.entry) };
}

/** Throws Refusal `key_change_invalid` when the key that is replaced is none that is believed. */
export async function checkKeyChangeDocument(
  crypto: Crypto,
  entry: Opened,
  checkpoint: Checkpoint,
  keys: LogKeys,
): Promise<KeyChange> {
  const leaf = openedLeaf(crypto, entry, checkpoint);
  const change = await checkKeyChange(crypto, entry.index, leaf, entry.record);
  if (changesFrom(keys, [change]).length === 0) throw new Refusal("key_change_invalid", entry.index);
  return change;
}
