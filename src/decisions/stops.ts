import { inArray } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import type { Database } from "../db/client.ts";
import { gatherOf } from "../db/gather.ts";
import { processingStop } from "../db/tables.ts";
import { Problem, type ProblemCode } from "../errors.ts";
import type { Contract } from "../models/contract.ts";
import type { Deps } from "./deps.ts";

export const STOP_KINDS = ["restriction", "objection", "revocation"] as const;
export type StopKind = (typeof STOP_KINDS)[number];

/** A revoked consent says most, so it is what a client hears of first. */
const REFUSED_WITH: [StopKind, ProblemCode][] = [
  ["revocation", "consent_revoked"],
  ["objection", "purpose_objected"],
  ["restriction", "processing_restricted"],
];

/** Kinds of stops under any of these lookups. */
const stopsOf = gatherOf(async (db: Database, asked: readonly (readonly Uint8Array[])[]) => {
  const rows = await db
    .select({ lookup: processingStop.lookup, kind: processingStop.kind })
    .from(processingStop)
    .where(inArray(processingStop.lookup, asked.flat()));
  return asked.map((lookups) =>
    rows.filter(({ lookup }) => lookups.some((one) => bytesEqual(one, lookup))).map(({ kind }) => kind),
  );
});

/**
 * Refuses to decide about a person whose data is restricted for this model, who objected to it or revoked the consent
 * that it rests on (GDPR 18(2), 21(1), 7(3); LGPD 18 IV, 18 §2, 8 §5). A stop is about the model under whichever version:
 * a new one with other words for its purposes or another retention does not get around it. A decision that was begun before the stop was
 * committed still stands: it was made before.
 * @throws Problem consent_revoked, purpose_objected, processing_restricted
 */
export async function refuseStopped(
  { db, epoch }: Pick<Deps, "db" | "epoch">,
  contract: Contract,
  subjectId: string,
): Promise<void> {
  const lookups = epoch.blinds("processing-stop", subjectId, contract.name);
  const kinds = new Set(await stopsOf(db).ask(lookups));
  // A version that rests on no consent needs none.
  if (!contract.features.some(({ basis }) => contract.bases[basis]?.kind === "consent"))
    kinds.delete("revocation");
  for (const [kind, code] of REFUSED_WITH) if (kinds.has(kind)) throw new Problem(code);
}
