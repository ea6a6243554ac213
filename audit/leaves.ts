import { bytesEqual, concatBytes } from "./bytes.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { RunningRoot } from "./frontier.ts";
import { hashLeaf } from "./merkle.ts";
import { Refusal } from "./refusal.ts";

/**
 * Reads every leaf under a checkpoint whose signature is verified already: the log's entry bundles
 * (`tile/entries/…`, u16 length before each leaf) one after the other. What lies beyond the checkpoint is not read.
 * `onLeaf` is called before the root is known, so what it finds counts only once this returns; what it throws may be the
 * work of a changed file. Throws Refusal `size_mismatch` when leaves are missing, `root_mismatch` when one is not the log's.
 */
export async function scanLeaves(
  crypto: Crypto,
  chunks: AsyncIterable<Uint8Array>,
  { size, root }: Checkpoint,
  onLeaf: (leaf: Uint8Array, index: number) => void,
): Promise<void> {
  const tree = new RunningRoot(crypto);
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (tree.size === size) break;
    const bytes = held.length === 0 ? chunk : concatBytes(held, chunk);
    let at = 0;
    while (tree.size < size && at + 2 <= bytes.length) {
      const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (end > bytes.length) break;
      const leaf = bytes.subarray(at + 2, end);
      onLeaf(leaf, tree.size);
      tree.push(hashLeaf(crypto, leaf));
      at = end;
    }
    held = new Uint8Array(bytes.subarray(at));
  }
  if (tree.size !== size) throw new Refusal("size_mismatch", tree.size);
  if (!bytesEqual(tree.root(), root)) throw new Refusal("root_mismatch");
}
