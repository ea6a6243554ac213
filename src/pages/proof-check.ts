import { bytesEqual, fromHex, toHex } from "../../audit/bytes.ts";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { hashNode, verifyInclusion } from "../../audit/merkle.ts";
import { parseNote } from "../../audit/note.ts";
import type { LogProof } from "./deps.ts";

/** What the server found when it followed a proof. It says nothing of the signature: that is for the offline verifier. */
export interface ProofCheck {
  /** The hashes lead from the leaf to the root (RFC 9162 §2.1.3.2). */
  path: boolean;
  /** The checkpoint states this size and this root. */
  note: boolean;
  /** The log's name in the checkpoint, null when the note cannot be read. */
  origin: string | null;
  /** The hashes computed on the way, from the leaf up to the root; lower-case hex. */
  computed: string[];
}

export function checkProof(index: number, proof: LogProof): ProofCheck {
  const root = fromHex(proof.root);
  const leaf = fromHex(proof.leafHash);
  let hash = leaf;
  const computed = [toHex(leaf)];
  for (const { hash: sibling, side } of proof.path) {
    const other = fromHex(sibling);
    hash = new Uint8Array(
      side === "left" ? hashNode(nodeCrypto, other, hash) : hashNode(nodeCrypto, hash, other),
    );
    computed.push(toHex(hash));
  }
  const hashes = proof.path.map((step) => fromHex(step.hash));
  // Both: what is drawn (sides) and what the tree's shape demands (index and size) must lead to the same root.
  const path = bytesEqual(hash, root) && verifyInclusion(nodeCrypto, index, proof.size, leaf, hashes, root);
  const stated = statedBy(proof.checkpoint);
  return {
    path,
    note: stated !== null && stated.size === proof.size && bytesEqual(stated.root, root),
    origin: stated?.origin ?? null,
    computed,
  };
}

function statedBy(note: string): { origin: string; size: number; root: Uint8Array } | null {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch {
    return null;
  }
}
