import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { hourOf } from "../../../audit/leaf.ts";
import { decide } from "../../../src/decisions/decide.ts";
import type { VaultedDecision } from "../../../src/decisions/decision.ts";
import type { Deps } from "../../../src/decisions/deps.ts";
import { explainerDigest, explainRow, seedOf } from "../../../src/decisions/explain-decision.ts";
import { keyUseOf } from "../../../src/decisions/key-use.ts";
import { predictAndExplain } from "../../../src/decisions/predicted.ts";
import { preflight } from "../../../src/decisions/preflight.ts";
import { decisionRecord } from "../../../src/decisions/record.ts";
import { refuseStopped, stopLookups } from "../../../src/decisions/stops.ts";
import { readSubject } from "../../../src/decisions/subject.ts";
import { encodeVaulted } from "../../../src/decisions/vaulted.ts";
import type { Cell } from "../../../src/explain/game.ts";
import { readInputs } from "../../../src/models/inputs.ts";
import { keyFor, personLookups } from "../../../src/privacy/subject-keys.ts";
import { entryOf } from "../../../src/privacy/vault.ts";
import { applicants } from "../../privacy/attack/population.ts";

/** By stage: CPU of this process and time of one decision's part, in ms. */
export type Stages = { stage: string; cpu: number; wall: number }[];

const TIMES = 400;

/** One decision's steps by themselves, each over many applicants: what the whole is made of. */
export async function measureStages(deps: Deps): Promise<Stages> {
  const version = await deps.models.live("german-credit");
  const { contract, predictor } = version;
  const people = applicants(contract, TIMES, 5);
  const inputsOf = (row: readonly Cell[]) =>
    Object.fromEntries(contract.features.map(({ name }, c) => [name, row[c]!]));
  const subjects = people.map((_, i) => `stage-${i}`);
  const stages: Stages = [];
  async function stage<T>(name: string, step: (i: number) => T | Promise<T>): Promise<T[]> {
    for (let i = 0; i < 20; i++) await step(i);
    const made: T[] = [];
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    for (let i = 0; i < TIMES; i++) made.push(await step(i));
    const { user, system } = process.cpuUsage(cpu);
    stages.push({
      stage: name,
      cpu: (user + system) / 1_000 / TIMES,
      wall: (performance.now() - wall) / TIMES,
    });
    return made;
  }
  await stage("validate", (i) => {
    readSubject(subjects[i]);
    return readInputs(contract, inputsOf(people[i]!));
  });
  const given = await stage("predict", (i) => predictor.predictRow(people[i]!));
  const seed = seedOf(randomUUID(), version.digests.model);
  const output = predictor.outputs.indexOf("good");
  await stage("explain", (i) => explainRow(version, people[i]!, { seed, output, given: given[i]! }));
  const told = await Promise.all(people.map((row) => predictAndExplain(version, row, seed)));
  await stage("word", (i) => told[i]!.say("en"));
  const cores = told.map(({ told: one, say }) => ({
    id: randomUUID(),
    ...one,
    language: "en" as const,
    reasons: say("en"),
  }));
  await stage("read what stands", async (i) => {
    const { stops } = await preflight(deps, {
      model: "german-credit",
      stops: stopLookups(deps, "german-credit", subjects[i]!),
      person: personLookups(deps.epoch, subjects[i]!),
      claim: [],
    });
    refuseStopped(contract, stops);
  });
  const key = await keyFor(deps.db, deps.epoch, subjects[0]!, keyUseOf(contract));
  const digests = { ...version.digests, explainer: explainerDigest(contract) };
  const hour = hourOf(deps.now());
  await stage("anonymise", (i) =>
    decisionRecord(version, cores[i]!, {
      hour,
      client: "bench",
      cells: people[i]!,
      rounds: 0,
      digests,
      context: { key, identifiers: [subjects[i]!] },
    }),
  );
  await stage("encrypt", (i) => {
    const vaulted: VaultedDecision = {
      kind: "decision",
      at: deps.now().toISOString(),
      client: "bench",
      subject: { id: subjects[i]! },
      inputs: inputsOf(people[i]!),
      decision: cores[i]!,
    };
    return entryOf(deps.epoch, key, encodeVaulted(vaulted)).seal(1_000_000 + i);
  });
  await stage("answer", (i) => JSON.stringify(cores[i]));
  // One after the other, each waits for a commit of its own: what the batch saves is not in here.
  await stage("all of it, alone, without HTTP", (i) =>
    decide(deps, {
      client: "bench",
      model: "german-credit",
      subject: subjects[i]!,
      inputs: inputsOf(people[i]!),
    }),
  );
  return stages;
}
