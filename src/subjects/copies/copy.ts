import { eq, inArray } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { copy, dataKey } from "../../db/tables.ts";
import type { Language } from "../../decisions/decision.ts";
import type { Deps } from "../../decisions/deps.ts";
import { keyById, keysOf, type SubjectKey } from "../../privacy/subject-keys.ts";
import type { CopyKind } from "./asked.ts";
import { CopyKey } from "./copy-key.ts";
import type { FileOfCopy } from "./part-sink.ts";

export type CopyRow = typeof copy.$inferSelect;
export type CopyState = "making" | "ready" | "failed";

/** What is sealed in a copy's row. */
export interface CopyDescription {
  subject: string;
  /** Empty until the copy is ready. */
  files: FileOfCopy[];
}

/** A copy as its person sees it. */
export interface ToldCopy {
  id: string;
  kind: CopyKind;
  language: Language;
  state: CopyState;
  /** Entries worked through, out of how many. */
  done: number;
  total: number;
  startedAt: string;
  readyAt: string | null;
  /** When it goes. */
  expiresAt: string;
  files: Omit<FileOfCopy, "parts">[];
}

/** The row of a person who has keys. @returns null when there is none (any more) */
export async function personRow(db: Database, keys: readonly SubjectKey[]): Promise<string | null> {
  const [row] = await db
    .select({ subject: dataKey.subject })
    .from(dataKey)
    .where(
      inArray(
        dataKey.id,
        keys.map(({ id }) => id),
      ),
    )
    .limit(1);
  return row?.subject ?? null;
}

/** The key of a copy and those that it is made of. @returns null once one of them was erased */
export async function openCopy(
  { db, epoch }: Pick<Deps, "db" | "epoch">,
  row: CopyRow,
): Promise<{ key: CopyKey; keys: SubjectKey[]; description: CopyDescription } | null> {
  const keys: SubjectKey[] = [];
  for (const id of row.keys) {
    const found = await keyById(db, epoch, id);
    if (!found) return null;
    keys.push(found);
  }
  const key = CopyKey.of(row.id, keys);
  return { key, keys, description: key.openDescription<CopyDescription>(row.sealed) };
}

export function toldCopy(row: CopyRow, { files }: CopyDescription): ToldCopy {
  return {
    id: row.id,
    kind: row.kind as CopyKind,
    language: row.language as Language,
    state: row.state as CopyState,
    done: row.done,
    total: row.total,
    startedAt: row.startedAt.toISOString(),
    readyAt: row.readyAt?.toISOString() ?? null,
    expiresAt: row.expiresAt.toISOString(),
    files: files.map(({ name, mediaType, bytes, sha256 }) => ({ name, mediaType, bytes, sha256 })),
  };
}

/** The rows of a person's copies that have not expired, newest first. */
export async function rowsOf(deps: Pick<Deps, "db" | "epoch" | "now">, subject: string): Promise<CopyRow[]> {
  const keys = await keysOf(deps.db, deps.epoch, subject);
  const person = keys.length === 0 ? null : await personRow(deps.db, keys);
  if (person === null) return [];
  const rows = await deps.db.select().from(copy).where(eq(copy.subject, person));
  return rows
    .filter(({ expiresAt }) => expiresAt > deps.now())
    .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
}
