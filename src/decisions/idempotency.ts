import { and, eq, gt, lt } from "drizzle-orm";
import { canonicalize } from "../../audit/canonical.ts";
import type { NewEntry } from "../db/log-append.ts";
import { idempotencyKey } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { DecisionAnswer } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { answerOf } from "./vaulted.ts";

const HOURS = 24;

/** A claim on an Idempotency-Key: both key and request as HMAC, since clients put anything into either. */
export type Claim = NonNullable<NewEntry["idempotency"]>;

/**
 * @param key the header; 1 to 255 visible ASCII characters
 * @throws Problem invalid_idempotency_key
 */
export function claimOf(
  { epoch, now }: Pick<Deps, "epoch" | "now">,
  client: string,
  key: string,
  request: unknown,
): Claim {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem("invalid_idempotency_key", "An Idempotency-Key is 1 to 255 visible ASCII characters");
  }
  return {
    keyHmac: epoch.blind("idempotency-key", client, key),
    requestHmac: epoch.blind("request", canonicalize(request)),
    expiresAt: new Date(now().getTime() + HOURS * 3_600_000),
  };
}

/**
 * The answer that this key already has.
 * @returns null when the key is free
 * @throws Problem idempotency_key_reused for another request, decision_erased when the answer was erased
 */
export async function repeated(deps: Deps, claim: Claim): Promise<DecisionAnswer | null> {
  const [row] = await deps.db
    .select()
    .from(idempotencyKey)
    .where(and(eq(idempotencyKey.keyHmac, claim.keyHmac), gt(idempotencyKey.expiresAt, deps.now())));
  if (!row) return null;
  if (row.decision === null || row.requestHmac === null) throw new Problem("decision_erased");
  if (!Buffer.from(row.requestHmac).equals(claim.requestHmac)) throw new Problem("idempotency_key_reused");
  return answerOf(deps, row.decision);
}

/** Forgets the keys whose 24 hours are over; until then each stays taken, also after an erasure. */
export async function forgetExpiredKeys({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
  await db.delete(idempotencyKey).where(lt(idempotencyKey.expiresAt, now()));
}
