import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import type { DecisionAnswer } from "../../src/decisions/decision.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

const PATH = "/v1/models/german-credit/decisions/batch";

interface Answer {
  model: string;
  decided: number;
  refused: number;
  results: (
    | { status: 201; decision: DecisionAnswer }
    | { status: number; problem: { code: string; errors?: { pointer: string }[] } }
  )[];
}

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("a batch of decisions on %s", (_, open) => {
  let database: OpenDatabase;
  let service: TestService;
  let inputs: Record<string, string | number>;
  beforeAll(async () => {
    database = await open();
    service = await testService(database, { packages: [GERMAN_CREDIT] });
    ({ inputs } = await exampleOf(service));
  });
  afterAll(() => closeChecked(database, service));

  const sent = async (body: unknown) => {
    const response = await service.call("POST", PATH, "product", body);
    return { status: response.status, text: await response.text() };
  };
  const decided = async (body: unknown): Promise<Answer> => {
    const { status, text } = await sent(body);
    expect(status).toBe(200);
    return JSON.parse(text) as Answer;
  };
  const rows = (count: number) =>
    Array.from({ length: count }, (__, i) => ({
      subject: `person-${i}`,
      inputs: { ...inputs, amount_dm: 1000 + 100 * i },
    }));
  const codes = ({ results }: Answer) =>
    results.map((result) => ("decision" in result ? "decided" : result.problem.code));

  it("answers in the order asked, each with an entry and a receipt of its own", async () => {
    const before = (await service.deps.log.head()).size;
    const answer = await decided({ decisions: rows(9), language: "en" });
    expect([answer.decided, answer.refused]).toEqual([9, 0]);
    const decisions = answer.results.map((result) => (result as { decision: DecisionAnswer }).decision);
    const indexes = decisions.map(({ receipt }) => receipt.logIndex);
    expect(indexes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 9 }, (__, i) => before + i));
    for (const [i, decision] of decisions.entries()) {
      expect(decision.language).toBe("en");
      const alone = await service.json<{ score: number }>(
        "POST",
        "/v1/models/german-credit/decisions",
        "product",
        rows(9)[i],
      );
      expect(decision.score).toBe(alone.body.score);
      const again = await service.call("GET", `/v1/decisions/${decision.id}`, "product");
      expect(await again.text()).toBe(JSON.stringify(decision));
    }
  });

  it("goes on past items that are refused, and points into what was sent", async () => {
    const [good] = rows(1);
    const answer = await decided({
      decisions: [
        good,
        { ...good, inputs: { ...inputs, amount_dm: 1e9 } },
        { inputs },
        17,
        { ...good, subject: "" },
        { ...good, language: "de" },
        { ...good, idempotencyKey: 5 },
        { ...good, idempotencyKey: "a b" },
        { ...good, Zebedeu: 1 },
        { ...good, dryRun: true },
        good,
      ],
    });
    expect(codes(answer)).toEqual([
      "decided",
      "out_of_range",
      "invalid_request",
      "invalid_request",
      "invalid_subject",
      "unsupported_language",
      "invalid_idempotency_key",
      "invalid_idempotency_key",
      "invalid_request",
      "invalid_request",
      "decided",
    ]);
    expect([answer.decided, answer.refused]).toEqual([2, 9]);
    const pointers = answer.results.map((result) =>
      "problem" in result ? result.problem.errors?.[0]?.pointer : null,
    );
    expect(pointers.slice(1, 5)).toEqual([
      "/decisions/1/inputs/amount_dm",
      "/decisions/2/subject",
      "/decisions/3",
      "/decisions/4/subject",
    ]);
    expect(JSON.stringify(answer)).not.toContain("Zebedeu");
  });

  it("is answered to the byte when it is sent again under the same keys, with no entry more", async () => {
    const keyed = rows(6).map((row, i) => ({ ...row, idempotencyKey: `${_}-again-${i}` }));
    const body = { decisions: [...keyed.slice(0, 3), { subject: "x", inputs: {} }, ...keyed.slice(3)] };
    const first = await sent(body);
    const { size } = await service.deps.log.head();
    const second = await sent(body);
    expect(second).toEqual(first);
    expect((await service.deps.log.head()).size).toBe(size);
  });

  it("shares its keys with single calls, and a key means one request even inside one batch", async () => {
    const [a, b] = rows(2);
    const key = `${_}-shared`;
    const alone = await service.call("POST", "/v1/models/german-credit/decisions", "product", a, {
      "idempotency-key": key,
    });
    const answer = await decided({
      decisions: [
        { ...a, idempotencyKey: key },
        { ...b, idempotencyKey: key },
        { ...b, idempotencyKey: `${key}-2` },
        { ...a, idempotencyKey: `${key}-2` },
        { ...b, idempotencyKey: `${key}-2` },
      ],
    });
    expect(codes(answer)).toEqual([
      "decided",
      "idempotency_key_reused",
      "decided",
      "idempotency_key_reused",
      "decided",
    ]);
    const [same, , first, , repeated] = answer.results;
    expect(JSON.stringify((same as { decision: unknown }).decision)).toBe(await alone.text());
    expect(repeated).toEqual(first);
  });

  it("is refused whole when it is none: too many, none at all, an unknown model, a body too large", async () => {
    const codeOf = async (body: unknown, path = PATH) =>
      JSON.parse(await (await service.call("POST", path, "product", body)).text()).code;
    const { size } = await service.deps.log.head();
    expect(await codeOf({ decisions: Array.from({ length: 1001 }, () => 0) })).toBe("batch_too_large");
    expect(await codeOf({ decisions: [] })).toBe("invalid_request");
    expect(await codeOf({ decisions: rows(1), subject: "x" })).toBe("invalid_request");
    expect(await codeOf({ decisions: rows(1) }, "/v1/models/nobody/decisions/batch")).toBe("unknown_model");
    expect(await codeOf({ decisions: ["x".repeat(8 * 1024 * 1024)] })).toBe("body_too_large");
    expect((await service.deps.log.head()).size).toBe(size);
  });

  it("lets a single decision through meanwhile, and a fifth batch is told to come back", async () => {
    let finished = false;
    const long = Promise.all(Array.from({ length: 4 }, () => decided({ decisions: rows(40) }))).finally(
      () => {
        finished = true;
      },
    );
    // The four have to be read before they are under way.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const fifth = await service.call("POST", PATH, "product", { decisions: rows(1) });
    expect([fifth.status, fifth.headers.get("retry-after")]).toEqual([503, "5"]);
    const single = await service.json("POST", "/v1/models/german-credit/decisions", "product", rows(1)[0]);
    expect([single.status, finished]).toEqual([201, false]);
    const answers = await long;
    expect(answers.map((answer) => answer.decided)).toEqual([40, 40, 40, 40]);
    expect((await decided({ decisions: rows(1) })).decided).toBe(1);
  });

  it("says of a failure of ours which items it met, and the service's log says why", async () => {
    const { log } = service.deps;
    const append = log.append;
    let calls = 0;
    log.append = async (entry) => {
      calls += 1;
      if (calls === 2) throw new Error("the disk is on fire");
      return append.call(log, entry);
    };
    try {
      const answer = await decided({ decisions: rows(4) });
      expect(codes(answer).toSorted()).toEqual(["decided", "decided", "decided", "internal"]);
      expect(JSON.stringify(answer)).not.toContain("fire");
      const line = service.logLines().match(/^.*decisions of a batch failed.*$/m)?.[0];
      expect(JSON.parse(line ?? "null")).toMatchObject({
        count: 1,
        code: "internal",
        err: { type: "Error" },
      });
    } finally {
      log.append = append;
    }
  });
});
