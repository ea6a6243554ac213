import { eq, lt } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { mandate } from "../../db/tables.ts";
import { blindWith } from "../../privacy/epoch.ts";
import type { EpochRing } from "../../privacy/epoch-ring.ts";
import { OwnKey } from "../requests/own-key.ts";
import type { MandateContent } from "./mandate.ts";

/** Brings mandates from older epochs under the current one. @returns how many; 0 when none is left */
export async function moveMandates(db: Database, ring: EpochRing, limit: number): Promise<number> {
  const to = ring.current();
  return db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(mandate)
      .where(lt(mandate.epoch, to.number))
      .limit(limit)
      .for("update");
    for (const row of rows) {
      const key = OwnKey.open(ring.of(row.epoch), row);
      const { person, representative } = key.open<MandateContent>(row.sealed);
      await tx
        .update(mandate)
        .set({
          ...key.wrap(to),
          person: blindWith(to.blindKey, "mandate", ["person", person]),
          representative: blindWith(to.blindKey, "mandate", ["representative", representative]),
        })
        .where(eq(mandate.id, row.id));
    }
    return rows.length;
  });
}
