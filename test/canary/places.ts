import { spawn } from "node:child_process";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

/** Somewhere to look. */
export interface Place {
  name: string;
  bytes: () => AsyncIterable<Uint8Array>;
}

export const textPlace = (name: string, lines: readonly (string | Uint8Array)[]): Place => ({
  name,
  async *bytes() {
    for (const line of lines) yield Buffer.concat([Buffer.from(line as string), Buffer.from("\n")]);
  },
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

export const filePlace = (name: string, file: string): Place => ({
  name,
  bytes: () => createReadStream(file) as AsyncIterable<Buffer>,
});

export const folderPlace = (
  name: string,
  folder: string,
  only: (file: string) => boolean = () => true,
): Place => ({
  name,
  async *bytes() {
    for (const file of filesUnder(folder).filter(only)) {
      yield* createReadStream(file) as AsyncIterable<Buffer>;
      yield Buffer.from("\n");
    }
  },
});

/** What `pg_dump --exclude-schema=vault` writes, where one of the server's age is at hand; else its rows, read as text. */
export async function dumpPlace(url: string): Promise<Place> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS version",
  );
  await client.end();
  if ((await dumpVersion()) >= rows[0]!.version) {
    return { name: "pg_dump", bytes: () => programOutput(["--exclude-schema=vault", "--dbname", url]) };
  }
  return { name: "dump", bytes: () => rowsAsText(url) };
}

async function dumpVersion(): Promise<number> {
  let said = "";
  try {
    for await (const chunk of programOutput(["--version"])) said += String(chunk);
  } catch {
    return 0;
  }
  return Number(/\b(\d+)\.\d+/.exec(said)?.[1] ?? 0);
}

async function* programOutput(args: readonly string[]): AsyncIterable<Uint8Array> {
  const program = spawn("pg_dump", args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    program.once("error", reject);
    program.once("close", resolve);
  });
  yield* program.stdout as AsyncIterable<Buffer>;
  if ((await ended) !== 0) throw new Error("pg_dump failed");
}

/** Each row of each table outside the vault and the system, in PostgreSQL's own text form, as COPY would write it. */
async function* rowsAsText(url: string): AsyncIterable<Uint8Array> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    const { rows: tables } = await client.query<{ name: string }>(`
      SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', 'vault')`);
    for (const { name } of tables) {
      await client.query(`DECLARE canary NO SCROLL CURSOR FOR SELECT t::text AS row FROM ${name} AS t`);
      for (;;) {
        const { rows } = await client.query<{ row: string }>("FETCH 500 FROM canary");
        if (rows.length === 0) break;
        yield Buffer.from(rows.map(({ row }) => `${row}\n`).join(""));
      }
      await client.query("CLOSE canary");
    }
  } finally {
    await client.end();
  }
}

/**
 * Values are stored as they are instead of compressed, so that a search of files finds them; statistics are taken of every
 * column that may have any.
 */
export async function storePlainly(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ statement: string }>(`
    SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I SET STORAGE EXTERNAL', n.nspname, c.relname, a.attname) AS statement
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'm')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'`);
  for (const { statement } of rows) await client.query(statement);
  await client.end();
}

/** Writes what a leak would have written, by a table of ours and a statement with parameters. */
export async function plant(url: string, forms: readonly Buffer[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("CREATE TABLE canary_planted (text text, bytes bytea)");
  for (const bytes of forms) {
    const text = bytes.toString();
    const isText = Buffer.from(text).equals(bytes) && !text.includes("\0");
    await client.query("INSERT INTO canary_planted VALUES ($1, $2)", [isText ? text : null, bytes]);
  }
  await client.query("ANALYZE");
  await client.query("CHECKPOINT");
  await client.end();
}
