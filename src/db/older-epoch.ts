/** What the database answers to a row that is written under an older epoch than the newest (`migrations/`). */
const OLDER_EPOCH = "MT001";

/** Whether a write was refused because another process opened a new epoch: with it taken up, the same write goes in. */
export function refusedAsOlder(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as { code?: string }).code === OLDER_EPOCH) return true;
  }
  return false;
}
