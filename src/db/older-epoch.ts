import { hasCode } from "./error-code.ts";

/** What the database answers to a row that is written under an older epoch than the newest (`migrations/`). */
const OLDER_EPOCH = "MT001";

/** Whether a write was refused because another process opened a new epoch: with it taken up, the same write goes in. */
export const refusedAsOlder = (error: unknown): boolean => hasCode(error, OLDER_EPOCH);
