import { and, eq, lt } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { notice, processingStop, request } from "../../db/tables.ts";
import type { Epoch } from "../../privacy/epoch.ts";
import { blindWith } from "../../privacy/epoch.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import { OwnKey } from "./own-key.ts";
import { openRow, type RequestContent } from "./request.ts";
import type { RightsDeps } from "./settings.ts";

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
    const [stop] = await deps.db
      .select({ id: processingStop.id })
      .from(processingStop)
      .where(eq(processingStop.request, row.id))
      .limit(1);
    if (stop) {
      const { content } = openRow(deps, row);
      if ((await keysOf(deps.db, deps.epoch, content.subject)).length > 0) continue;
    }
    await deps.db.delete(request).where(and(eq(request.id, row.id), lt(request.forgetAt, now)));
    forgotten += 1;
  }
  return forgotten;
}

/**
 * Moves requests, stops and notices from one epoch to the next: wrapped again and found by the new epoch's HMACs, so
 * that the old epoch's key can be destroyed.
 * @returns how many rows were moved; 0 when nothing hangs on the old epoch any more
 */
export async function moveRequests(db: Database, from: Epoch, to: Epoch, limit = 500): Promise<number> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(request)
      .where(eq(request.epoch, from.number))
      .limit(limit)
      .for("update");
    for (const row of rows) {
      const key = OwnKey.open(from, row);
      const { subject, asked, stopped } = key.open<RequestContent>(row.sealed);
      const parts = [subject, row.right, asked.decision ?? asked.model ?? ""];
      await tx
        .update(request)
        .set({
          ...key.wrap(to),
          lookup: blindWith(to.blindKey, "subject-request", [subject]),
          openKey: row.openKey && blindWith(to.blindKey, "open-subject-request", parts),
        })
        .where(eq(request.id, row.id));
      for (const use of stopped) {
        await tx
          .update(processingStop)
          .set({ lookup: blindWith(to.blindKey, "processing-stop", [subject, use]) })
          .where(
            and(
              eq(processingStop.request, row.id),
              eq(processingStop.lookup, blindWith(from.blindKey, "processing-stop", [subject, use])),
            ),
          );
      }
    }
    const notices = await tx
      .select({ id: notice.id, wrapped: notice.wrapped })
      .from(notice)
      .where(eq(notice.epoch, from.number))
      .limit(limit)
      .for("update");
    for (const row of notices) {
      await tx.update(notice).set(OwnKey.open(from, row).wrap(to)).where(eq(notice.id, row.id));
    }
    return rows.length + notices.length;
  });
}
