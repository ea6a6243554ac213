import { Refusal } from "./refusal.ts";

/** An erasure leaf covers an interval of at most this many hours; until it is written an erasure is pending. */
export const PENDING_HOURS = 24;

/**
 * Whether "erased since that hour, leaf to follow" can be true: not before the entry was made, not after the newest
 * hour that the log itself shows, and within one interval of it. Nothing signed says more about a pending erasure,
 * which is why it is counted apart; see `FORMAT.md` for what that leaves open. Throws Refusal `pending_invalid`.
 */
export function checkPending(since: number, entryHour: number, newestHour: number, index: number): void {
  if (since < entryHour || since > newestHour || since < newestHour - PENDING_HOURS) {
    throw new Refusal("pending_invalid", index);
  }
}
