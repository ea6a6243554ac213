import { desc, inArray } from "drizzle-orm";
import { request } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { retryStale } from "../../privacy/stale.ts";
import { blindsOf } from "./own-key.ts";
import { type OpenedRequest, openRow } from "./request.ts";

/** A person's requests, newest first, with what they asked and what came of it. */
export async function requestsOf(
  deps: Pick<Deps, "db" | "epoch">,
  subject: string,
): Promise<OpenedRequest[]> {
  return retryStale(deps.epoch, async () => {
    const rows = await deps.db
      .select()
      .from(request)
      .where(inArray(request.lookup, blindsOf(deps, "subject-request", subject)))
      .orderBy(desc(request.receivedAt));
    return rows.map((row) => openRow(deps, row));
  });
}
