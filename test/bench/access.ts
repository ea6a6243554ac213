import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDist } from "../../scripts/pack.ts";
import { readConfig } from "../../src/config.ts";
import { openPostgres } from "../../src/db/client.ts";
import { decide } from "../../src/decisions/decide.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { publish } from "../../src/models/publish.ts";
import { openDeps } from "../../src/node.ts";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { startPostgres } from "../support/postgres-server.ts";

// How long, and in how much memory, everything held about one person is written: node test/bench/access.ts [decisions].
// Once by hand (`motivo access` on the database), once by a running service, which seals the parts into its database. Each is a
// process of its own; its memory is the kernel's high-water mark, so this runs on Linux. Decisions are real ones.

const decisions = Number(process.argv[2] ?? 10_000);
const IN_FLIGHT = 64;
const MODEL = "german-credit";

const folder = await mkdtemp(join(tmpdir(), "motivo-access-bench-"));
const server = await startPostgres();
/** As it is shipped, without types: what strips them while a process starts takes memory that no installed service needs. */
const built = join("node_modules", ".cache", "motivo-bench-access");
await buildDist(process.cwd(), built);
const settings = {
  DATABASE_URL: server.url,
  MOTIVO_DATA: join(folder, "data"),
  MOTIVO_KEYS: join(folder, "keys"),
  MOTIVO_DEV: "1",
  MOTIVO_WORKERS: "1",
  MOTIVO_LOG_LEVEL: "error",
  PORT: "0",
};

async function decideAll(): Promise<void> {
  const config = readConfig(settings);
  const database = await openPostgres(server.url);
  const deps = await openDeps(config, database, keyFolder(config.MOTIVO_KEYS));
  await publish(deps, await readPackageFolder(`packages/${MODEL}`));
  const { contract } = await deps.models.published(MODEL, 1);
  const { inputs } = contract.example;
  let next = 0;
  const one = async () => {
    while (next < decisions) {
      const i = next++;
      await decide(deps, {
        client: "bench",
        model: MODEL,
        subject: { id: "person-one", name: "Maria Exemplo" },
        inputs: { ...inputs, amount_dm: 500 + (i % 9000) },
        language: i % 2 === 0 ? "en" : "pt-BR",
      });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  await deps.epoch.close();
  await deps.log.close();
  await deps.models.close();
  await database.close();
}

/** The most memory that a process has had so far, in MB. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

const started = (args: string[]) =>
  spawn(process.execPath, [join(built, "src", "cli.js"), ...args], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });

/** Runs a command to its end. @param watched whose memory counts; the command's own where it is absent */
async function measured(args: string[], watched?: number) {
  const begun = performance.now();
  const child = started(args);
  let told = "";
  child.stdout.on("data", (chunk) => (told += String(chunk)));
  let peak = 0;
  const look = async () => {
    peak = Math.max(peak, await peakOf(watched ?? child.pid!));
  };
  const timer = setInterval(() => void look(), 50);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(timer);
  if (watched !== undefined) await look();
  if (code !== 0) throw new Error(`motivo ${args[0]} ended with ${code}: ${told}`);
  return { seconds: (performance.now() - begun) / 1000, peak, told };
}

async function sizesIn(out: string): Promise<string> {
  const names = (await readdir(out)).sort();
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(out, name))).size));
  const pdf = names.filter((name) => name.endsWith(".pdf")).length;
  return `${names.length} files, ${pdf} of them PDF, ${Math.round(sizes.reduce((a, b) => a + b, 0) / 1e6)} MB`;
}

function report(label: string, { seconds, peak }: { seconds: number; peak: number }, files: string): void {
  console.log(`${label}: ${seconds.toFixed(1)} s, ${Math.round(peak)} MB at most; ${files}`);
}

try {
  const begun = performance.now();
  await decideAll();
  console.log(`${decisions} decisions made in ${((performance.now() - begun) / 1000).toFixed(1)} s`);

  const byHand = join(folder, "by-hand");
  const hand = await measured(["access", "--subject", "person-one", "--out", byHand, "--json"]);
  report("motivo access", hand, await sizesIn(byHand));

  await mkdir(settings.MOTIVO_DATA, { recursive: true });
  const service = started(["serve"]);
  const url = await new Promise<string>((resolve) => {
    let said = "";
    service.stdout.on("data", (chunk) => {
      said += String(chunk);
      const found = /listens on (http:\S+)/.exec(said);
      if (found && said.includes("Ctrl-C")) resolve(found[1]!);
    });
  });
  const idle = await peakOf(service.pid!);
  const minted = await measured(["token", "--scope", "subject", "--subject", "person-one", "--json"]);
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, (JSON.parse(minted.told) as { token: string }).token, { mode: 0o600 });
  const through = join(folder, "through");
  const asked = ["access", "--subject", "person-one", "--out", through, "--json"];
  const served = await measured([...asked, "--service", url, "--token-file", tokenFile], service.pid!);
  report(`a service (${Math.round(idle)} MB before it was asked)`, served, await sizesIn(through));
  service.kill("SIGINT");
  await new Promise((resolve) => service.once("close", resolve));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(built, { recursive: true, force: true });
}
