import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";
import { tilePath } from "../../audit/tile.ts";
import { readConfig } from "../../src/config.ts";
import { openDevIssuer } from "../../src/http/dev-issuer.ts";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { ended, startProcess, temporaryFolders } from "../support/process.ts";
import { Caller } from "./caller.ts";
import { formsOf } from "./forms.ts";
import { startNoisyPostgres } from "./noisy-postgres.ts";
import { CANARY_MODELS, canaryPackages, packageBody } from "./packages.ts";
import { type CanaryPerson, canaryPeople, valuesOf } from "./people.ts";
import { dumpPlace, filePlace, folderPlace, type Place, plant, storePlainly, textPlace } from "./places.ts";
import { type Finding, Needles } from "./search.ts";
import { beForgotten, beRefused, decideAbout, exerciseRights } from "./traffic.ts";

// Invented people with values of their own in every field that takes one go through the whole service, and then nothing
// of theirs may be anywhere but in the vault. npm run test:canary; CANARY_PEOPLE says how many, 1,000 by default. Ends
// with 1 at the first value that is found, and where one that was planted on purpose is not.

const PEOPLE = Number(process.env.CANARY_PEOPLE ?? 1_000);
const AT_ONCE = 6;
const began = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

const server = await startNoisyPostgres();
const folders = await temporaryFolders();
const env = {
  DATABASE_URL: server.url,
  MOTIVO_DEV: "1",
  MOTIVO_DATA: folders.data,
  MOTIVO_LOG_LEVEL: "debug",
  MOTIVO_WORKERS: "1",
  MOTIVO_DRY_RUNS_PER_HOUR: "1000000",
  MOTIVO_OUTBOX_INTERVAL_S: "2",
  MOTIVO_ERASURE_INTERVAL_S: "5",
  MOTIVO_RECIPIENTS: JSON.stringify([
    {
      name: "bureau",
      url: "https://bureau.invalid/",
      secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    },
  ]),
};
const service = await startProcess(env);
try {
  await storePlainly(server.url);
  const config = readConfig(env);
  const issuer = await openDevIssuer(config, keyFolder(config.MOTIVO_KEYS), () => new Date());
  const caller = new Caller(service.url, service.tokens, issuer);
  const [control, ...people] = canaryPeople(PEOPLE + 1, 20_261_124);

  await publishAll(caller);
  await liveAll(caller, people);
  say(`${people.length} people went through: statuses ${told(caller.statuses)}`);
  say(`refusals: ${told(caller.codes)}`);
  expectManyRefusals(caller);

  const places = await leavings(caller);
  service.child.kill("SIGINT");
  if ((await ended(service.child)) !== 0) throw new Error("The service did not end well");

  const planted = valuesOf(control!).flatMap(([what, value]) =>
    formsOf(value).map((form) => ({ what, form })),
  );
  await plant(
    server.url,
    planted.map(({ form }) => form.bytes),
  );
  const needles = new Needles();
  for (const { what, form } of planted) needles.add(`planted ${what}`, form);
  people.forEach((person, i) => {
    for (const [what, value] of valuesOf(person)) {
      for (const form of formsOf(value)) needles.add(`${what} of person ${i}`, form);
    }
  });
  say(`${needles.count} needles`);

  const all = [
    ...[...places, textPlace("the service's own log", [service.output()])].map((place) =>
      withPlanted(
        place,
        planted.map(({ form }) => form.bytes),
      ),
    ),
    await dumpPlace(server.url),
    folderPlace("WAL", join(server.dataFolder, "pg_wal")),
    filePlace("PostgreSQL's log", server.logFile),
    folderPlace("the data folder", server.dataFolder, (file) => !file.includes("/pg_wal/")),
  ];
  let leaks = 0;
  for (const place of all) leaks += await look(place, needles, planted.length);
  say(`${leaks} leaks`);
  process.exitCode = leaks === 0 ? 0 : 1;
} finally {
  service.child.kill("SIGKILL");
  await folders.remove();
  await server.stop();
}

function told(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([what, count]) => `${what} ${count}`).join(", ");
}

async function publishAll(caller: Caller): Promise<void> {
  for (const folder of await canaryPackages(dirname(folders.data))) {
    const told = await caller.call("POST", "/v1/models", { as: "operator", body: await packageBody(folder) });
    if (told.status !== 201) throw new Error(`A package was refused: ${told.text}`);
  }
}

async function liveAll(caller: Caller, people: readonly CanaryPerson[]): Promise<void> {
  const contract = await caller.call("GET", "/v1/models/german-credit", { as: "product" });
  const { inputs } = contract.json.example as { inputs: Record<string, string | number> };
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < people.length; i = next++) {
      const person = people[i]!;
      const made = await decideAbout(caller, person, inputs);
      await beRefused(caller, person, inputs);
      await exerciseRights(caller, person, made);
      if (i % 2 === 0) await beForgotten(caller, person, made);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, people.length) }, lane));
  await liveThroughFaults(caller, people, inputs);
  await caller.call("POST", "/v1/erasures/close-interval", { as: "operator" });
  await caller.call("POST", "/v1/epochs/close", { as: "operator" });
}

