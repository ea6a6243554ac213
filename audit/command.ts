import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { parseArgs } from "node:util";
import { nodeCrypto } from "./crypto-node.ts";
import { parseVkey, type VerifierKey } from "./note.ts";
import { parsePolicy } from "./policy.ts";
import { type Code, Refusal } from "./refusal.ts";
import { describe } from "./report.ts";
import { type Question, unusable, type Verdict, verify } from "./verify.ts";

export const HELP = `Checks what a Motivo log says, offline, with the log's public key alone.

  node audit/cli.ts verify <file> --key <vkey> [--checkpoint <file>] [--policy <file>]
                           [--leaves <file>] [--receipt <file>]... [--json]

  <file>        an export of the whole log, the evidence bundle of one decision, a consistency proof,
                an access answer, an erasure certificate, or a change of the log's key
  --key         the log's verifier key (name+id+key), or a file of the keys that it has had, one a line
  --checkpoint  a checkpoint of this log kept from before: an export that is older, or that
                does not contain what the log held then, is refused; a consistency proof begins there
  --policy      a C2SP tlog-policy: a checkpoint that lacks its quorum of witnesses is refused
  --leaves      with an access answer: the log's public entry bundles (tile/entries/...), one after
                the other, so that an entry left out is found
  --receipt     with an access answer: the answer to a decision, which must be among the entries
  --json        answer with one JSON object
  --help        this text

  Exit code: 0 verified; 1 refused; 2 not usable (arguments, key, file).
`;

/** Larger files get a progress bar, on a terminal. */
const PROGRESS_BYTES = 32 * 1024 * 1024;
/** A key or a checkpoint is far smaller; more is not read. */
const SMALL_FILE_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;
const MAX_KEYS = 100;

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
        policy: { type: "string" },
        leaves: { type: "string" },
        receipt: { type: "string", multiple: true },
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
    verdict = await verifyFile(file, { ...values, key: values.key });
  } catch (cause) {
    verdict = unusable(codeOf(cause));
  }
  process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : describe(verdict));
  if (verdict.code === "arguments_invalid" && !json) process.stdout.write(`\n${HELP}`);
  if (verdict.ok) return 0;
  return verdict.state === "UNUSABLE" ? 2 : 1;
}

type Beside = { key: string; checkpoint?: string; policy?: string; leaves?: string; receipt?: string[] };

async function verifyFile(file: string, beside: Beside): Promise<Verdict> {
  const question: Question = { key: await readKeys(beside.key), now: new Date() };
  if (beside.checkpoint !== undefined) question.keptCheckpoint = await readSmallFile(beside.checkpoint);
  if (beside.policy !== undefined) {
    question.policy = parsePolicy(nodeCrypto, await readSmallFile(beside.policy));
  }
  if (beside.receipt) question.receipts = await Promise.all(beside.receipt.map(readSmallFile));
  if (beside.leaves !== undefined) {
    await fileSize(beside.leaves);
    question.leaves = createReadStream(beside.leaves, { highWaterMark: READ_BYTES });
  }
  const size = await fileSize(file);
  const bar = process.stderr.isTTY && size > PROGRESS_BYTES ? progressBar(size) : undefined;
  if (bar) question.onProgress = bar;
  const verdict = await verify(nodeCrypto, createReadStream(file, { highWaterMark: READ_BYTES }), question);
  if (bar) process.stderr.write("\r\x1b[K");
  return verdict;
}

/** One key, or a file of them; all bear the log's name. */
async function readKeys(keyOrFile: string): Promise<readonly VerifierKey[]> {
  try {
    return [parseVkey(nodeCrypto, keyOrFile)];
  } catch {
    const text = await readSmallFile(keyOrFile).catch(() => "");
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/, MAX_KEYS + 1);
    const keys = lines.map((line) => parseVkey(nodeCrypto, line));
    if (keys.length > MAX_KEYS || keys.some(({ name }) => name !== keys[0]!.name)) {
      throw new Refusal("key_invalid");
    }
    return keys;
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
