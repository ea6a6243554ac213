import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import { keyFolder } from "../../src/privacy/key-folder.ts";
import { openRing } from "../support/keys.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { ended, type ServiceProcess, startProcess, temporaryFolders } from "../support/process.ts";
import { rolesOf } from "../support/roles.ts";
import { checkAudit, checkReceipts, checkTags } from "./invariants.ts";
import { people, Traffic } from "./traffic.ts";

const ASKED_FOR = process.env.npm_lifecycle_event === "test:crash";
/** How many kills in all, half of them of PostgreSQL: hundreds by `npm run test:crash`, a few in the suite. */
const KILLS = Number(process.env.CRASH_KILLS ?? (ASKED_FOR ? 300 : 2));
const REPLICAS = (process.env.CRASH_REPLICAS ?? (ASKED_FOR ? "1,2,4" : "2")).split(",").map(Number);
const KILLS_EACH = Math.ceil(KILLS / REPLICAS.length);

describe.each(REPLICAS)("kill -9 during 16-way decision traffic on %i replicas", (replicas) => {
  let server: PostgresServer;
  let database: OpenDatabase;
  let folders: Awaited<ReturnType<typeof temporaryFolders>>;
  let keys: string;
  let serviceUrl: string;
  const up = new Map<number, ServiceProcess>();

  beforeAll(async () => {
    server = await startPostgres();
    const name = `t_${randomUUID().replaceAll("-", "")}`;
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    const url = server.url.replace(/postgres$/, name);
    database = await openPostgres(url);
    await database.migrate();
    // The service writes as it should in production: as a role that can add to the log and rewrite nothing of it.
    serviceUrl = (await rolesOf({ ...database, url })).service.url;
    folders = await temporaryFolders();
    keys = join(folders.data, "keys");
  });
  afterAll(async () => {
    for (const { child } of up.values()) child.kill("SIGKILL");
    await database.close();
    await server.stop();
    await folders.remove();
  });

  /** What a service said that ended although nobody killed it. */
  const endedAlone: string[] = [];

  const start = async (number: number) => {
    const service = await startProcess({
      DATABASE_URL: serviceUrl,
      MOTIVO_DEV: "1",
      MOTIVO_DATA: join(folders.data, String(number)),
      MOTIVO_KEYS: keys,
      MOTIVO_WORKERS: "1",
    });
    service.child.once("exit", (code, signal) => {
      if (up.get(number) === service) endedAlone.push(`${code ?? signal}: ${service.output()}`);
    });
    up.set(number, service);
  };

  async function killService(): Promise<void> {
    const number = Math.floor(Math.random() * replicas);
    const { child } = up.get(number)!;
    up.delete(number);
    child.kill("SIGKILL");
    await ended(child);
    await start(number);
  }

  async function killPostgres(): Promise<void> {
    await server.kill();
    await pause(Math.random() * 50);
    await server.restart();
  }

  it(`loses no acknowledged decision, skips and reuses no index (${KILLS_EACH} kills)`, async () => {
    // One first: it publishes the demo packages, and whoever publishes a second time only makes noise.
    for (let number = 0; number < replicas; number++) await start(number);
    const traffic = new Traffic(() => [...up.values()]);
    const { vkey } = up.get(0)!;
    const ring = await openRing(database.db, keyFolder(keys));
    let doubtful = 0;
    for (let kill = 0; kill < KILLS_EACH; kill++) {
      await traffic.start();
      // Long enough for answers, and another moment of the batch every time.
      await traffic.flowing(20);
      await pause(Math.random() * 100);
      await (kill % 2 === 0 ? killService() : killPostgres());
      // Whoever was not killed goes on by itself.
      await traffic.flowing(20);
      await traffic.stop();
      expect(endedAlone).toEqual([]);
      doubtful += await traffic.settle();
      const receipts = traffic.acknowledged.map(({ answer }) => answer.receipt);
      await checkReceipts(database.db, vkey, receipts);
    }
    await traffic.replayAll();
    await checkTags(database.db, ring, people);
    await checkAudit(database.db, vkey);

    const [service] = [...up.values()];
    const response = await fetch(`${service!.url}/v1/audit/export`, {
      headers: { authorization: `Bearer ${service!.tokens.auditor}` },
    });
    const key = parseVkey(nodeCrypto, vkey);
    const verdict = await verify(nodeCrypto, response.body as AsyncIterable<Uint8Array>, {
      key,
      now: new Date(),
    });
    expect(verdict).toMatchObject({ ok: true, states: { PENDING: 0, ERASED: 0 } });
    console.log(
      `${replicas} replicas, ${KILLS_EACH} kills: ${traffic.acknowledged.length} decisions, ${doubtful} of unknown outcome,`,
      `${verdict.entries} entries, statuses ${JSON.stringify(Object.fromEntries(traffic.statuses))}`,
    );
    const last = [...up.values()];
    up.clear();
    for (const { child } of last) {
      child.kill("SIGINT");
      expect(await ended(child)).toBe(0);
    }
  }, 3_600_000);
});
