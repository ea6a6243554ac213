import { inArray, lt } from "drizzle-orm";
import { bytesEqual } from "../../audit/bytes.ts";
import { canonicalize } from "../../audit/canonical.ts";
import type { NewEntry } from "../db/log-append.ts";
import { idempotencyKey } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { DecisionAnswer } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { answerOf } from "./vaulted.ts";

const HOURS = 24;

/** A claim on an Idempotency-Key: both key and request as HMAC, since clients put anything into either. */
export interface Claim extends NonNullable<NewEntry["idempotency"]> {
  /** Key and request under every epoch that it may have been taken under. */
  forms(): { keyHmac: Uint8Array; requestHmac: Uint8Array }[];
}

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
  const asked = canonicalize(request);
  return {
    // Read when the entry is written: an epoch that was opened meanwhile counts, or two processes could both take the key.
    get keyHmac() {
      return epoch.blind("idempotency-key", client, key);
    },
    get requestHmac() {
      return epoch.blind("request", asked);
    },
    expiresAt: new Date(now().getTime() + HOURS * 3_600_000),
    forms() {
      const requests = epoch.blinds("request", asked);
      return epoch
        .blinds("idempotency-key", client, key)
        .map((keyHmac, i) => ({ keyHmac, requestHmac: requests[i]! }));
    },
  };
}

/**
 * The answer that this key already has.
 * @returns null when the key is free
 * @throws Problem idempotency_key_reused for another request, decision_erased when the answer was erased
 */
export async function repeated(deps: Deps, claim: Claim): Promise<DecisionAnswer | null> {
  const rows = await deps.db
    .select()
    .from(idempotencyKey)
    .where(
      inArray(
        idempotencyKey.keyHmac,
        claim.forms().map(({ keyHmac }) => keyHmac),
      ),
    );
  return answerTo(deps, claim, rows[0]);
}

/** As `repeated`, of what was read already. @param row whoever has the key, expired or not */
export async function answerTo(
  deps: Deps,
  claim: Claim,
  row: typeof idempotencyKey.$inferSelect | undefined,
): Promise<DecisionAnswer | null> {
  if (!row || row.expiresAt <= deps.now()) return null;
  if (row.decision === null || row.requestHmac === null) throw new Problem("decision_erased");
  const asked = claim.forms().find(({ keyHmac }) => bytesEqual(row.keyHmac, keyHmac))?.requestHmac;
  if (!asked || !bytesEqual(row.requestHmac, asked)) throw new Problem("idempotency_key_reused");
  return answerOf(deps, row.decision);
}

/** Forgets the keys whose 24 hours are over; until then each stays taken, also after an erasure. */
export async function forgetExpiredKeys({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
  await db.delete(idempotencyKey).where(lt(idempotencyKey.expiresAt, now()));
}
