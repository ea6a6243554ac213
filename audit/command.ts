import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { parseArgs } from "node:util";
import { nodeCrypto } from "./crypto-node.ts";
import { parseVkey, type VerifierKey } from "./note.ts";
import { type Code, Refusal } from "./refusal.ts";
import { describe } from "./report.ts";
import { unusable, type Verdict, verify } from "./verify.ts";

export const HELP = `Checks what a Motivo log says, offline, with the log's public key alone.

  node audit/cli.ts verify <file> --key <vkey> [--checkpoint <file>] [--json]

  <file>        an export of the whole log, or the evidence bundle of one decision
  --key         the log's verifier key (name+id+key), or a file that holds it
  --checkpoint  a checkpoint of this log kept from before: an export that is older, or that
                does not contain what the log held then, is refused
  --json        answer with one JSON object
  --help        this text

  Exit code: 0 verified; 1 refused; 2 not usable (arguments, key, file).
`;

/** Larger files get a progress bar, on a terminal. */
const PROGRESS_BYTES = 32 * 1024 * 1024;
/** A key or a checkpoint is far smaller; more is not read. */
const SMALL_FILE_BYTES = 1024 * 1024;

/** Runs the verifier's command line, prints the answer, and gives the exit code. Never throws. */
export async function run(argv: string[]): Promise<0 | 1 | 2> {
  const json = argv.includes("--json");
  let verdict: Verdict;
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        key: { type: "string" },
        checkpoint: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const [command, file, ...rest] = positionals;
    if (command !== "verify" || file === undefined || rest.length > 0 || values.key === undefined) {
      throw new Refusal("arguments_invalid");
    }
    verdict = await verifyFile(file, values.key, values.checkpoint);
  } catch (cause) {
    verdict = unusable(codeOf(cause));
  }
  process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : describe(verdict));
  if (verdict.code === "arguments_invalid" && !json) process.stdout.write(`\n${HELP}`);
  if (verdict.ok) return 0;
  return verdict.state === "UNUSABLE" ? 2 : 1;
}

async function verifyFile(file: string, keyOrFile: string, checkpointFile?: string): Promise<Verdict> {
  const key = await readKey(keyOrFile);
  const keptCheckpoint = checkpointFile === undefined ? undefined : await readSmallFile(checkpointFile);
  const size = await fileSize(file);
  const bar = process.stderr.isTTY && size > PROGRESS_BYTES ? progressBar(size) : undefined;
  const verdict = await verify(nodeCrypto, createReadStream(file, { highWaterMark: 256 * 1024 }), {
    key,
    now: new Date(),
    ...(keptCheckpoint !== undefined && { keptCheckpoint }),
    ...(bar && { onProgress: bar }),
  });
  if (bar) process.stderr.write("\r\x1b[K");
  return verdict;
}

async function readKey(keyOrFile: string): Promise<VerifierKey> {
  try {
    return parseVkey(nodeCrypto, keyOrFile);
  } catch {
    // Not a key itself, so a file: one line, its newline optional.
    const text = await readSmallFile(keyOrFile).catch(() => "");
    return parseVkey(nodeCrypto, text.replace(/\r?\n$/, ""));
  }
}

async function readSmallFile(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(SMALL_FILE_BYTES));
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function fileSize(path: string): Promise<number> {
  const handle = await open(path);
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

function codeOf(cause: unknown): Code {
  if (cause instanceof Refusal) return cause.code;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return code.startsWith("ERR_PARSE_ARGS") ? "arguments_invalid" : "file_unreadable";
}

function progressBar(size: number): (bytes: number) => void {
  let shown = -1;
  return (bytes) => {
    const percent = Math.floor((100 * bytes) / size);
    if (percent === shown) return;
    shown = percent;
    const filled = Math.floor(percent / 4);
    process.stderr.write(`\r[${"#".repeat(filled)}${"·".repeat(25 - filled)}] ${percent} %`);
  };
}
