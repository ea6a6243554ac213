import { desc, eq, lte, sql } from "drizzle-orm";
import type { Checkpoint } from "../../audit/checkpoint.ts";
import { parseNote } from "../../audit/note.ts";
import type { Database } from "../db/client.ts";
import type { LogReader } from "../db/log.ts";
import { checkpointStamp, publishedCheckpoint, witnessState } from "../db/tables.ts";

export interface Published {
  size: number;
  root: Uint8Array;
  /** The signed note, with its witnesses' lines where a quorum is asked for. */
  note: string;
  publishedAt: Date;
}

/** What was published last; null before anything was. */
export async function published(db: Database): Promise<Published | null> {
  const [row] = await db.select().from(publishedCheckpoint).where(eq(publishedCheckpoint.id, 1));
  return row ?? null;
}

/**
 * What anybody is shown as the log's checkpoint: the last one that its witnesses cosigned, where there is one, though the
 * log may have gone on since; else the head.
 */
export async function servedCheckpoint(
  db: Database,
  log: Pick<LogReader, "head">,
): Promise<{ size: number; checkpoint: string }> {
  const last = await published(db);
  const cosigned = last && parseNote(last.note).signatures.some(({ name }) => name !== originOf(last.note));
  return cosigned ? { size: last.size, checkpoint: last.note } : log.head();
}

/** The time stamp over the largest checkpoint that was stamped; null before there is one. */
export async function newestStamp(db: Database): Promise<typeof checkpointStamp.$inferSelect | null> {
  const [stamp] = await db.select().from(checkpointStamp).orderBy(desc(checkpointStamp.size)).limit(1);
  return stamp ?? null;
}

/** How far the log is attested outside of it: what was published, each witness's last word, the newest stamp. */
export async function publicationOf(db: Database): Promise<{
  published: { size: number; at: Date } | null;
  witnesses: { name: string; size: number; answer: string; askedAt: Date }[];
  stamp: { size: number; at: Date } | null;
}> {
  const [last, witnesses, stamp] = await Promise.all([
    published(db),
    db.select().from(witnessState).orderBy(witnessState.vkey),
    newestStamp(db),
  ]);
  return {
    published: last && { size: last.size, at: last.publishedAt },
    witnesses: witnesses.map(({ vkey, size, answer, askedAt }) => ({
      name: vkey.split("+")[0]!,
      size,
      answer,
      askedAt,
    })),
    stamp: stamp && { size: stamp.size, at: stamp.stampedAt },
  };
}

const originOf = (note: string) => note.slice(0, note.indexOf("\n"));

/** Publishes, unless a larger one was meanwhile; several replicas do this at once. */
export async function publishCheckpoint(
  db: Database,
  { size, root }: Checkpoint,
  note: string,
  publishedAt: Date,
): Promise<void> {
  await db
    .insert(publishedCheckpoint)
    .values({ id: 1, size, root, note, publishedAt })
    .onConflictDoUpdate({
      target: publishedCheckpoint.id,
      set: { size, root, note, publishedAt },
      setWhere: lte(publishedCheckpoint.size, sql`excluded.size`),
    });
}
