import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "../../src/db/client.ts";
import { COMPILED } from "../support/compiled.ts";
import { migratedContents } from "../support/migrated.ts";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that goes on until it is told to end. */
export interface Running {
  child: ChildProcess;
  stdout: () => string;
  /** Resolves when its standard output holds `text`; rejects when it ends before. */
  says(text: string): Promise<void>;
  ended: Promise<Ended>;
}

export const COMMAND = "src/cli.ts";

/** Nothing of this process's own settings reaches the command. Its sources are stripped and compiled once for all of them. */
const surroundings = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_COMPILE_CACHE: COMPILED,
  MOTIVO_LOG_LEVEL: "silent",
  PORT: "0",
};

export function start(args: readonly string[], env: Record<string, string>, script = COMMAND): Running {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...surroundings, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stdout.includes(text) && resolve();
      child.stdout.on("data", look);
      look();
      ended.then(
        ({ code }) => reject(new Error(`It ended with ${code} first:\n${stdout}\n${stderr}`)),
        reject,
      );
    });
  return { child, stdout: () => stdout, says, ended };
}

export const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  start(args, env).ended;

/** What stands last in the banner. */
export const LISTENING = "Ctrl-C closes it.";

/** Where `serve` said that it listens. */
export const urlOf = ({ stdout }: Running): string => /listens on (http:\S+)/.exec(stdout())![1]!;

/**
 * A folder of a test's own, and the settings that keep a command inside it.
 * @param migrated whether its database is there already, for tests whose subject is not a first start
 */
export async function temporaryFolder({ migrated = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "motivo-cli-"));
  const data = join(folder, "data");
  if (migrated) {
    await mkdir(data);
    await (await openEmbedded(join(data, "pglite"), await migratedContents())).close();
  }
  return {
    folder,
    data,
    env: { MOTIVO_DATA: data },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The one JSON object that a command with --json prints. */
export const json = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>;
