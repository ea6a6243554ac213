/**
 * node test/bench/erasure.ts: what the first stage of an erasure costs for a person with many decisions against one with
 * ten, on one PostgreSQL with its durability on, alternating; and how long the rest takes in the background.
 * ERASURE_MANY (100000), ERASURE_ROUNDS (5).
 */
import { randomBytes, randomUUID } from "node:crypto";
import { cpus } from "node:os";
import { readConfig } from "../../src/config.ts";
import { openPostgres } from "../../src/db/client.ts";
import type { Deps } from "../../src/decisions/deps.ts";
import { openDeps } from "../../src/node.ts";
import { keyFor, keysOf } from "../../src/privacy/subject-keys.ts";
import { entryOf } from "../../src/privacy/vault.ts";
import { endAccess } from "../../src/subjects/end-access.ts";
import { finishRemoval } from "../../src/subjects/removal.ts";
import { memoryKeys } from "../support/keys.ts";
import { startPostgres } from "../support/postgres-server.ts";

const MANY = Number(process.env.ERASURE_MANY ?? 100_000);
const FEW = 10;
const ROUNDS = Number(process.env.ERASURE_ROUNDS ?? 5);
const USE = { purpose: "m/p/b", retention: "r" };

const server = await startPostgres();
const database = await openPostgres(server.url);
const config = readConfig({ MOTIVO_DATA: "unused", MOTIVO_QUEUE: "100000", MOTIVO_BATCH_SIZE: "512" });
const deps: Deps = await openDeps(config, database, memoryKeys());

/** A person with so many entries, of a decision's size. */
async function person(id: string, entries: number): Promise<void> {
  const payload = randomBytes(1500);
  const body = { kind: "access", hour: 490_000, about: "x".repeat(700) };
  for (let done = 0; done < entries; done += 5_000) {
    const key = await keyFor(deps.db, deps.epoch, id, USE);
    await Promise.all(
      Array.from({ length: Math.min(5_000, entries - done) }, () =>
        deps.log.append({
          leaf: { kind: "access" },
          hour: 490_000,
          body,
          columns: { id: randomUUID() },
          subject: entryOf(deps.epoch, key, payload),
        }),
      ),
    );
  }
}

/** Milliseconds of stage one, and the removal that it leaves. */
async function stageOne(id: string): Promise<{ ms: number; removal: string }> {
  const [key] = await keysOf(deps.db, deps.epoch, id);
  const from = performance.now();
  const ended = await endAccess(deps, key!, "deleted");
  return { ms: performance.now() - from, removal: ended!.removal };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const took = (ms: number) => `${ms.toFixed(1)} ms`;

console.log(`${cpus()[0]?.model}, ${cpus().length} cores; ${MANY} entries against ${FEW}, ${ROUNDS} rounds`);
for (let i = 0; i < ROUNDS; i++) {
  await person(`many-${i}`, MANY);
  for (let j = 0; j < 4; j++) await person(`few-${i}-${j}`, FEW);
}
// The first of a connection plans its statements.
await person("warm", FEW);
await stageOne("warm");

const many: number[] = [];
const few: number[] = [];
const removals: string[] = [];
for (let i = 0; i < ROUNDS; i++) {
  for (const j of [0, 1]) few.push((await stageOne(`few-${i}-${j}`)).ms);
  const { ms, removal } = await stageOne(`many-${i}`);
  many.push(ms);
  removals.push(removal);
  for (const j of [2, 3]) few.push((await stageOne(`few-${i}-${j}`)).ms);
}
console.log(
  `stage one: ${took(median(few))} with ${FEW}, ${took(median(many))} with ${MANY}: ×${(median(many) / median(few)).toFixed(2)}`,
);

const from = performance.now();
const emptied = await finishRemoval(deps, removals[0]!);
const seconds = (performance.now() - from) / 1000;
console.log(`the rest of one in the background: ${emptied} entries in ${seconds.toFixed(1)} s`);

await deps.log.close();
await deps.models.close();
await database.close();
await server.stop();
