import { desc, eq } from "drizzle-orm";
import type { Database } from "./client.ts";
import { logCheckpoint, logHead } from "./tables.ts";

/** How long a head may wait for its signature. */
const TRIES = 10;
const PAUSE_MS = 100;

/**
 * Whether the head as it is now is signed within a second. Where replicas write at once, a batch is signed after its commit
 * and its checkpoint comes with the next one, so the head may always be a little ahead; a head that stays ahead was moved by
 * somebody who cannot sign, or by a replica that ended between commit and signature: any other one signs when it is asked
 * for the head.
 */
export async function signedSoon(db: Database): Promise<boolean> {
  const [head] = await db.select({ size: logHead.size }).from(logHead).where(eq(logHead.id, 1));
  for (let tries = 0; head; tries++) {
    const [newest] = await db
      .select({ size: logCheckpoint.size })
      .from(logCheckpoint)
      .orderBy(desc(logCheckpoint.size))
      .limit(1);
    if (newest && newest.size >= head.size) return true;
    if (tries === TRIES) return false;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  // What is not there at all is the check's own to say.
  return true;
}
