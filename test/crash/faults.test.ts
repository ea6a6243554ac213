import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { and, count, eq, isNull } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import { type OpenDatabase, openPostgres } from "../../src/db/client.ts";
import {
  dataKey,
  erasedEntry,
  modelVersion,
  payload,
  record,
  removal,
  request,
  subject,
} from "../../src/db/tables.ts";
import type { DecisionAnswer } from "../../src/decisions/decision.ts";
import { Problem } from "../../src/errors.ts";
import { asProblem } from "../../src/http/problem.ts";
import { type CheckedPackage, readPackageFolder } from "../../src/models/package.ts";
import { publish } from "../../src/models/publish.ts";
import { finishRemovals } from "../../src/subjects/removal.ts";
import { resumeRequests } from "../../src/subjects/requests/perform.ts";
import { freshPostgres } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { rolesOf, type TestRoles } from "../support/roles.ts";
import { exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";
import { checkAudit, checkReceipts, type HeldReceipt } from "./invariants.ts";
import { type BreakingProxy, breakingProxy, type Cut } from "./proxy.ts";

const MODEL = "german-credit";
/** Every so-manyth place is tried; every single one by `npm run test:crash` at full size. */
const STRIDE = Number(
  process.env.FAULT_STRIDE ?? (process.env.npm_lifecycle_event === "test:crash" ? 1 : 100),
);

describe("a connection that breaks before or after any message to or from PostgreSQL", () => {
  let direct: Awaited<ReturnType<typeof freshPostgres>>;
  let through: OpenDatabase;
  let roles: TestRoles;
  let proxy: BreakingProxy;
  let service: TestService;
  let rights: Rights;
  let inputs: object;
  const receipts: HeldReceipt[] = [];
  let people = 0;
  const nextPerson = () => `person-${people++}`;

  beforeAll(async () => {
    direct = await freshPostgres();
    roles = await rolesOf(direct);
    proxy = await breakingProxy(roles.service.url);
    through = await openPostgres(proxy.url, { poolSize: 3 });
    service = await testService(through, { packages: [GERMAN_CREDIT] });
    rights = rightsOf(service);
    ({ inputs } = await exampleOf(service, MODEL));
  });
  afterAll(async () => {
    proxy.mend();
    await service.close();
    await through.close();
    await proxy.close();
    await roles.remove();
    await direct.close();
  });

  const vkey = () => service.deps.log.context.signer.vkey;

  async function decide(person: string, key: string): Promise<{ status: number; text: string }> {
    const response = await service.call(
      "POST",
      `/v1/models/${MODEL}/decisions`,
      "product",
      { subject: person, inputs },
      { "idempotency-key": key },
    );
    return { status: response.status, text: await response.text() };
  }

  /** Whatever a broken connection answers, it says that asking again is right. */
  function worthAnotherTry(status: number, text: string): void {
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([
      503,
      expect.stringMatching(/^(not_ready|outcome_unknown)$/),
    ]);
  }

  /**
   * Runs `act` with the connection cut at each place in turn, the places counted on a run without a cut.
   * @param make what the next run needs, made over a whole connection
   * @param act what is cut; throws or answers as it likes
   * @param check holds afterwards, over a whole connection
   */
  async function everywhere<Case>(
    make: () => Promise<Case>,
    act: (one: Case) => Promise<void>,
    check: (one: Case) => Promise<void>,
  ): Promise<number> {
    const whole = await make();
    proxy.mend();
    await act(whole);
    const { toDatabase, fromDatabase } = proxy.mend();
    await check(whole);
    const places = [
      ...Array.from({ length: toDatabase }, (_, i) => ["to-database", i + 1] as const),
      ...Array.from({ length: fromDatabase }, (_, i) => ["from-database", i + 1] as const),
    ].flatMap(([direction, message]): Cut[] => [
      { direction, message, when: "before" },
      { direction, message, when: "after" },
    ]);
    let tried = 0;
    for (let at = Math.floor(Math.random() * STRIDE); at < places.length; at += STRIDE) {
      const one = await make();
      proxy.breakAt(places[at]!);
      try {
        await act(one);
      } finally {
        proxy.mend();
      }
      await check(one).catch((cause: unknown) => {
        throw new Error(`Cut ${JSON.stringify(places[at])}: ${String(cause)}`, { cause });
      });
      tried += 1;
    }
    await checkReceipts(direct.db, vkey(), receipts);
    await checkAudit(direct.db, vkey());
    const exported = await service.call("GET", "/v1/audit/export", "auditor");
    const verdict = await verify(nodeCrypto, exported.body as AsyncIterable<Uint8Array>, {
      key: parseVkey(nodeCrypto, vkey()),
      now: new Date(),
    });
    expect(verdict).toMatchObject({ ok: true });
    console.log(`${tried} of ${places.length} places`);
    return tried;
  }

  /** Until a connection that broke is noticed and replaced. */
  async function untilStatus<Answer extends { status: number; text: string }>(
    ask: () => Promise<Answer>,
    statuses: readonly number[],
  ): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const answer = await ask();
      if (statuses.includes(answer.status)) return answer;
      worthAnotherTry(answer.status, answer.text);
      if (attempt === 40) throw new Error("The service does not come back");
      await pause(25);
    }
  }

  it("loses no decision and writes none twice", async () => {
    const tried = await everywhere(
      async () => ({ person: nextPerson(), key: toHex(randomBytes(8)), first: "" }),
      async (one) => {
        const { status, text } = await decide(one.person, one.key);
        if (status === 201) one.first = text;
        else worthAnotherTry(status, text);
      },
      async ({ person, key, first }) => {
        const { text } = await untilStatus(() => decide(person, key), [201]);
        if (first !== "") expect(text).toBe(first);
        expect((await decide(person, key)).text).toBe(text);
        const { id, receipt } = JSON.parse(text) as DecisionAnswer;
        receipts.push(receipt);
        const [kept] = await direct.db
          .select({ keyHmac: record.keyHmac })
          .from(record)
          .where(eq(record.id, id));
        const [same] = await direct.db
          .select({ n: count() })
          .from(record)
          .where(eq(record.keyHmac, kept!.keyHmac!));
        expect(same!.n).toBe(1);
      },
    );
    expect(tried).toBeGreaterThan(0);
  }, 3_600_000);

  const standing = async () => {
    const [payloads] = await direct.db.select({ n: count() }).from(payload);
    const [keys] = await direct.db.select({ n: count() }).from(dataKey);
    const [subjects] = await direct.db.select({ n: count() }).from(subject);
    return { payloads: payloads!.n, keys: keys!.n, subjects: subjects!.n };
  };
  const accessEnded = async () =>
    (
      await direct.db.select({ body: record.body }).from(record).where(eq(record.kind, "configuration"))
    ).filter(({ body }) => body.includes("access-ended")).length;

  it("ends an erasure wholly, once", async () => {
    const tried = await everywhere(
      async () => {
        const before = { ...(await standing()), ended: await accessEnded() };
        const person = nextPerson();
        for (const key of [1, 2]) await untilStatus(() => decide(person, `${person}-${key}`), [201]);
        return { person, token: await rights.tokenOf(person), before };
      },
      async ({ token }) => {
        const response = await service.call("DELETE", "/v1/me", token);
        if (response.status !== 200) worthAnotherTry(response.status, await response.text());
      },
      async ({ token, before }) => {
        await untilStatus(async () => {
          const response = await service.call("DELETE", "/v1/me", token);
          return { status: response.status, text: await response.text() };
        }, [200, 404]);
        await finishRemovals(service.deps);
        expect({ ...(await standing()), ended: await accessEnded() }).toEqual({
          ...before,
          ended: before.ended + 1,
        });
        expect((await direct.db.select().from(removal)).length).toBe(0);
      },
    );
    expect(tried).toBeGreaterThan(0);
  }, 3_600_000);

  it("justifies every erasure of an interval, by one entry", async () => {
    const close = async () => {
      const response = await service.call("POST", "/v1/erasures/close-interval", "operator");
      return { status: response.status, text: await response.text() };
    };
    const tried = await everywhere(
      async () => {
        const person = nextPerson();
        await untilStatus(() => decide(person, person), [201]);
        await service.call("DELETE", "/v1/me", await rights.tokenOf(person));
      },
      async () => {
        const { status, text } = await close();
        if (status !== 200) worthAnotherTry(status, text);
      },
      async () => {
        await untilStatus(close, [200]);
        const pending = await direct.db.select().from(erasedEntry).where(isNull(erasedEntry.erasureIndex));
        expect(pending).toEqual([]);
      },
    );
    const entries = await direct.db
      .select({ body: record.body })
      .from(record)
      .where(eq(record.kind, "erasure"));
    const counted = entries.reduce((sum, { body }) => sum + (JSON.parse(body) as { count: number }).count, 0);
    const [erased] = await direct.db.select({ n: count() }).from(erasedEntry);
    expect(counted).toBe(erased!.n);
    expect(tried).toBeGreaterThan(0);
  }, 3_600_000);

  it("publishes a version wholly, once", async () => {
    const published = await readPackageFolder(GERMAN_CREDIT);
    const attempt = (checked: CheckedPackage) =>
      publish(service.deps, checked).then(
        () => ({ status: 201, text: "" }),
        (error: unknown) => {
          const { status, code } = asProblem(error);
          return { status, text: JSON.stringify({ code }) };
        },
      );
    const tried = await everywhere(
      async () => ({ ...published, digests: { ...published.digests, package: toHex(randomBytes(32)) } }),
      async (checked) => {
        const { status, text } = await attempt(checked);
        if (status !== 201) worthAnotherTry(status, text);
      },
      async (checked) => {
        await untilStatus(() => attempt(checked), [201, new Problem("duplicate_version").status]);
        const versions = await direct.db
          .select({ version: modelVersion.version })
          .from(modelVersion)
          .where(eq(modelVersion.model, MODEL));
        const every = Array.from({ length: versions.length }, (_, i) => i + 1);
        expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual(every);
        const [entries] = await direct.db
          .select({ n: count() })
          .from(record)
          .where(and(eq(record.kind, "publish"), eq(record.model, MODEL)));
        expect(entries!.n).toBe(versions.length);
      },
    );
    expect(tried).toBeGreaterThan(0);
  }, 3_600_000);

  it.each([
    ["restriction", { because: "unlawful" }],
    ["access_simplified", {}],
    ["erasure", {}],
  ] as const)(
    "takes a request up once and answers it: %s",
    async (right, body) => {
      const tried = await everywhere(
        async () => {
          const person = nextPerson();
          await untilStatus(() => decide(person, person), [201]);
          const [before] = await direct.db.select({ n: count() }).from(request);
          return { token: await rights.tokenOf(person), before: before!.n };
        },
        async ({ token }) => {
          const response = await service.call("POST", `/v1/me/requests/${right}`, token, body);
          if (response.status >= 300) worthAnotherTry(response.status, await response.text());
        },
        async ({ token, before }) => {
          // What was cut short is taken up by the schedule; a person asks again only where nothing was taken.
          for (let attempt = 0; ; attempt++) {
            try {
              await resumeRequests(rights.deps, -1000);
              break;
            } catch (error) {
              if (attempt === 40) throw error;
              await pause(25);
            }
          }
          await finishRemovals(service.deps);
          const [after] = await direct.db.select({ n: count() }).from(request);
          if (after!.n === before) {
            await untilStatus(async () => {
              const response = await service.call("POST", `/v1/me/requests/${right}`, token, body);
              return { status: response.status, text: await response.text() };
            }, [200, 201]);
          }
          const rows = await direct.db.select({ state: request.state, right: request.right }).from(request);
          expect(rows.length).toBe(before + 1);
          expect(rows.filter(({ state }) => ["received", "in_progress"].includes(state))).toEqual([]);
        },
      );
      expect(tried).toBeGreaterThan(0);
    },
    3_600_000,
  );
});
