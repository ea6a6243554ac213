import { and, eq, lt } from "drizzle-orm";
import { notice, request } from "../../db/tables.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import { openRow } from "./request.ts";
import type { RightsDeps } from "./settings.ts";
import { hasStop } from "./stops.ts";

/**
 * Forgets closed requests and notices whose days are over: row, key and words. A request whose stop is still in force is
 * kept while anything is held about its person; else the purpose would start again unnoticed.
 * @returns how many requests
 */
export async function forgetRequests(deps: RightsDeps): Promise<number> {
  const now = deps.now();
  await deps.db.delete(notice).where(lt(notice.forgetAt, now));
  const over = await deps.db.select().from(request).where(lt(request.forgetAt, now));
  let forgotten = 0;
  for (const row of over) {
    if (await hasStop(deps.db, row.id)) {
      const { content } = openRow(deps, row);
      if ((await keysOf(deps.db, deps.epoch, content.subject)).length > 0) continue;
    }
    await deps.db.delete(request).where(and(eq(request.id, row.id), lt(request.forgetAt, now)));
    forgotten += 1;
  }
  return forgotten;
}
