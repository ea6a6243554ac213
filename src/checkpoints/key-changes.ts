import { asc, desc } from "drizzle-orm";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { keyChangeMembers } from "../../audit/key-change.ts";
import { hourOf } from "../../audit/leaf.ts";
import { parseVkey } from "../../audit/note.ts";
import type { Database } from "../db/client.ts";
import type { Log } from "../db/log.ts";
import { appendEntries } from "../db/log-append.ts";
import { logKey } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { KeyProvider } from "../privacy/key-folder.ts";
import { type ChangeableSigner, type LogKeyChange, logKeyName, signerOf } from "../privacy/log-signer.ts";

/** Every change of the log's key so far, oldest first. */
export async function keyChangesOf(db: Database): Promise<LogKeyChange[]> {
  const { number, vkey, until } = logKey;
  return db.select({ number, vkey, until }).from(logKey).orderBy(asc(number));
}

/** Takes up changes that another replica has made. @throws KeyFolderError when its key is not in this key folder */
export async function followKeyChanges(db: Database, signer: ChangeableSigner): Promise<void> {
  for (const change of await keyChangesOf(db)) await signer.adopt(change);
}

export interface KeyChangeDeps {
  db: Database;
  log: Pick<Log, "context">;
  signer: ChangeableSigner;
  keys: KeyProvider;
  origin: string;
  now: () => Date;
  randomId: () => string;
}

/**
 * Gives the log a new key: makes it in the key folder, and appends the entry that the old key signs for it. From that
 * entry's own checkpoint until the end of `until` (UTC) both keys sign, then the new one alone.
 *
 * A crash before the commit leaves a key file that nothing names; the next attempt uses it. Other replicas sign with the
 * new key as soon as they have seen the change, within one turn of theirs, and need the file in their key folder by then.
 * @param until YYYY-MM-DD
 * @throws Problem key_change_running while an earlier overlap lasts; invalid_request for a day that is past
 */
export async function changeLogKey(
  deps: KeyChangeDeps,
  until: string,
): Promise<{ entry: number; previous: string; vkey: string; until: string }> {
  const { db, signer, keys, origin, now } = deps;
  const today = now().toISOString().slice(0, 10);
  if (until < today) throw new Problem("invalid_request", "The last day of both keys is past");
  const [last] = await db.select().from(logKey).orderBy(desc(logKey.number)).limit(1);
  if (last && last.until >= today) throw new Problem("key_change_running");
  const number = (last?.number ?? 1) + 1;
  const { key } = signerOf(origin, await keys.create(logKeyName(number)));
  // The statement is the old key's, so it is made before the new one may sign.
  const members = keyChangeMembers(signer, key, until);
  const vkey = String(members.vkey);
  const previous = String(members.previous);
  await signer.adopt({ number, vkey, until });
  try {
    const entry = await db.transaction(async (tx) => {
      const hour = hourOf(now());
      const [outcome] = await appendEntries(tx, deps.log.context, [
        {
          leaf: { kind: "key", publicKey: parseVkey(nodeCrypto, vkey).publicKey },
          hour,
          body: { kind: "key", hour, ...members },
          columns: { id: deps.randomId() },
        },
      ]);
      if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
      await tx
        .insert(logKey)
        .values({ number, vkey, until, entry: outcome.logIndex, note: outcome.checkpoint });
      return outcome.logIndex;
    });
    return { entry, previous, vkey, until };
  } catch (error) {
    // Whether the commit was lost with the connection is for the table to say.
    const known = await keyChangesOf(db).catch(() => null);
    if (known && !known.some((change) => change.number === number)) signer.drop(number);
    throw error;
  }
}
