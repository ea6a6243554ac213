import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { expect, it } from "vitest";
import type { Database } from "../../src/db/client.ts";
import { entriesBetween } from "../../src/db/log-entries.ts";
import { idempotencyKey, logCheckpoint, logTag, record } from "../../src/db/tables.ts";

const LEAN = "_lean_log";
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The migrations as they were before the one that lays leaves together. */
async function earlierMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "motivo-migrations-"));
  await cp("migrations", folder, { recursive: true });
  const journal = join(folder, "meta", "_journal.json");
  const { entries, ...rest } = JSON.parse(await readFile(journal, "utf8")) as { entries: { tag: string }[] };
  const until = entries.findIndex(({ tag }) => tag.endsWith(LEAN));
  expect(until).toBeGreaterThan(0);
  await writeFile(journal, JSON.stringify({ ...rest, entries: entries.slice(0, until) }));
  return folder;
}

it("entries, tags, checkpoints and keys that were written before come along", async () => {
  const client = await PGlite.create();
  const db = drizzle(client);
  const earlier = await earlierMigrations();
  await migrate(db, { migrationsFolder: earlier });
  const leaves = Array.from({ length: 600 }, (_, i) => Buffer.alloc(86 + (i % 3) * 36, i % 251));
  const id = "00000000-0000-4000-8000-000000000001";
  for (const [i, leaf] of leaves.entries()) {
    const hash = createHash("sha256").update(leaf).digest();
    const tag = i % 2 ? createHash("sha256").update(`tag ${i}`).digest().subarray(0, 16) : null;
    await client.query("INSERT INTO log_entry VALUES ($1, $2, $3, $4)", [i, leaf, hash, tag]);
  }
  await client.query("INSERT INTO log_head VALUES (1, 'v', 600, '\\x00', '\\x00', 'the note')");
  await client.query(
    "INSERT INTO record (id, log_index, kind, hour, receipt_size, body, salt) VALUES ($1, 3, 'decision', 1, 4, '{}', '\\x00')",
    [id],
  );
  await client.query("INSERT INTO idempotency_key VALUES ('\\x0102', '\\x00', $1, now())", [id]);

  await migrate(db, { migrationsFolder: "migrations" });
  const carried = db as unknown as Database;
  const entries = await entriesBetween(carried, 0, 1000);
  expect(entries.map(({ index }) => index)).toEqual(leaves.map((_, i) => i));
  for (const { index, leaf, leafHash } of entries) {
    expect(hex(leaf)).toBe(hex(leaves[index]!));
    expect(hex(leafHash)).toBe(createHash("sha256").update(leaf).digest("hex"));
  }
  const tags = await carried.select().from(logTag).orderBy(logTag.index);
  expect(tags.map(({ index }) => index)).toEqual(leaves.flatMap((_, i) => (i % 2 ? [i] : [])));
  expect(await carried.select().from(logCheckpoint)).toEqual([{ size: 600, note: "the note" }]);
  const [kept] = await carried.select().from(record);
  expect(hex(kept!.keyHmac!)).toBe("0102");
  expect(await carried.$count(idempotencyKey)).toBe(1);
  await client.close();
  await rm(earlier, { recursive: true });
});
