import type { Crypto } from "./crypto.ts";
import { parseVkey } from "./note.ts";
import { parsePolicy } from "./policy.ts";
import { Refusal } from "./refusal.ts";
import { describe } from "./report.ts";
import { sha256 } from "./sha256.ts";
import { unusable, type Verdict, verify } from "./verify.ts";

// The verifier for a page: nothing here or below needs Node. A page imports this and calls `verifyDocument`.

/** Hashing in plain code, signatures by the browser's own WebCrypto. Where that knows no Ed25519, no signature holds. */
export const webCrypto: Crypto = {
  sha256,
  async verifyEd25519(publicKey, message, signature) {
    try {
      const key = await crypto.subtle.importKey("raw", new Uint8Array(publicKey), "Ed25519", false, [
        "verify",
      ]);
      return await crypto.subtle.verify("Ed25519", key, new Uint8Array(signature), new Uint8Array(message));
    } catch {
      return false;
    }
  },
};

export type Beside = {
  /** The log's verifier key, or those that it has had, one a line. */
  vkey: string;
  checkpoint?: string;
  policy?: string;
  receipts?: string[];
  leaves?: Blob;
  onProgress?(bytes: number): void;
};

/** Verifies a file of any of the log's formats, and says it in words too. Never throws for what the files are. */
export async function verifyDocument(document: Blob, beside: Beside): Promise<Verdict & { words: string }> {
  const verdict = await answered(document, beside);
  return { ...verdict, words: describe(verdict) };
}

async function answered(
  document: Blob,
  { vkey, checkpoint, policy, leaves, ...rest }: Beside,
): Promise<Verdict> {
  try {
    return await verify(webCrypto, chunksOf(document), {
      key: vkey
        .trimEnd()
        .split("\n")
        .map((line) => parseVkey(webCrypto, line)),
      now: new Date(),
      ...(checkpoint !== undefined && { keptCheckpoint: checkpoint }),
      ...(policy !== undefined && { policy: parsePolicy(webCrypto, policy) }),
      ...(leaves && { leaves: chunksOf(leaves) }),
      ...rest,
    });
  } catch (cause) {
    if (cause instanceof Refusal) return unusable(cause.code);
    throw cause;
  }
}

/** Not every browser iterates over a stream. */
async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
