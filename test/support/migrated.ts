import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";

const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache/motivo", import.meta.url));

/** Another migration, another PGlite: another file. */
async function fileName(): Promise<string> {
  const digest = createHash("sha256");
  const lock = fileURLToPath(
    new URL("../../node_modules/@electric-sql/pglite/package.json", import.meta.url),
  );
  const migrations = (await readdir(migrationsFolder)).filter((name) => name.endsWith(".sql")).sort();
  for (const path of [lock, ...migrations.map((name) => join(migrationsFolder, name))]) {
    digest.update(await readFile(path));
  }
  return `migrated-${digest.digest("hex").slice(0, 16)}.tar`;
}

/**
 * The files of a PGlite with every migration behind it. Making them anew costs four times the processor time of unpacking
 * them, and some sixty test files want one.
 */
export async function migratedContents(): Promise<Blob> {
  const path = join(cache, await fileName());
  const kept = await readFile(path).catch(() => null);
  if (kept) return new Blob([kept]);
  const client = await PGlite.create();
  await migrate(drizzle(client), { migrationsFolder });
  const contents = await client.dumpDataDir("none");
  await client.close();
  await mkdir(cache, { recursive: true });
  // Several test files may make it at once: each reader sees a whole one.
  const unfinished = `${path}.${randomUUID()}`;
  await writeFile(unfinished, new Uint8Array(await contents.arrayBuffer()));
  await rename(unfinished, path);
  return contents;
}
