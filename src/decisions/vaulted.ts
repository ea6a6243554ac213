import { eq } from "drizzle-orm";
import { canonicalize } from "../../audit/canonical.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { record } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { Contract } from "../models/contract.ts";
import { openByTag } from "../privacy/vault.ts";
import type { DecisionAnswer, DecisionCore, DecisionReceipt, VaultedDecision } from "./decision.ts";
import type { Deps } from "./deps.ts";
import type { Explained } from "./scale.ts";

export const encodeVaulted = (vaulted: VaultedDecision): Uint8Array =>
  new TextEncoder().encode(canonicalize(vaulted));

export const decodeVaulted = (plaintext: Uint8Array): VaultedDecision =>
  JSON.parse(new TextDecoder().decode(plaintext)) as VaultedDecision;

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

export function receiptOf(parts: {
  logIndex: number;
  leafHash: Uint8Array;
  inclusionProof: readonly Uint8Array[];
  checkpoint: string;
}): DecisionReceipt {
  return {
    logIndex: parts.logIndex,
    leafHash: base64(parts.leafHash),
    inclusionProof: parts.inclusionProof.map(base64),
    checkpoint: parts.checkpoint,
  };
}

/**
 * The answer to a decision as it was first given, receipt and all: the proof leads to the checkpoint of its batch.
 * @throws Problem decision_erased when record or payload are gone
 */
export async function answerOf(
  { db, epoch, log, models }: Pick<Deps, "db" | "epoch" | "log" | "models">,
  id: string,
): Promise<DecisionAnswer> {
  const [row] = await db.select().from(record).where(eq(record.id, id));
  if (row?.kind !== "decision") throw new Problem("decision_erased");
  const { leaf, leafHash } = await log.leaf(row.logIndex);
  const opened = await openByTag(db, epoch, parseLeaf(leaf).tag);
  if (!opened) throw new Problem("decision_erased");
  const vaulted = decodeVaulted(opened.plaintext);
  const receipt = receiptOf({
    logIndex: row.logIndex,
    leafHash,
    inclusionProof: await log.inclusionProof(row.logIndex, row.receiptSize),
    checkpoint: await log.checkpointAt(row.receiptSize),
  });
  const { contract } = await models.published(vaulted.decision.model, vaulted.decision.version);
  return inOrder(contract, vaulted.decision, receipt);
}

const inOrderOfScale = ({ link, scale, output, threshold }: Explained): Explained => ({
  link,
  scale,
  output,
  threshold,
});

/** The members in the order of the first answer: the vault keeps them sorted, so that its bytes can be checked. */
function inOrder(contract: Contract, d: DecisionCore, receipt: DecisionReceipt): DecisionAnswer {
  return {
    id: d.id,
    model: d.model,
    version: d.version,
    outcome: d.outcome,
    score: d.score,
    threshold: d.threshold,
    ...(d.explained && { explained: inOrderOfScale(d.explained) }),
    base: d.base,
    attributions: Object.fromEntries(
      contract.features.map(({ name }) => {
        const { value, interval } = d.attributions[name]!;
        return [name, { value, interval }];
      }),
    ),
    method: d.method,
    seed: d.seed,
    modelRows: d.modelRows,
    language: d.language,
    reasons: d.reasons.map(({ feature, code, direction, rank, text }) => ({
      feature,
      code,
      direction,
      rank,
      text,
    })),
    receipt,
  };
}
