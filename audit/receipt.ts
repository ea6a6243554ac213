import { parseJson } from "./canonical.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { asBytes, asHashes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { verifyInclusion } from "./merkle.ts";
import type { LogKeys } from "./note.ts";
import { Refusal } from "./refusal.ts";

/** What a decision's answer says of its entry. */
export type Receipt = { index: number; leafHash: Uint8Array };

/**
 * Opens a receipt: the answer to a decision as it was given, or its member `receipt` alone. Throws Refusal
 * `receipt_invalid` when it is none, or proves nothing under these keys.
 */
export async function openReceipt(crypto: Crypto, text: string, keys: LogKeys): Promise<Receipt> {
  try {
    const whole = asObject(parseJson(text));
    const receipt = asMembers(has(whole, "receipt") ? whole.receipt : whole, [
      "logIndex",
      "leafHash",
      "inclusionProof",
      "checkpoint",
    ]);
    const index = asIndex(receipt.logIndex);
    const leafHash = asBytes(receipt.leafHash, 32);
    const { size, root } = await openCheckpoint(crypto, asText(receipt.checkpoint), keys);
    if (verifyInclusion(crypto, index, size, leafHash, asHashes(receipt.inclusionProof), root)) {
      return { index, leafHash };
    }
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
  }
  throw new Refusal("receipt_invalid");
}
