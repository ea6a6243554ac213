import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { parsePolicy } from "../../audit/policy.ts";
import { type Verdict, verify } from "../../audit/verify.ts";

const TODAY = new Date("2026-09-01T12:00:00Z");

/** Keys are lines of `vkey`. The verdict on a document held in memory, read in chunks of `chunkBytes`. */
export function verified(
  document: string | Uint8Array,
  vkey: string,
  options: {
    keptCheckpoint?: string;
    policy?: string;
    receipts?: string[];
    leaves?: Uint8Array;
    now?: Date;
    chunkBytes?: number;
  } = {},
): Promise<Verdict> {
  const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
  const { now = TODAY, chunkBytes = bytes.length, keptCheckpoint, policy, receipts, leaves } = options;
  const length = Math.max(chunkBytes, 1);
  return verify(nodeCrypto, chunksOf(bytes, length), {
    key: vkey
      .trimEnd()
      .split("\n")
      .map((line) => parseVkey(nodeCrypto, line)),
    now,
    ...(keptCheckpoint !== undefined && { keptCheckpoint }),
    ...(policy !== undefined && { policy: parsePolicy(nodeCrypto, policy) }),
    ...(receipts && { receipts }),
    ...(leaves && { leaves: chunksOf(leaves, length) }),
  });
}

async function* chunksOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}
