import { bytesEqual, toBase64 } from "./bytes.ts";
import { canonicalize, parseCanonical } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { asHashes, asIndex, asMembers, asText } from "./members.ts";
import { emptyRoot, verifyConsistency } from "./merkle.ts";
import { Refusal } from "./refusal.ts";

// That the log of one checkpoint begins with the log of another. The earlier checkpoint is not in the document: it is the
// one that its reader kept, or the document proves nothing to them.

export const CONSISTENCY_FORMAT = "motivo-consistency/v1";

/** `checkpoint` is the later signed note; `from` the earlier size; `proof` as in RFC 9162 §2.1.4. */
export type Consistency = { checkpoint: string; from: number; proof: readonly Uint8Array[] };

export const formatConsistency = ({ checkpoint, from, proof }: Consistency): string =>
  `${canonicalize({ checkpoint, format: CONSISTENCY_FORMAT, from, proof: proof.map(toBase64) })}\n`;

/** Strict inverse for the line without its newline. Throws Refusal. */
export function parseConsistency(line: string): Consistency {
  const document = asMembers(parseCanonical(line), ["checkpoint", "format", "from", "proof"]);
  return {
    checkpoint: asText(document.checkpoint),
    from: asIndex(document.from),
    proof: asHashes(document.proof),
  };
}

/**
 * Both checkpoints are verified already. Throws Refusal `checkpoint_not_comparable` when the proof begins elsewhere than at
 * the kept checkpoint, `checkpoint_older`, or `checkpoint_inconsistent`.
 */
export function checkConsistency(
  crypto: Crypto,
  { from, proof }: Consistency,
  later: Checkpoint,
  kept: Checkpoint,
): void {
  if (from !== kept.size) throw new Refusal("checkpoint_not_comparable");
  if (kept.size > later.size) throw new Refusal("checkpoint_older");
  // Every log begins with the empty one, and nothing needs to be proved of that.
  const holds =
    kept.size === 0
      ? proof.length === 0 && bytesEqual(kept.root, emptyRoot(crypto))
      : verifyConsistency(crypto, kept.size, later.size, kept.root, later.root, proof);
  if (!holds) throw new Refusal("checkpoint_inconsistent");
}
