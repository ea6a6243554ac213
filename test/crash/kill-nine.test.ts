import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { DecisionAnswer } from "../../src/decisions/decision.ts";
import { checkLog } from "../support/check-log.ts";
import { freshPostgres } from "../support/databases.ts";
import { ended, type ServiceProcess, startProcess, temporaryFolders } from "../support/process.ts";

/** How often the service is killed; `npm run test:crash` asks for more. */
const KILLS = Number(process.env.CRASH_KILLS ?? 2);
const WRITERS = 16;

interface Acknowledged {
  answer: DecisionAnswer;
  subject: string;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });

describe("kill -9 during 16-way decision traffic on PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  let folders: Awaited<ReturnType<typeof temporaryFolders>>;
  let env: Record<string, string>;
  beforeAll(async () => {
    database = await freshPostgres();
    folders = await temporaryFolders();
    env = { DATABASE_URL: database.url, MOTIVO_DEV: "1", MOTIVO_DATA: folders.data };
  });
  afterAll(async () => {
    await database.close();
    await folders.remove();
  });

  /** Sixteen clients deciding until the process dies; whatever was answered is remembered. */
  async function traffic(service: ServiceProcess, run: number, acknowledged: Acknowledged[]): Promise<void> {
    const contract = await fetch(`${service.url}/v1/models/german-credit`, {
      headers: bearer(service.tokens.product),
    });
    const { example } = (await contract.json()) as { example: { inputs: object } };
    let alive = true;
    service.child.once("exit", () => {
      alive = false;
    });
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let i = 0; alive; i++) {
          const subject = `subject-${writer % 5}`;
          try {
            const response = await fetch(`${service.url}/v1/models/german-credit/decisions`, {
              method: "POST",
              headers: { ...bearer(service.tokens.product), "idempotency-key": `${run}-${writer}-${i}` },
              body: JSON.stringify({ subject, inputs: example.inputs }),
            });
            if (response.status === 201)
              acknowledged.push({ answer: (await response.json()) as DecisionAnswer, subject });
          } catch {
            // The connection died with the process: nothing was acknowledged.
          }
        }
      }),
    );
  }

  it(`loses no acknowledged decision, skips and reuses no index (${KILLS} kills)`, async () => {
    const acknowledged: Acknowledged[] = [];
    for (let run = 0; run < KILLS; run++) {
      const service = await startProcess(env);
      const before = acknowledged.length;
      const writing = traffic(service, run, acknowledged);
      // Long enough for answers, and another moment of the batch every time.
      while (acknowledged.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 10));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      service.child.kill("SIGKILL");
      await writing;
      await ended(service.child);
      await checkLog(database.db);
    }

    const service = await startProcess(env);
    try {
      const indexes = acknowledged.map(({ answer }) => answer.receipt.logIndex);
      expect(new Set(indexes).size).toBe(indexes.length);
      for (const { answer } of acknowledged) {
        const again = await fetch(`${service.url}/v1/decisions/${answer.id}`, {
          headers: bearer(service.tokens.product),
        });
        expect([again.status, await again.json()]).toEqual([200, answer]);
      }
      const response = await fetch(`${service.url}/v1/audit/export`, {
        headers: bearer(service.tokens.auditor),
      });
      const verdict = await verify(nodeCrypto, response.body as AsyncIterable<Uint8Array>, {
        key: parseVkey(nodeCrypto, service.vkey),
        now: new Date(),
      });
      expect(verdict).toMatchObject({ ok: true, states: { PENDING: 0, ERASED: 0 } });
      await checkLog(database.db, verdict.entries);
    } finally {
      service.child.kill("SIGINT");
      expect(await ended(service.child)).toBe(0);
    }
  }, 600_000);
});
