import { bytesEqual, concatBytes, isIndex, u64, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Note, NoteSignature, VerifierKey } from "./note.ts";

// C2SP tlog-cosignature, cosignature/v1: a witness says that at that time this was the largest tree it had seen of the
// log, consistent with every one before. On the note its line holds u64 seconds since 1970, then the signature.

const COSIGNATURE_BYTES = 8 + 64;

/** `time` in whole seconds since 1970-01-01T00:00Z. */
export type Cosignature = { key: VerifierKey; time: number };

/** What a witness signs: two lines, then the note's text. */
export const cosignedMessage = (noteText: string, time: number): Uint8Array =>
  utf8(`cosignature/v1\ntime ${time}\n${noteText}`);

/** The line's content. Throws RangeError when the time is no safe integer. */
export const cosignatureLine = (key: VerifierKey, time: number, signature: Uint8Array): NoteSignature => ({
  name: key.name,
  id: key.id,
  signature: concatBytes(u64(time), signature),
});

/**
 * The cosignature that a line holds, or null when it is no witness's of these, or does not verify. A log adds whatever
 * lines it likes, so a wrong one is worth as much as none.
 */
export async function openCosignature(
  crypto: Crypto,
  noteText: string,
  line: NoteSignature,
  witnesses: readonly VerifierKey[],
): Promise<Cosignature | null> {
  const key = witnesses.find(({ name, id }) => name === line.name && bytesEqual(id, line.id));
  if (!key || line.signature.length !== COSIGNATURE_BYTES) return null;
  const view = new DataView(line.signature.buffer, line.signature.byteOffset, 8);
  const time = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  if (!isIndex(time)) return null;
  const message = cosignedMessage(noteText, time);
  return (await crypto.verifyEd25519(key.publicKey, message, line.signature.subarray(8)))
    ? { key, time }
    : null;
}

/** Every cosignature on a note that verifies, one a witness. */
export async function cosignaturesOn(
  crypto: Crypto,
  note: Note,
  witnesses: readonly VerifierKey[],
): Promise<Cosignature[]> {
  const found = new Map<VerifierKey, Cosignature>();
  for (const line of note.signatures) {
    const cosignature = await openCosignature(crypto, note.text, line, witnesses);
    if (cosignature) found.set(cosignature.key, cosignature);
  }
  return [...found.values()];
}
