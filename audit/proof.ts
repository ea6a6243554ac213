import { fromBase64, isIndex, parseDecimal, toBase64 } from "./bytes.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { hashLeaf, verifyInclusion } from "./merkle.ts";
import type { VerifierKey } from "./note.ts";
import { Refusal } from "./refusal.ts";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** A tree whose size is a safe integer has no longer proof. */
const MAX_HASHES = 53;

/** C2SP tlog-proof. `checkpoint` is the signed note, verbatim; `extra` is bound by nothing and proves nothing. */
export type TlogProof = { index: number; hashes: Uint8Array[]; checkpoint: string; extra?: Uint8Array };

export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  if (!isIndex(index)) throw new RangeError("an index is a safe non-negative integer");
  const head = [FIRST_LINE, ...(extra ? [`extra ${toBase64(extra)}`] : []), `index ${index}`];
  return `${[...head, ...hashes.map(toBase64)].join("\n")}\n\n${checkpoint}`;
}

/** Strict inverse. Throws Refusal `proof_format_invalid` or `base64_invalid`; the note is left unread. */
export function parseTlogProof(text: string): TlogProof {
  const blank = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(blank, 0)).split("\n", MAX_HASHES + 4);
  if (lines.shift() !== FIRST_LINE) throw new Refusal("proof_format_invalid");
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()!.slice(6)) : null;
  const [word, decimal, ...rest] = (lines.shift() ?? "").split(" ");
  const index = parseDecimal(decimal ?? "");
  if (word !== "index" || index === null || rest.length > 0 || lines.length > MAX_HASHES) {
    throw new Refusal("proof_format_invalid");
  }
  const hashes = lines.map((line) => fromBase64(line, 32));
  return { index, hashes, checkpoint: text.slice(blank + 2), ...(extra && { extra }) };
}

/** Checks that `entry` (a leaf's bytes) is in the log that `key` signs. Throws Refusal. */
export async function verifyTlogProof(
  crypto: Crypto,
  text: string,
  entry: Uint8Array,
  key: VerifierKey,
): Promise<{ index: number; checkpoint: Checkpoint }> {
  const { index, hashes, checkpoint: note } = parseTlogProof(text);
  const checkpoint = await openCheckpoint(crypto, note, key);
  if (!verifyInclusion(crypto, index, checkpoint.size, hashLeaf(crypto, entry), hashes, checkpoint.root)) {
    throw new Refusal("inclusion_invalid", index);
  }
  return { index, checkpoint };
}
