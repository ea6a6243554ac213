import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { epoch as epochTable, payload } from "../db/tables.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { epochOfOwner, openOwner, sealOwner } from "./owner.ts";

/**
 * Seals the owners of up to `limit` payloads again, in the order of their tags, which tell nothing. How far it came
 * stands in the epoch's row, in the same transaction: a crash leaves a run that goes on from there. What is added
 * meanwhile is under the new epoch already.
 * @returns how many payloads were looked at; 0 when the last one was
 */
export async function moveOwners(
  db: Database,
  ring: EpochRing,
  from: number,
  limit: number,
): Promise<number> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(epochTable).where(eq(epochTable.number, from)).for("update");
    if (!row) return 0;
    const after = row.sealedUpTo;
    const rows = await tx
      .select({ tag: payload.tag, owner: payload.owner })
      .from(payload)
      .where(and(after ? gt(payload.tag, after) : undefined))
      .orderBy(asc(payload.tag))
      .limit(limit);
    const last = rows.at(-1);
    if (!last) return 0;
    const current = ring.current();
    const values = rows
      .filter(({ owner }) => epochOfOwner(owner) < current.number)
      .map(({ tag, owner }) => {
        const sealed = sealOwner(current, openOwner(ring, owner, tag), tag);
        return sql`(${Buffer.from(tag)}::bytea, ${Buffer.from(sealed)}::bytea)`;
      });
    if (values.length > 0) {
      await tx
        .update(payload)
        .set({ owner: sql`moved.owner` })
        .from(sql`(VALUES ${sql.join(values, sql`, `)}) AS moved(tag, owner)`)
        .where(eq(payload.tag, sql`moved.tag`));
    }
    await tx
      .update(epochTable)
      .set({ sealedUpTo: last.tag, movedRows: row.movedRows + values.length })
      .where(eq(epochTable.number, from));
    return rows.length;
  });
}
