import { asc, eq, isNull, sql } from "drizzle-orm";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { erasureTree, MAX_ERASURE_ITEMS } from "../../audit/erasure.ts";
import { hourOf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import { appendEntries, lockHead } from "../db/log-append.ts";
import { erasedEntry } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";

/** On which of them an entry went is not said of any one. */
const GROUNDS = [
  "request of the data subject: LGPD 18 VI, GDPR 17",
  "end of the retention period: LGPD 15 and 16, GDPR 5(1)(e)",
];

/**
 * Writes the erasure entry of an interval: one leaf that justifies every removal since the last one, its items
 * shuffled, so that no leaf groups one person's entries for its readers. A crash before the commit leaves them
 * pending; the next run takes them.
 * @param options.pendingBeforeHour write only if something has been pending since before this hour: a process that has
 * just started must not make an interval of the one erasure that came before it
 * @returns null when nothing is pending
 */
export async function closeErasureInterval(
  deps: Deps,
  options: { pendingBeforeHour?: number } = {},
): Promise<{ logIndex: number; entries: number } | null> {
  return deps.db.transaction(async (tx) => {
    await lockHead(tx);
    const pending = await tx
      .select({ index: erasedEntry.logIndex, salt: erasedEntry.salt, sinceHour: erasedEntry.sinceHour })
      .from(erasedEntry)
      .where(isNull(erasedEntry.erasureIndex))
      .orderBy(asc(erasedEntry.logIndex))
      .limit(MAX_ERASURE_ITEMS);
    const { pendingBeforeHour = Number.POSITIVE_INFINITY } = options;
    if (!pending.some(({ sinceHour }) => sinceHour < pendingBeforeHour)) return null;
    const items = pending
      .map((item) => ({ item, at: Buffer.from(deps.log.context.randomBytes(16)).toString("hex") }))
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ item }) => item);
    const { count, itemsRoot } = erasureTree(nodeCrypto, items);
    const hour = hourOf(deps.now());
    const [outcome] = await appendEntries(tx, deps.log.context, [
      {
        leaf: { kind: "erasure", count, itemsRoot },
        hour,
        body: { kind: "erasure", hour, count, grounds: GROUNDS },
        columns: { id: deps.randomId() },
      },
    ]);
    if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
    for (const part of chunksOf(items.map(({ index }, position) => ({ index, position })))) {
      const values = sql.join(
        part.map(({ index, position }) => sql`(${index}::bigint, ${position}::int)`),
        sql`, `,
      );
      await tx
        .update(erasedEntry)
        .set({ erasureIndex: outcome.logIndex, position: sql`placed.position` })
        .from(sql`(VALUES ${values}) AS placed(log_index, position)`)
        .where(eq(erasedEntry.logIndex, sql`placed.log_index`));
    }
    return { logIndex: outcome.logIndex, entries: count };
  });
}
