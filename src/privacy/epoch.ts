import { createHash, createHmac, hkdfSync } from "node:crypto";
import { desc } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { epoch as epochTable } from "../db/tables.ts";
import { KeyFolderError, type KeyProvider } from "./key-folder.ts";

/**
 * The keys of a period. Everything that could lead from the database back to a person (lookups, wrapped data
 * keys, owners of payloads) hangs on these, and these hang on one epoch key outside the database, so that
 * destroying that one key closes every copy ever made of the database.
 */
export interface Epoch {
  number: number;
  /** Wraps data keys (AES-256-GCM). */
  wrapKey: Uint8Array;
  /** Seals which data key owns a payload (AES-256-GCM). */
  ownerKey: Uint8Array;
  /** HMAC-SHA-256 of a subject's id: the same person is found again, and nobody is found without the key. */
  lookup(subjectId: string): Uint8Array;
  /** HMAC-SHA-256 of what clients choose, and of whose a data-subject request or a stopped purpose is. */
  blind(
    purpose:
      | "idempotency-key"
      | "request"
      | "actor"
      | "subject-request"
      | "open-subject-request"
      | "processing-stop",
    ...parts: string[]
  ): Uint8Array;
}

function derive(key: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `motivo/${label}/v1`, 32));
}

/** Length-prefixed, so that no two lists of parts give the same bytes. */
function framed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function epochOf(number: number, key: Uint8Array): Epoch {
  const lookupKey = derive(key, "lookup");
  const blindKey = derive(key, "blind");
  return {
    number,
    wrapKey: derive(key, "wrap"),
    ownerKey: derive(key, "owner"),
    lookup: (subjectId) =>
      createHmac("sha256", lookupKey)
        .update(framed(["subject", subjectId]))
        .digest(),
    blind: (purpose, ...parts) =>
      createHmac("sha256", blindKey)
        .update(framed([purpose, ...parts]))
        .digest(),
  };
}

const keyName = (number: number) => `epoch-${number}`;
const keyCheck = (key: Uint8Array) =>
  new Uint8Array(createHash("sha256").update(derive(key, "check")).digest());

/**
 * Opens the epoch that the database is in, or the first one of a new database.
 * @throws KeyFolderError when the database knows an epoch whose key is not in the key folder, or another key
 * is there under its name: starting on a new key would leave every vault row unreadable without a word.
 */
export async function openEpoch(db: Database, keys: KeyProvider, now: Date): Promise<Epoch> {
  let [current] = await db.select().from(epochTable).orderBy(desc(epochTable.number)).limit(1);
  if (!current) {
    const key = await keys.create(keyName(1));
    // Another replica may have opened it first, on a key folder of its own: what the database says counts.
    await db
      .insert(epochTable)
      .values({ number: 1, openedAt: now, keyCheck: keyCheck(key) })
      .onConflictDoNothing();
    [current] = await db.select().from(epochTable).orderBy(desc(epochTable.number)).limit(1);
  }
  if (!current) throw new Error("The epoch that was just opened is not in the database");
  const name = keyName(current.number);
  if (!(await keys.exists(name))) {
    throw new KeyFolderError(
      `This database was written under the epoch key "${name}", which is not in the key folder. ` +
        "Point MOTIVO_KEYS to the folder that holds it.",
    );
  }
  const key = await keys.read(name);
  if (!Buffer.from(current.keyCheck).equals(keyCheck(key))) {
    throw new KeyFolderError(`The epoch key "${name}" is not the one that this database was written under`);
  }
  return epochOf(current.number, key);
}
