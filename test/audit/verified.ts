import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { type Verdict, verify } from "../../audit/verify.ts";

const TODAY = new Date("2026-09-01T12:00:00Z");

/** The verdict on a document held in memory, read in chunks of `chunkBytes`. */
export function verified(
  document: string | Uint8Array,
  vkey: string,
  options: { keptCheckpoint?: string; now?: Date; chunkBytes?: number } = {},
): Promise<Verdict> {
  const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
  const { now = TODAY, chunkBytes = bytes.length, keptCheckpoint } = options;
  return verify(nodeCrypto, chunksOf(bytes, Math.max(chunkBytes, 1)), {
    key: parseVkey(nodeCrypto, vkey),
    now,
    ...(keptCheckpoint !== undefined && { keptCheckpoint }),
  });
}

async function* chunksOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}
