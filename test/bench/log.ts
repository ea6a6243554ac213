/**
 * npm run bench:log: the whole append of a decision against plain single-row INSERTs through `pg`, and against a per-row
 * hash chain, on one PostgreSQL with its durability on, the same client, interleaved rounds; medians of the rounds.
 * Machines are noisy: read the ratios, not the rates.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { cpus } from "node:os";
import pg from "pg";
import { openPostgres } from "../../src/db/client.ts";
import { openLog } from "../../src/db/log.ts";
import type { NewEntry } from "../../src/db/log-append.ts";
import { openSigner } from "../../src/privacy/log-signer.ts";
import { keyFor } from "../../src/privacy/subject-keys.ts";
import { entryOf } from "../../src/privacy/vault.ts";
import { memoryKeys, openRing } from "../support/keys.ts";
import { startPostgres } from "../support/postgres-server.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const SUBJECTS = 5_000;

interface Measured {
  rate: number;
  p50: number;
  p99: number;
}

const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
const median = (values: readonly number[]) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** `callers` that each wait for one answer before they ask again, for so many seconds. */
async function drive(
  callers: number,
  seconds: number,
  one: (caller: number) => Promise<unknown>,
): Promise<Measured> {
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1000;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() < end) {
        const asked = performance.now();
        await one(caller);
        latencies.push(performance.now() - asked);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const elapsed = (performance.now() - started) / 1000;
  return { rate: latencies.length / elapsed, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

const server = await startPostgres();
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
await admin.query("CREATE DATABASE bench");
const url = new URL(server.url);
url.pathname = "/bench";
const database = await openPostgres(url.href, { poolSize: 8 });
await database.migrate();
const keys = memoryKeys();
const epoch = await openRing(database.db, keys);
const log = await openLog(database.db, {
  arrays: database.arrays,
  channel: database.channel,
  signer: (state) => openSigner("bench.example/log", keys, state),
  limits: {
    size: Number(process.env.MOTIVO_BATCH_SIZE ?? 64),
    waitMs: Number(process.env.MOTIVO_BATCH_MS ?? 0),
    queue: 1_000_000,
  },
  now: () => new Date(),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
});
const use = { purpose: "bench", retention: "bench" };
const people: Awaited<ReturnType<typeof keyFor>>[] = [];
for (let i = 0; i < SUBJECTS; i += 50) {
  people.push(
    ...(await Promise.all(
      Array.from({ length: 50 }, (_, j) => keyFor(database.db, epoch, `s${i + j}`, use)),
    )),
  );
}

const digests = {
  model: randomBytes(32),
  background: randomBytes(32),
  explainer: randomBytes(32),
  policy: randomBytes(32),
};
const filler = "x".repeat(500);
const payload = randomBytes(1_500);
const append = async () => {
  const key = people[Math.floor(Math.random() * SUBJECTS)]!;
  const entry: NewEntry = {
    leaf: { kind: "decision", digests },
    hour: 490_000,
    body: { kind: "decision", hour: 490_000, filler },
    columns: { id: randomUUID(), model: "bench", version: 1, outcome: "approved", client: "bench" },
    subject: entryOf(epoch, key, payload),
    idempotency: {
      keyHmac: randomBytes(32),
      requestHmac: randomBytes(32),
      expiresAt: new Date(Date.now() + 86_400_000),
    },
  };
  const outcome = await log.append(entry);
  if ("refused" in outcome) throw new Error(outcome.refused);
};

await admin.end();
const client = () => {
  const made = new pg.Client({ connectionString: url.href });
  return made.connect().then(() => made);
};
const setup = await client();
await setup.query("CREATE TABLE plain (id bigserial PRIMARY KEY, body bytea NOT NULL)");
await setup.query("CREATE TABLE chain (id bigserial PRIMARY KEY, body bytea NOT NULL, hash bytea NOT NULL)");
await setup.query("INSERT INTO chain (body, hash) VALUES ('', '\\x00')");
await setup.query(`CREATE FUNCTION chain_append(b bytea) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE previous bytea; BEGIN
    PERFORM pg_advisory_xact_lock(1);
    SELECT hash INTO previous FROM chain ORDER BY id DESC LIMIT 1;
    INSERT INTO chain (body, hash) VALUES (b, sha256(previous || b));
  END $$`);

console.log(
  `${cpus()[0]?.model ?? "cpu"} × ${cpus().length}, Node ${process.version}, ${ROUNDS} rounds of ${SECONDS} s`,
);
console.log(
  "callers | whole append /s (p50 / p99 ms) | plain 300 B /s | plain 2.4 kB /s | chain /s | × 300 B | × 2.4 kB | × chain",
);
for (const callers of [1, 32, 256]) {
  const clients = await Promise.all(Array.from({ length: Math.min(callers, 32) }, client));
  const insert = (bytes: number) => {
    const body = randomBytes(bytes);
    return (caller: number) =>
      clients[caller % clients.length]!.query("INSERT INTO plain (body) VALUES ($1)", [body]);
  };
  const chained = (caller: number) =>
    clients[caller % clients.length]!.query("SELECT chain_append($1)", [payload]);
  const rounds = {
    ours: [] as Measured[],
    small: [] as Measured[],
    large: [] as Measured[],
    chain: [] as Measured[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    rounds.ours.push(await drive(callers, SECONDS, append));
    rounds.small.push(await drive(callers, SECONDS, insert(300)));
    rounds.large.push(await drive(callers, SECONDS, insert(2_400)));
    rounds.chain.push(await drive(callers, SECONDS, chained));
  }
  await Promise.all(clients.map((each) => each.end()));
  const rate = (of: Measured[]) => median(of.map((each) => each.rate));
  const ratio = (to: Measured[]) => median(rounds.ours.map((each, i) => each.rate / to[i]!.rate)).toFixed(2);
  const { ours } = rounds;
  console.log(
    `${callers} | ${rate(ours).toFixed(0)} (${median(ours.map((m) => m.p50)).toFixed(1)} / ${median(ours.map((m) => m.p99)).toFixed(1)}) | ` +
      `${rate(rounds.small).toFixed(0)} | ${rate(rounds.large).toFixed(0)} | ${rate(rounds.chain).toFixed(0)} | ` +
      `${ratio(rounds.small)} | ${ratio(rounds.large)} | ${ratio(rounds.chain)}`,
  );
}
await setup.end();
await log.close();
await database.close();
await server.stop();
