/**
 * npm run bench:decisions: the whole decision over HTTP (validate, predict, explain, anonymise, encrypt, append, prove,
 * answer) beside a bare Hono and onnxruntime-node endpoint over the same model, and beside that with one plain INSERT; one
 * process each, on one PostgreSQL with its durability on, with 1 and 16 keep-alive connections, in interleaved rounds.
 * Writes its section of docs/benchmarks.md; BENCH_ROUNDS and BENCH_SECONDS make it shorter, `--print` only prints.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { readPackageFolder } from "../../src/models/package.ts";
import { applicants } from "../privacy/attack/population.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { type Loaded, load } from "./decisions/load.ts";
import type { Listening } from "./decisions/serve.ts";
import type { Stages } from "./decisions/stages.ts";
import { postgresCpu } from "./log/postgres-cpu.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const CONNECTIONS = [1, 16];
const MODES = ["bare", "insert", "whole"] as const;
const NAMES = { bare: "bare", insert: "plus one INSERT", whole: "**the whole decision**" };
const PAGE = "docs/benchmarks.md";
type Mode = (typeof MODES)[number];
interface Measured extends Loaded {
  /** CPU an answer, in ms. */
  node: number;
  postgres: number;
  /** Longest hold-up of the event loop, in ms. */
  gap: number;
}

const { values } = parseArgs({ options: { print: { type: "boolean" } } });
const server = await startPostgres();
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
const { rows: versions } = await admin.query<{ server_version: string }>("SHOW server_version");
await admin.query("CREATE DATABASE bench");
await admin.end();
const url = new URL(server.url);
url.pathname = "/bench";
const cpu = postgresCpu(server.dataFolder);
const folder = await mkdtemp(join(tmpdir(), "motivo-bench-decisions-"));

const { contract } = await readPackageFolder("packages/german-credit");
const people = applicants(contract, 2_000, 9);
/** Customers come again: each is known after the warm-up, so that what a first decision adds is not in the rounds. */
const CUSTOMERS = 200;
const bodies = people.map((row, i) =>
  JSON.stringify({
    subject: `person-${i % CUSTOMERS}`,
    inputs: Object.fromEntries(contract.features.map(({ name }, c) => [name, row[c]])),
  }),
);

interface Served extends Listening {
  child: ChildProcess;
}

function told<T extends object>(child: ChildProcess, member: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`The server ended with ${code}`));
    const take = (message: object) => {
      if (!(member in message)) return;
      child.off("message", take).off("exit", ended);
      resolve(message as T);
    };
    child.on("message", take).once("exit", ended);
  });
}

async function start(mode: Mode): Promise<Served> {
  const child = fork(new URL("decisions/serve.ts", import.meta.url), [mode, url.href, join(folder, mode)], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return { child, ...(await told<Listening>(child, "url")) };
}

/** CPU of a process so far, all its threads, in ms. */
async function cpuOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const [user, system] = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user! + system!) * 10;
}

async function measure({ child, url: at, token }: Served, connections: number, seconds: number) {
  const gapSince = async () => {
    const answer = told<{ gap: number }>(child, "gap");
    child.send("gap");
    return (await answer).gap;
  };
  await gapSince();
  const [node, postgres] = [await cpuOf(child.pid!), cpu()];
  const loaded = await load(at, token, connections, seconds, (i) => bodies[i % bodies.length]!);
  const measured: Measured = {
    ...loaded,
    node: ((await cpuOf(child.pid!)) - node) / loaded.answers,
    postgres: (cpu() - postgres) / 1_000 / loaded.answers,
    gap: await gapSince(),
  };
  return measured;
}

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1]!;
const middle = (of: readonly Measured[], pick: (one: Measured) => number) => median(of.map(pick));
const row = (...cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
const lines: string[] = [];
const say = (line = "") => {
  console.log(line);
  lines.push(line);
};

const served = {} as Record<Mode, Served>;
for (const mode of MODES) served[mode] = await start(mode);
for (const mode of MODES) await measure(served[mode], 16, 5);

say("## The decision");
say();
say(
  `\`npm run bench:decisions\` on ${cpus()[0]?.model ?? "cpu"} × ${cpus().length}, Node ${process.version}, PostgreSQL ${versions[0]?.server_version}, fsync on; load of the machine beforehand ${loadavg()[0]!.toFixed(1)}; clients, server and database share the cores. Medians of ${ROUNDS} interleaved rounds of ${SECONDS} s.`,
);
say();
say(row("connections", "", "/s", "p50 ms", "p99 ms", "CPU Node ms", "CPU PostgreSQL ms", "longest gap ms"));
say(row("-", "-", "-", "-", "-", "-", "-", "-"));
const summaries: string[] = [];
for (const connections of CONNECTIONS) {
  const rounds: Record<Mode, Measured[]> = { bare: [], insert: [], whole: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const mode of MODES) rounds[mode].push(await measure(served[mode], connections, SECONDS));
  for (const mode of MODES) {
    const of = rounds[mode];
    say(
      row(
        connections,
        NAMES[mode],
        Math.round(middle(of, ({ rate }) => rate)).toLocaleString("en"),
        middle(of, ({ p50 }) => p50).toFixed(2),
        middle(of, ({ p99 }) => p99).toFixed(1),
        middle(of, ({ node }) => node).toFixed(3),
        middle(of, ({ postgres }) => postgres).toFixed(3),
        Math.max(...of.map(({ gap }) => gap)).toFixed(0),
      ),
    );
  }
  const share = median(rounds.whole.map(({ rate }, i) => rate / rounds.insert[i]!.rate));
  const later = median(rounds.whole.map(({ p50 }, i) => p50 - rounds.insert[i]!.p50));
  summaries.push(
    `${connections} connection${connections === 1 ? "" : "s"}: ${share.toFixed(2)} × the rate of bare plus INSERT; p50 ${later.toFixed(2)} ms later.`,
  );
}
say();
for (const summary of summaries) say(`- ${summary}`);

const answer = told<{ stages: Stages }>(served.whole.child, "stages");
served.whole.child.send("stages");
const { stages } = await answer;
say();
say("One decision's steps, each by itself and one after the other, CPU of all threads of the process:");
say();
say(row("step", "CPU ms", "time ms"));
say(row("-", "-", "-"));
for (const { stage, cpu: ms, wall } of stages) say(row(stage, ms.toFixed(3), wall.toFixed(3)));

for (const { child } of Object.values(served)) child.kill("SIGTERM");
await Promise.all(
  Object.values(served).map(({ child }) => new Promise((resolve) => child.once("exit", resolve))),
);
await server.stop();
await rm(folder, { recursive: true, force: true });

if (!values.print) {
  const page = await readFile(PAGE, "utf8");
  const section = `<!-- decisions: begin -->\n${lines.join("\n")}\n<!-- decisions: end -->`;
  const marked = /<!-- decisions: begin -->[\s\S]*<!-- decisions: end -->/;
  await writeFile(
    PAGE,
    marked.test(page) ? page.replace(marked, () => section) : `${page.trimEnd()}\n\n${section}\n`,
  );
}
