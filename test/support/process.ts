import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DevFile } from "../../src/node.ts";
import { COMPILED } from "./compiled.ts";
import { freePort } from "./postgres-server.ts";

/** The service as a process of its own, to be killed. */
export interface ServiceProcess extends DevFile {
  child: ChildProcess;
  /** Everything it wrote, both streams. */
  output: () => string;
}

/** A folder pair for data and keys that goes away with the test. */
export async function temporaryFolders(): Promise<{ data: string; remove: () => Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), "motivo-"));
  return { data: join(parent, "data"), remove: () => rm(parent, { recursive: true, force: true }) };
}

/** Starts `motivo serve` on this Node and waits until it is ready. */
export async function startProcess(env: Record<string, string>): Promise<ServiceProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ["src/cli.ts", "serve"], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: COMPILED,
      MOTIVO_LOG_LEVEL: "warn",
      PORT: String(port),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}:\n${output}`);
    const response = await fetch(`${url}/health/ready`).catch(() => null);
    if (response?.ok) {
      const file = JSON.parse(await readFile(join(env.MOTIVO_DATA!, "dev.json"), "utf8")) as DevFile;
      if (file.url === url) return { ...file, child, output: () => output };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`The service did not become ready:\n${output}`);
}

export const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("exit", (code) => resolve(code)));
