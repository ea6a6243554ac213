/**
 * npm run bench:log: the whole append of a decision (leaf, tag, subject's counter, record, encrypted payload, idempotency
 * key, counts, tiles, checkpoint, proof in the answer) against plain single-row INSERTs and a per-row hash chain through
 * `pg`, on one PostgreSQL with its durability on, in interleaved rounds. Writes its section of docs/benchmarks.md.
 *
 * `--entries 1000000` fills a log that far and times proofs and the check of the whole. BENCH_ROUNDS and BENCH_SECONDS make
 * it shorter. Machines are noisy: read ratios of a round, and CPU.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { openAppender } from "./log/decisions.ts";
import { closedLoop, type Measured, median, openLoop } from "./log/load.ts";
import { manyEntries } from "./log/many-entries.ts";
import { openPlainInserts } from "./log/plain-inserts.ts";
import { postgresCpu } from "./log/postgres-cpu.ts";
import { replicasAtOnce } from "./log/replicas.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const CALLERS = [32, 256];
/** Bytes of a small row, and of one as large as what a decision leaves. */
const SMALL = 300;
const EQUAL = 2_400;
const PAGE = "docs/benchmarks.md";

const { values } = parseArgs({ options: { entries: { type: "string" }, print: { type: "boolean" } } });

const server = await startPostgres();
const keys = await mkdtemp(join(tmpdir(), "motivo-bench-keys-"));
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
const { rows: versions } = await admin.query<{ server_version: string }>("SHOW server_version");
await admin.query("CREATE DATABASE bench");
await admin.query("CREATE DATABASE many");
await admin.end();
const url = new URL(server.url);
url.pathname = "/bench";
const appender = await openAppender(url.href, keyFolder(keys));
const plain = await openPlainInserts(url.href);
const cpu = postgresCpu(server.dataFolder);

type Name = "append" | "small" | "equal" | "chain";
const middle = (of: readonly Measured[], pick: (one: Measured) => number) => median(of.map(pick));
const ratio = (a: readonly Measured[], b: readonly Measured[]) =>
  median(a.map((one, i) => one.rate / b[i]!.rate)).toFixed(2);
const whole = (value: number) => Math.round(value).toLocaleString("en");
const row = (...cells: (string | number)[]) => `| ${cells.join(" | ")} |`;

const lines: string[] = [];
const say = (line = "") => {
  console.log(line);
  lines.push(line);
};

say("## The append");
say();
say(
  `\`npm run bench:log\` on ${cpus()[0]?.model ?? "cpu"} × ${cpus().length}, Node ${process.version}, PostgreSQL ${versions[0]?.server_version}, fsync on; load of the machine beforehand ${loadavg()[0]!.toFixed(1)}. Medians of ${ROUNDS} interleaved rounds of ${SECONDS} s; CPU in µs an answer, Node's with the callers in it.`,
);
say();
say(row("callers", "", "/s", "p50 ms", "p99 ms", "CPU Node", "CPU PostgreSQL"));
say(row("-", "-", "-", "-", "-", "-", "-"));
const summaries: string[] = [];
const single = new Map<number, number>();
for (const callers of CALLERS) {
  const ways: Record<Name, (caller: number) => Promise<unknown>> = {
    append: appender.append,
    small: plain.insert(SMALL),
    equal: plain.insert(EQUAL),
    chain: plain.chain(EQUAL),
  };
  const rounds: Record<Name, Measured[]> = { append: [], small: [], equal: [], chain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(ways) as Name[]) {
      rounds[name].push(await closedLoop(callers, SECONDS, cpu, ways[name]));
    }
  }
  const names: Record<Name, string> = {
    append: "**the whole append**",
    small: `plain INSERT, ${SMALL} B`,
    equal: `plain INSERT, ${EQUAL} B`,
    chain: `hash chain, ${EQUAL} B`,
  };
  for (const name of Object.keys(names) as Name[]) {
    const of = rounds[name];
    say(
      row(
        callers,
        names[name],
        whole(middle(of, ({ rate }) => rate)),
        middle(of, ({ p50 }) => p50).toFixed(1),
        middle(of, ({ p99 }) => p99).toFixed(1),
        middle(of, ({ node }) => node).toFixed(0),
        middle(of, ({ postgres }) => postgres).toFixed(0),
      ),
    );
  }
  single.set(
    callers,
    middle(rounds.append, ({ rate }) => rate),
  );
  summaries.push(
    `${callers} callers: ${ratio(rounds.append, rounds.small)} × plain INSERTs of ${SMALL} B, ${ratio(rounds.append, rounds.equal)} × of ${EQUAL} B, ${ratio(rounds.append, rounds.chain)} × the chain; CPU of an append in Node and PostgreSQL together ${middle(rounds.append, ({ node, postgres }) => node + postgres).toFixed(0)} µs, of a plain INSERT of ${SMALL} B ${middle(rounds.small, ({ node, postgres }) => node + postgres).toFixed(0)} µs.`,
  );
  // Half of what each way does at its best, arriving whether or not it is answered.
  const half = { append: [] as Measured[], small: [] as Measured[] };
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
    for (const name of ["append", "small"] as const) {
      const rate = middle(rounds[name], (one) => one.rate) / 2;
      half[name].push(await openLoop(rate, SECONDS, cpu, ways[name]));
    }
  }
  summaries.push(
    `At half of those rates, open loop, p99: append ${middle(half.append, ({ p99 }) => p99).toFixed(1)} ms, plain INSERT ${middle(half.small, ({ p99 }) => p99).toFixed(1)} ms.`,
  );
}
say();
for (const summary of summaries) say(`- ${summary}`);

for (const callers of CALLERS) {
  const of: Awaited<ReturnType<typeof replicasAtOnce>>[] = [];
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
    of.push(await replicasAtOnce(4, { url: url.href, keys, callers: callers / 4, seconds: SECONDS }));
  }
  const rate = median(of.map((one) => one.rate));
  say(
    `- Four processes with ${callers / 4} callers each: ${whole(rate)}/s, ${((100 * rate) / single.get(callers)!).toFixed(0)} % of one process with ${callers}; p99 ${median(of.map(({ p99 }) => p99)).toFixed(1)} ms.`,
  );
}

if (values.entries !== undefined) {
  // A log of its own: rates begin with the first entry.
  url.pathname = "/many";
  const filled = await openAppender(url.href, keyFolder(keys));
  const many = await manyEntries(filled, Number(values.entries));
  await filled.close();
  say(
    `- ${whole(many.entries)} entries: ${whole(many.first)}/s over the first 100,000, ${whole(many.last)}/s over the last; a proof out of stored tiles p50 ${many.proof.p50.toFixed(2)} ms, p99 ${many.proof.p99.toFixed(2)} ms; its verification p99 ${many.verify.p99.toFixed(3)} ms; \`motivo audit check\` ${whole(many.audit.rate)} entries/s${many.audit.ok ? "" : ", which found something"}.`,
  );
}

await plain.close();
await appender.close();
await server.stop();
await rm(keys, { recursive: true });

if (!values.print) {
  const page = await readFile(PAGE, "utf8").catch(() => "# Benchmarks\n");
  const section = `<!-- log: begin -->\n${lines.join("\n")}\n<!-- log: end -->`;
  const marked = /<!-- log: begin -->[\s\S]*<!-- log: end -->/;
  await writeFile(
    PAGE,
    marked.test(page) ? page.replace(marked, () => section) : `${page.trimEnd()}\n\n${section}\n`,
  );
}
