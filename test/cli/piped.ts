import { spawn } from "node:child_process";
import { COMMAND, type Ended } from "./command.ts";

/** Runs a command with `input` on its standard input. */
export function runWithInput(args: readonly string[], input: string | Buffer): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, MOTIVO_LOG_LEVEL: "silent" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += String(chunk)));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The objects of an NDJSON answer. */
export const objectsIn = ({ stdout }: Ended) =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