/** Connections are cut in the middle of statements, which the server then writes down with their parameters. */
async function liveThroughFaults(
  caller: Caller,
  people: readonly CanaryPerson[],
  inputs: Record<string, string | number>,
): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  let isOver = false;
  const cutting = (async () => {
    while (!isOver) {
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
      );
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  // What fails here is meant to; the statuses tell how often.
  await Promise.allSettled(
    people.slice(0, 12).map(async (person) => {
      const made = await decideAbout(caller, person, inputs);
      await exerciseRights(caller, person, made);
    }),
  );
  isOver = true;
  await cutting;
  await client.end();
}

/** A traffic in which nothing went wrong would prove nothing about errors. */
function expectManyRefusals({ codes }: Caller): void {
  if (codes.size < 25) throw new Error(`Only ${codes.size} kinds of refusals were met`);
}

/** What anybody, an auditor, an operator or a monitor is given, besides refusals and the headers of all answers. */
async function leavings(caller: Caller): Promise<Place[]> {
  const texts = async (as: "auditor" | "operator" | null, paths: readonly string[]) => {
    const found: Uint8Array[] = [];
    for (const path of paths) found.push((await caller.call("GET", path, { as })).bytes);
    return found;
  };
  const exported = await caller.call("GET", "/v1/audit/export", { as: "auditor" });
  const size = exported.text.trim().split("\n").length - 1;
  const lists: string[] = [];
  const ids: string[] = [];
  for (let cursor = ""; ; ) {
    const page = await caller.call("GET", `/v1/audit/decisions?limit=200${cursor}`, { as: "auditor" });
    lists.push(page.text);
    for (const { id } of (page.json.items ?? []) as { id: string | null }[]) if (id !== null) ids.push(id);
    if (typeof page.json.next !== "string") break;
    cursor = `&cursor=${page.json.next}`;
  }
  const evidence = ids.slice(0, 200).map((id) => `/v1/audit/decisions/${id}/evidence`);
  const tiles = Array.from({ length: Math.floor(size / 256) }, (_, n) => n).flatMap((n) => [
    `/log/${tilePath({ level: 0, index: n, width: 256 })}`,
    `/log/${tilePath({ level: "entries", index: n, width: 256 })}`,
  ]);
  return [
    textPlace("refusals", caller.refusals),
    textPlace("headers of answers", caller.headers),
    textPlace("the log's export", [exported.text]),
    textPlace("an auditor's lists", lists),
    textPlace("evidence", await texts("auditor", evidence)),
    textPlace("tiles", await texts(null, [...tiles, "/log/checkpoint", "/log/keys"])),
    textPlace("health", await texts(null, ["/health/live", "/health/ready", "/", "/openapi.json"])),
    textPlace(
      "what operators read, metrics among it",
      await texts("operator", [
        "/v1/requests?limit=500",
        "/v1/requests?state=closed&limit=500",
        "/v1/notices?limit=500",
        "/v1/reviews",
        "/v1/oversight/reviews",
        "/v1/erasures",
        "/v1/epochs",
        "/v1/log/checkpoints",
        "/v1/processing/record",
        "/v1/processing/record?format=json",
        "/v1/models",
        "/metrics",
        ...CANARY_MODELS.map((model) => `/v1/models/${model}/risk`),
      ]),
    ),
  ];
}

function withPlanted(place: Place, forms: readonly Buffer[]): Place {
  return {
    name: place.name,
    async *bytes() {
      yield* place.bytes();
      for (const form of forms) yield Buffer.concat([Buffer.from("\n"), form]);
    },
  };
}

async function look(place: Place, needles: Needles, plantedCount: number): Promise<number> {
  const findings = new Map<string, Finding>();
  const control = new Set<string>();
  const bytes = await needles.search(place.bytes(), (finding) => {
    if (finding.what.startsWith("planted ")) control.add(`${finding.what} ${finding.kind}`);
    else if (findings.size < 100_000)
      findings.set(`${finding.what} ${finding.kind} ${finding.around}`, finding);
  });
  say(
    `${place.name}: ${(bytes / 1e6).toFixed(1)} MB, ${findings.size} leaks, ${control.size} of the control's forms found`,
  );
  for (const { what, kind, around } of [...findings.values()].slice(0, 10))
    say(`   ${what} (${kind}): ${around}`);
  if (process.env.CANARY_REPORT && findings.size > 0) {
    const lines = [...findings.values()].map((finding) => JSON.stringify(finding)).join("\n");
    await writeFile(`${process.env.CANARY_REPORT}-${place.name.replaceAll(/\W+/g, "-")}.ndjson`, lines);
  }
  // A dump and a statement's log hold bytes in hexadecimal, so hashes as bytes are found there in that form.
  if (control.size < plantedCount * 0.5)
    throw new Error(`The search of ${place.name} does not find what is there`);
  return findings.size;
}
