import { and, eq } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { modelFile } from "../db/tables.ts";
import type { SUMMARY_FILE } from "./background-summary.ts";

/** What follows from a published version and takes time to work out: kept beside its files, under names no package may use. */
export type DerivedFile = "importance.json" | typeof SUMMARY_FILE;

export async function readDerived<T>(
  db: Database,
  { model, version }: { model: string; version: number },
  name: DerivedFile,
): Promise<T | null> {
  const [row] = await db
    .select({ content: modelFile.content })
    .from(modelFile)
    .where(and(eq(modelFile.model, model), eq(modelFile.version, version), eq(modelFile.name, name)));
  // Bytes that this service wrote.
  return row ? (JSON.parse(new TextDecoder().decode(row.content)) as T) : null;
}

/** Another process that worked it out first stays. */
export async function keepDerived(
  db: Database,
  { model, version }: { model: string; version: number },
  name: DerivedFile,
  value: object,
): Promise<void> {
  const content = new TextEncoder().encode(JSON.stringify(value));
  await db.insert(modelFile).values({ model, version, name, content }).onConflictDoNothing();
}
