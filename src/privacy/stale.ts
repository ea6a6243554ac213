import { refusedAsOlder } from "../db/older-epoch.ts";
import { type EpochRing, StaleEpochError } from "./epoch-ring.ts";

/** Whether this is about an epoch that was opened or closed by another process in this very moment. */
function isStale(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof StaleEpochError) return true;
  }
  return refusedAsOlder(error);
}

/**
 * Does something with rows under the epochs that this process holds. Where another process opened or closed one in
 * between, the ring takes that up and it is done once more: an epoch never changes twice within a call.
 */
export async function retryStale<T>(ring: EpochRing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isStale(error)) throw error;
    await ring.refresh();
    return work();
  }
}
