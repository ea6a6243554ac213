import { randomInt } from "node:crypto";
import { nodeCrypto } from "../../../audit/crypto-node.ts";
import { verifyInclusion } from "../../../audit/merkle.ts";
import { auditLog } from "../../../src/db/log-audit.ts";
import type { Appender } from "./decisions.ts";
import { quantile } from "./load.ts";

const PROBES = 500;
const STRETCH = 100_000;

export interface ManyEntries {
  entries: number;
  /** Appends a second over the first and the last hundred thousand. */
  first: number;
  last: number;
  /** Milliseconds: a proof out of stored tiles, and its verification; medians and 99 %. */
  proof: { p50: number; p99: number };
  verify: { p50: number; p99: number };
  /** Entries a second in a check of everything, and what it found. */
  audit: { rate: number; ok: boolean };
}

/** Fills a log to so many entries, then proves some of them and checks all of it. */
export async function manyEntries(
  { log, database, append }: Appender,
  entries: number,
): Promise<ManyEntries> {
  const rates: number[] = [];
  let { size } = await log.head();
  while (size < entries) {
    const until = Math.min(size + STRETCH, entries);
    const from = size;
    const started = performance.now();
    let asked = from;
    await Promise.all(
      Array.from({ length: 256 }, async () => {
        while (asked++ < until) await append();
      }),
    );
    ({ size } = await log.head());
    rates.push(((size - from) / (performance.now() - started)) * 1000);
  }
  const { root } = await log.head();
  const proving: number[] = [];
  const verifying: number[] = [];
  const probe = async () => {
    const index = randomInt(size);
    const { leafHash } = await log.leaf(index);
    const asked = performance.now();
    const proof = await log.inclusionProof(index, size);
    const proved = performance.now();
    if (!verifyInclusion(nodeCrypto, index, size, leafHash, proof, root)) throw new Error("a proof is wrong");
    verifying.push(performance.now() - proved);
    proving.push(proved - asked);
  };
  for (let i = 0; i < PROBES; i++) await probe();
  const started = performance.now();
  const { ok } = await auditLog(database.db, log.context.signer.key, { now: new Date() });
  const spread = (times: number[]) => {
    times.sort((a, b) => a - b);
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  return {
    entries: size,
    first: rates[0]!,
    last: rates.at(-1)!,
    proof: spread(proving),
    verify: spread(verifying),
    audit: { rate: (size / (performance.now() - started)) * 1000, ok },
  };
}
