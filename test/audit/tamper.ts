import { sql } from "drizzle-orm";
import { auditLog } from "../../src/db/log-audit.ts";
import { smallLog } from "../checkpoints/small-log.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { Seeded } from "./honest-log.ts";
import { forged, honestCase, honestLogs, otherDocuments, TAMPERINGS, tryTampering } from "./tamperings.ts";
import { verified } from "./verified.ts";

// Tamperings by the thousand: npm run test:tampering [times], 1 by default, which makes more than 10,000 in a minute or
// two, and goes over 1,000 honest logs. Ends with 1 at the first tampering that is not found or the first false alarm.

const times = Number(process.argv[2] ?? 1);
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;

const honest = Math.max(20, Math.round(1000 * times));
await honestLogs(honest);
console.log(`${honest} honest logs, no false alarm (${seconds()})`);

let exports = 0;
const cases = Array.from({ length: Math.max(5, Math.round(50 * times)) }, (_, i) =>
  honestCase(`tamper ${i}`, 2 + (i % 60)),
);
for (const name of Object.keys(TAMPERINGS)) {
  const found = await tryTampering(name, cases, name.includes("bit") ? 40 : 7);
  if (found === 0) throw new Error(`${name} was never tried`);
  exports += found;
}
console.log(`${exports} tampered exports, ${Object.keys(TAMPERINGS).length} kinds, all found (${seconds()})`);

let documents = 0;
const random = new Seeded("forged documents");
for (let i = 0; i < Math.max(2, 25 * times); i++) {
  for (const { name, text, vkey, beside } of otherDocuments(`forged ${i}`)) {
    if (!(await verified(text, vkey, beside)).ok) throw new Error(`${name} is honest and was refused`);
    for (let j = 0; j < 25; j++) {
      const changed = forged(text, random);
      if (changed === null) continue;
      if ((await verified(changed, vkey, beside)).ok)
        throw new Error(`${name} was forged and not noticed:\n${changed}`);
      documents += 1;
    }
  }
}
console.log(`${documents} forged proofs and documents, all found (${seconds()})`);

console.log(
  `${await editRows(Math.max(10, Math.round(150 * times)))} rows edited as superuser, all found (${seconds()})`,
);

/** Columns that hold the log, of any row, one bit or character changed behind the triggers' back. */
async function editRows(edits: number): Promise<number> {
  const database = await freshEmbedded();
  const { db } = database;
  const small = await smallLog(database, memoryKeys());
  await small.append(270);
  const audit = () => auditLog(db, small.signer.keys, { now: new Date() });
  if (!(await audit()).ok) throw new Error("an untouched database was called touched");
  await db.execute(sql`SET session_replication_role = replica`);
  const { rows } = (await db.execute(sql`
    SELECT table_name AS "table", column_name AS "column", data_type AS type FROM information_schema.columns
    WHERE table_schema = 'public' AND (data_type = 'bytea' AND table_name IN ('log_batch', 'log_tile', 'log_head', 'record')
      OR table_name = 'record' AND column_name = 'body') ORDER BY 1, 2`)) as unknown as {
    rows: { table: string; column: string; type: string }[];
  };
  const touched = new Set<string>();
  let found = 0;
  while (found < edits) {
    const { table, column, type } = rows[found % rows.length]!;
    const name = sql.identifier(column);
    const from = sql.identifier(table);
    const chosen = (await db.execute(
      sql`SELECT ctid::text AS place, ${name} AS value FROM ${from} WHERE ${name} IS NOT NULL OFFSET ${random.below(1000)} % GREATEST((SELECT count(*) FROM ${from} WHERE ${name} IS NOT NULL), 1) LIMIT 1`,
    )) as unknown as { rows: { place: string; value: Uint8Array | string }[] };
    const [row] = chosen.rows;
    if (!row) {
      rows.splice(found % rows.length, 1);
      continue;
    }
    const changed =
      typeof row.value === "string"
        ? row.value.replace("placed", "lifted")
        : Buffer.from(row.value.with(random.below(row.value.length), random.below(256)));
    if (typeof changed !== "string" && changed.equals(row.value as Uint8Array)) continue;
    const moved = (await db.execute(
      sql`UPDATE ${from} SET ${name} = ${changed} WHERE ctid = ${row.place}::tid RETURNING ctid::text AS place`,
    )) as unknown as { rows: { place: string }[] };
    if ((await audit()).ok) throw new Error(`a change of ${table}.${column} (${type}) was not noticed`);
    const back = typeof row.value === "string" ? row.value : Buffer.from(row.value);
    await db.execute(sql`UPDATE ${from} SET ${name} = ${back} WHERE ctid = ${moved.rows[0]!.place}::tid`);
    touched.add(`${table}.${column}`);
    found += 1;
  }
  if (!(await audit()).ok) throw new Error("a database put back was called touched");
  await small.log.close();
  await database.close();
  console.log(`  in ${[...touched].join(", ")}`);
  return found;
}
