import { eq } from "drizzle-orm";
import type { JsonObject } from "../../audit/canonical.ts";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { formatKeyChange } from "../../audit/key-change.ts";
import { parseNote } from "../../audit/note.ts";
import type { Database } from "../db/client.ts";
import type { LogReader } from "../db/log.ts";
import { logKey, record } from "../db/tables.ts";
import { Problem } from "../errors.ts";

/**
 * One change of the log's key as a document that the verifier reads (`motivo-key-change/v1`).
 * @param number 2 for the first change
 * @throws Problem unknown_entry
 */
export async function keyChangeDocument(db: Database, log: LogReader, number: number): Promise<string> {
  const [change] = await db.select().from(logKey).where(eq(logKey.number, number));
  if (!change) throw new Problem("unknown_entry", "The log has not had so many keys");
  const [kept] = await db.select().from(record).where(eq(record.logIndex, change.entry));
  if (!kept) throw new Error("The entry of a change of key has no record");
  const { size } = parseCheckpoint(parseNote(change.note).text);
  const { leaf } = await log.leaf(change.entry);
  return formatKeyChange(change.note, {
    index: change.entry,
    leaf,
    proof: await log.inclusionProof(change.entry, size),
    record: JSON.parse(kept.body) as JsonObject,
    salt: kept.salt,
  });
}
