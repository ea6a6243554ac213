import { spawn } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toHex, utf8 } from "../../audit/bytes.ts";
import { canonicalize } from "../../audit/canonical.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { commit } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { formatExportEnd, formatExportEntry, formatExportHeader } from "../../audit/export.ts";
import { RunningRoot } from "../../audit/frontier.ts";
import { encodeLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { FIRST_HOUR, testSigner } from "../audit/honest-log.ts";

// How fast, and in how much memory, `audit/cli.ts verify` reads an export: node test/bench/verify.ts [entries].
// The export has decisions alone, in lines of the length that German Credit's have.

const entries = Number(process.argv[2] ?? 1_000_000);
const digests = Object.fromEntries(
  ["background", "explainer", "model", "policy"].map((name) => [
    name,
    new Uint8Array(hash("sha256", name, "buffer")),
  ]),
) as { [name in "background" | "explainer" | "model" | "policy"]: Uint8Array };
const hexed = Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, toHex(digest)]));

function entryLine(index: number): { line: string; leafHash: Uint8Array } {
  const hour = FIRST_HOUR + Math.floor(index / 10_000);
  const random = randomBytes(96);
  const record = {
    digests: hexed,
    explanation: { base: 0.71, seed: toHex(random.subarray(64, 80)), values: [0.1, -0.25, 0.05, 0, 0.125] },
    hour,
    inputs: { age: "30–39", credit_amount: "2500–5000", duration: "12–24", purpose: "A43", sex: "*" },
    kind: "decision",
    model: "german-credit",
    outcome: index % 3 === 0 ? "refused" : "granted",
    version: 1,
  };
  const recordText = canonicalize(record);
  const salt = random.subarray(0, 32);
  const leaf = encodeLeaf({
    kind: "decision",
    digests,
    hour,
    tag: random.subarray(80, 96),
    record: commit(nodeCrypto, salt, utf8(recordText)),
    vault: random.subarray(32, 64),
  });
  return { line: formatExportEntry({ index, leaf, recordText, salt }), leafHash: hashLeaf(nodeCrypto, leaf) };
}

/** Lines go to their file as they are made, so the header, which signs over all of them, goes to one of its own. */
async function writeExport(folder: string): Promise<{ files: string[]; vkey: string }> {
  const tree = new RunningRoot(nodeCrypto);
  const body = join(folder, "body.ndjson");
  const out = createWriteStream(body, { highWaterMark: 4 * 1024 * 1024 });
  let block = "";
  for (let index = 0; index < entries; index++) {
    const { line, leafHash } = entryLine(index);
    tree.push(leafHash);
    block += line;
    if (block.length < 1024 * 1024) continue;
    if (!out.write(block)) await new Promise<void>((resolve) => out.once("drain", () => resolve()));
    block = "";
  }
  out.write(block);
  await new Promise<void>((resolve) => out.end(formatExportEnd(entries), () => resolve()));
  const signer = testSigner("log.example/motivo", "bench");
  const checkpoint = signCheckpoint({ origin: signer.key.name, size: entries, root: tree.root() }, signer);
  const header = join(folder, "header.ndjson");
  await new Promise<void>((resolve) =>
    createWriteStream(header).end(formatExportHeader(checkpoint), () => resolve()),
  );
  return { files: [header, body], vkey: signer.vkey };
}

const MEASURED = `
import { createReadStream } from "node:fs";
import { nodeCrypto } from "${new URL("../../audit/crypto-node.ts", import.meta.url).href}";
import { parseVkey } from "${new URL("../../audit/note.ts", import.meta.url).href}";
import { verify } from "${new URL("../../audit/verify.ts", import.meta.url).href}";
const [vkey, ...files] = process.argv.slice(1);
async function* chunks() { for (const file of files) yield* createReadStream(file, { highWaterMark: 256 * 1024 }); }
const began = performance.now();
const verdict = await verify(nodeCrypto, chunks(), { key: parseVkey(nodeCrypto, vkey), now: new Date() });
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(JSON.stringify({ ok: verdict.ok, code: verdict.code, entries: verdict.entries,
  seconds: (performance.now() - began) / 1000, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxMiB: maxRSS / 1024 }));
`;

const folder = await mkdtemp(join(tmpdir(), "motivo-verify-"));
try {
  const began = performance.now();
  const { files, vkey } = await writeExport(folder);
  const bytes = (await Promise.all(files.map(async (file) => (await stat(file)).size))).reduce(
    (a, b) => a + b,
  );
  console.log(
    `${entries} entries, ${(bytes / 2 ** 20).toFixed(0)} MiB, ${(bytes / entries).toFixed(0)} bytes a line,`,
    `written in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", MEASURED, vkey, ...files], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    await new Promise((resolve) => child.on("close", resolve));
    const { ok, code, seconds, cpuSeconds, maxMiB } = JSON.parse(text);
    if (!ok) throw new Error(`the export does not verify: ${code}`);
    const each = (1e6 * seconds) / entries;
    console.log(
      `verified in ${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s), ${each.toFixed(2)} µs a line,`,
      `at most ${maxMiB.toFixed(0)} MiB`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
