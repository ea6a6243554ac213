/**
 * A replica of its own: appends entries of people whom others write about at the same moment, and says where they went.
 * Arguments: database URL, key folder, people, entries.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { openPostgres } from "../../src/db/client.ts";
import { openLog } from "../../src/db/log.ts";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { openSigner } from "../../src/privacy/log-signer.ts";
import { keyFor } from "../../src/privacy/subject-keys.ts";
import { entryOf } from "../../src/privacy/vault.ts";
import { openRing } from "./keys.ts";

const [url = "", folder = "", people = "", entries = ""] = process.argv.slice(2);
const database = await openPostgres(url);
const keys = keyFolder(folder);
const ring = await openRing(database.db, keys);
const log = await openLog(database.db, {
  arrays: database.arrays,
  channel: database.channel,
  signer: (state) => openSigner("test.example/log", keys, state),
  limits: { size: 32, waitMs: 0, queue: 10_000 },
  now: () => new Date(),
  randomBytes,
});
const use = { purpose: "p", retention: "r" };
const held = await Promise.all(
  Array.from({ length: Number(people) }, (_, i) => keyFor(database.db, ring, `person ${i}`, use)),
);
const outcomes = await Promise.all(
  Array.from({ length: Number(entries) }, (_, i) =>
    log.append({
      leaf: { kind: "access" },
      hour: 490_000,
      body: { kind: "access", hour: 490_000 },
      columns: { id: randomUUID() },
      subject: entryOf(ring, held[i % held.length]!, randomBytes(64)),
    }),
  ),
);
console.log(
  JSON.stringify(outcomes.map((outcome) => ("refused" in outcome ? outcome.refused : outcome.logIndex))),
);
await log.close();
await database.close();
