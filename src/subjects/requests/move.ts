import { and, eq, lt } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { notice, processingStop, request } from "../../db/tables.ts";
import { blindWith } from "../../privacy/epoch.ts";
import type { EpochRing } from "../../privacy/epoch-ring.ts";
import { OwnKey } from "./own-key.ts";
import { openKeyParts, type RequestContent } from "./request.ts";

/**
 * Brings requests and what they stopped from older epochs under the current one: wrapped again, and found by its HMACs,
 * so that the key before it can be destroyed.
 * @returns how many requests; 0 when none is left
 */
export async function moveRequests(db: Database, ring: EpochRing, limit: number): Promise<number> {
  const to = ring.current();
  return db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(request)
      .where(lt(request.epoch, to.number))
      .limit(limit)
      .for("update");
    for (const row of rows) {
      const from = ring.of(row.epoch);
      const key = OwnKey.open(from, row);
      const { subject, asked, stopped } = key.open<RequestContent>(row.sealed);
      const parts = openKeyParts(subject, row.right, asked);
      await tx
        .update(request)
        .set({
          ...key.wrap(to),
          lookup: blindWith(to.blindKey, "subject-request", [subject]),
          openKey: row.openKey && blindWith(to.blindKey, "open-subject-request", parts),
        })
        .where(eq(request.id, row.id));
      for (const model of stopped) {
        await tx
          .update(processingStop)
          .set({ lookup: blindWith(to.blindKey, "processing-stop", [subject, model]) })
          .where(
            and(
              eq(processingStop.request, row.id),
              eq(processingStop.lookup, blindWith(from.blindKey, "processing-stop", [subject, model])),
            ),
          );
      }
    }
    return rows.length;
  });
}

/** The same for notices, whose keys alone hang on an epoch. */
export async function moveNotices(db: Database, ring: EpochRing, limit: number): Promise<number> {
  const to = ring.current();
  return db.transaction(async (tx) => {
    const rows = await tx
      .select({ id: notice.id, epoch: notice.epoch, wrapped: notice.wrapped })
      .from(notice)
      .where(lt(notice.epoch, to.number))
      .limit(limit)
      .for("update");
    for (const row of rows) {
      await tx
        .update(notice)
        .set(OwnKey.open(ring.of(row.epoch), row).wrap(to))
        .where(eq(notice.id, row.id));
    }
    return rows.length;
  });
}
