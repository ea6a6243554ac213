import { bytesEqual, concatBytes, fromBase64, toBase64, toHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { Refusal } from "./refusal.ts";

// C2SP signed-note. A note is text ending in "\n", a blank line, and signature lines "— name base64(id ‖ signature)".

/** Signature types: a log's own Ed25519 key, and a witness's key for timestamped cosignatures (C2SP tlog-cosignature). */
export const ED25519 = 1;
export const COSIGNATURE = 4;
export type KeyType = typeof ED25519 | typeof COSIGNATURE;

/** The specification asks verifiers to accept at least 16 and to set a limit. */
const MAX_SIGNATURES = 100;

/** A public key that notes are checked against. `id` has 4 bytes. */
export type VerifierKey = { name: string; id: Uint8Array; publicKey: Uint8Array };
/** One signature line, its 4-byte key id apart from the signature. */
export type NoteSignature = { name: string; id: Uint8Array; signature: Uint8Array };
export type Note = { text: string; signatures: NoteSignature[] };
/**
 * `also` are keys that sign beside this one: the new key's, while an old one is being replaced. `keys` are all that the log
 * has had, for whoever must read what it signed before; without them, `key` alone.
 */
export type Signer = {
  key: VerifierKey;
  sign(message: Uint8Array): Uint8Array;
  also?: readonly Signer[];
  keys?: readonly VerifierKey[];
};
/** The key of a log, or those that it has had, one after the other: all bear its name. */
export type LogKeys = VerifierKey | readonly VerifierKey[];

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]. Throws Refusal `key_invalid` on a bad name or length. */
export function noteKey(crypto: Crypto, name: string, publicKey: Uint8Array, type: KeyType): VerifierKey {
  if (!isKeyName(name) || publicKey.length !== 32) throw new Refusal("key_invalid");
  const id = crypto.sha256(utf8(name), Uint8Array.of(0x0a, type), publicKey).slice(0, 4);
  return { name, id, publicKey };
}

export const ed25519Key = (crypto: Crypto, name: string, publicKey: Uint8Array): VerifierKey =>
  noteKey(crypto, name, publicKey, ED25519);

/** `name+<8 hex digits>+base64(type ‖ public key)`. */
export const formatVkey = (key: VerifierKey, type: KeyType = ED25519): string =>
  `${key.name}+${toHex(key.id)}+${toBase64(concatBytes(Uint8Array.of(type), key.publicKey))}`;

/** Parses a vkey of that type, whose id must be the one computed from the rest. Throws Refusal `key_invalid`. */
export function parseVkey(crypto: Crypto, text: string, type: KeyType = ED25519): VerifierKey {
  // The base64 may hold a "+" itself, so the text is cut at the first two.
  const [name = "", id = "", ...rest] = text.split("+");
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(rest.join("+"), 33);
  } catch {
    throw new Refusal("key_invalid");
  }
  const key = noteKey(crypto, name, bytes.subarray(1), type);
  if (bytes[0] !== type || toHex(key.id) !== id) throw new Refusal("key_invalid");
  return key;
}

export const keysOf = (keys: LogKeys): readonly VerifierKey[] => ("id" in keys ? [keys] : keys);

/** The keys that what this signer's log signed is read with. */
export const keysOfSigner = ({ key, keys }: Signer): readonly VerifierKey[] => keys ?? [key];

/** Non-empty, no space of any kind, no "+", no control character. */
export const isKeyName = (name: string): boolean =>
  name !== "" && name.isWellFormed() && !/[\s\u0085+]/.test(name) && !hasControl(name);

/** Throws Refusal `note_invalid`; no signature is checked here. */
export function parseNote(note: string): Note {
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0 || !note.endsWith("\n") || hasControl(note) || !note.isWellFormed()) {
    throw new Refusal("note_invalid");
  }
  const lines = note.slice(blank + 2, -1).split("\n", MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES) throw new Refusal("note_invalid");
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = "", encoded = "", ...rest] = line.split(" ", 4);
  if (dash !== "—" || rest.length > 0 || !isKeyName(name)) throw new Refusal("note_invalid");
  const bytes = fromBase64(encoded);
  if (bytes.length < 5) throw new Refusal("note_invalid");
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** The inverse of `parseNote`. Throws Refusal `note_invalid` on text that a note cannot hold. */
export function formatNote(note: Note): string {
  if (!note.text.endsWith("\n") || hasControl(note.text) || !note.text.isWellFormed()) {
    throw new Refusal("note_invalid");
  }
  const lines = note.signatures.map(
    ({ name, id, signature }) => `— ${name} ${toBase64(concatBytes(id, signature))}\n`,
  );
  return `${note.text}\n${lines.join("")}`;
}

export function signNote(text: string, ...signers: Signer[]): string {
  const all = signers.flatMap((signer) => [signer, ...(signer.also ?? [])]);
  const signatures = all.map(({ key, sign }) => ({
    name: key.name,
    id: key.id,
    signature: sign(utf8(text)),
  }));
  return formatNote({ text, signatures });
}

/**
 * Checks a note against the keys that are known, and ignores lines by any other. Throws Refusal
 * `signature_invalid` when a known key's line fails, `signature_missing` when no known key signed.
 */
export async function verifyNote(crypto: Crypto, note: Note, keys: readonly VerifierKey[]): Promise<void> {
  const message = utf8(note.text);
  let verified = 0;
  for (const line of note.signatures) {
    const key = keys.find(({ name, id }) => name === line.name && bytesEqual(id, line.id));
    if (!key) continue;
    if (!(await crypto.verifyEd25519(key.publicKey, message, line.signature))) {
      throw new Refusal("signature_invalid");
    }
    verified += 1;
  }
  if (verified === 0) throw new Refusal("signature_missing");
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}
