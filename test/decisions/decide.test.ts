import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBase64 } from "../../audit/bytes.ts";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { verifyInclusion } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { idempotencyKey } from "../../src/db/tables.ts";
import type { DecisionAnswer, DecisionRecord } from "../../src/decisions/decision.ts";
import { explainRow } from "../../src/decisions/explain-decision.ts";
import { forgetExpiredKeys } from "../../src/decisions/idempotency.ts";
import { readInputs } from "../../src/models/inputs.ts";
import { freshEmbedded, freshPostgres } from "../support/databases.ts";
import { closeChecked, exampleOf, type TestService, testService } from "../support/service.ts";

const PATH = "/v1/models/german-credit/decisions";

describe.each([
  ["PostgreSQL", freshPostgres],
  ["PGlite", freshEmbedded],
])("a decision on %s", (_, open) => {
  let database: OpenDatabase;
  let service: TestService;
  let example: Awaited<ReturnType<typeof exampleOf>>;
  beforeAll(async () => {
    database = await open();
    service = await testService(database);
    example = await exampleOf(service);
  });
  afterAll(() => closeChecked(database, service));

  const decided = async (body: unknown = example, headers: Record<string, string> = {}) => {
    const response = await service.call("POST", PATH, "product", body, headers);
    expect(response.status).toBe(201);
    return (await response.json()) as DecisionAnswer;
  };

  it("leaves with one attribution for each input, which add up to the score", async () => {
    const answer = await decided();
    expect(Object.keys(answer.attributions).sort()).toEqual(Object.keys(example.inputs).sort());
    const sum = Object.values(answer.attributions).reduce((total, { value }) => total + value, answer.base);
    expect(answer.explained).toMatchObject({ link: "margin", scale: "log-odds", threshold: 0 });
    expect(Math.abs(sum - answer.explained!.output)).toBeLessThan(1e-9);
    expect(1 / (1 + Math.exp(-answer.explained!.output))).toBeCloseTo(answer.score, 5);
    for (const { value, interval } of Object.values(answer.attributions)) {
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
    }
    expect(answer.outcome).toBe(answer.score >= 0.5 ? "approved" : "refused");
    expect(answer.reasons.length).toBeGreaterThan(0);
    expect(answer.reasons.length).toBeLessThanOrEqual(4);
  });

  it("carries a receipt that verifies with the log's key alone", async () => {
    const { receipt } = await decided();
    const key = parseVkey(nodeCrypto, (await (await service.call("GET", "/log/vkey", null)).text()).trim());
    const { size, root } = await openCheckpoint(nodeCrypto, receipt.checkpoint, key);
    const proof = receipt.inclusionProof.map((hash) => fromBase64(hash, 32));
    expect(
      verifyInclusion(nodeCrypto, receipt.logIndex, size, fromBase64(receipt.leafHash, 32), proof, root),
    ).toBe(true);
  });

  it("is worded in the language that was asked for, the package's first one otherwise", async () => {
    const [portuguese, english] = [await decided(), await decided({ ...example, language: "en" })];
    expect([portuguese.language, english.language]).toEqual(["pt-BR", "en"]);
    expect(portuguese.reasons[0]!.text).toMatch(/pesou|favor|contra/);
    expect(english.reasons[0]!.text).not.toBe(portuguese.reasons[0]!.text);
  });

  it("is given back to the byte to the client that made it, and the reading is on the record", async () => {
    const response = await service.call("POST", PATH, "product", example);
    const text = await response.text();
    const { id } = JSON.parse(text);
    expect(response.headers.get("location")).toBe(`/v1/decisions/${id}`);
    const before = (await service.deps.log.head()).size;
    const again = await service.call("GET", `/v1/decisions/${id}`, "product");
    expect(await again.text()).toBe(text);
    expect((await service.deps.log.head()).size).toBe(before + 1);
  });

  it("is made once under one Idempotency-Key, also when twenty requests come at once, for 24 hours", async () => {
    const before = (await service.deps.log.head()).size;
    const send = () => service.call("POST", PATH, "product", example, { "idempotency-key": "order-1" });
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await send()).text()));
    expect(new Set(texts).size).toBe(1);
    expect((await service.deps.log.head()).size).toBe(before + 1);
    const other = await service.issuer.issue("product", { subject: "product-two", client: "product-two" });
    const elsewhere = await service.call("POST", PATH, { token: other }, example, {
      "idempotency-key": "order-1",
    });
    expect(JSON.parse(await elsewhere.text()).id).not.toBe(JSON.parse(texts[0]!).id);
    service.clock.now = new Date(Date.now() + 25 * 3_600_000);
    await forgetExpiredKeys(service.deps);
    expect(await database.db.$count(idempotencyKey)).toBe(0);
    expect(await (await send()).text()).not.toBe(texts[0]);
    service.clock.now = null;
  });

  it("can be computed again, bit for bit, from its seed and its version", async () => {
    const answer = await decided();
    const version = await service.deps.models.live(answer.model, answer.version);
    const output = version.predictor.outputs.indexOf("good");
    const again = await explainRow(version, readInputs(version.contract, example.inputs), {
      seed: answer.seed,
      output,
    });
    expect(again.output[output]).toBe(answer.explained!.output);
    expect(again.modelRows).toBe(answer.modelRows);
    expect(version.contract.features.map((_feature, i) => again.attributions[i]![output])).toEqual(
      Object.values(answer.attributions).map(({ value }) => value),
    );
  });

  it("reaches the auditor anonymised: bins instead of numbers, steps instead of attributions, nothing dropped", async () => {
    const answer = await decided();
    const { body } = await service.json<{ record: DecisionRecord; proof: unknown; state: string }>(
      "GET",
      `/v1/audit/decisions/${answer.id}`,
      "auditor",
    );
    const { record } = body;
    expect(body.state).toBe("kept");
    expect(record.inputs.amount_dm).toEqual({ kind: "range", from: 3500, to: 5000 });
    expect(record.inputs.telephone).toEqual({ kind: "dropped" });
    expect(record.attributions.telephone).toBeUndefined();
    for (const [feature, { kind }] of Object.entries(record.inputs)) {
      if (kind !== "dropped") continue;
      expect(record.reasons.filter((code) => code.startsWith(`${feature.toUpperCase()}:`))).toEqual([]);
    }
    for (const { value } of Object.values(record.attributions))
      expect(Math.round(value * 100) / 100).toBe(value);
    const sum = Object.values(record.attributions).reduce(
      (total, { value }) => total + value,
      record.base + record.rest,
    );
    expect(Math.abs(sum - record.explained!.output)).toBeLessThan(1e-9);
    expect(record.explained!.output).toBeCloseTo(Math.log(record.score / (1 - record.score)), 2);
    expect(JSON.stringify(body)).not.toContain(String(example.inputs.amount_dm));
    expect(JSON.stringify(body)).not.toContain(example.subject);
  });

  it("is found by an auditor through model, version, outcome and time, page by page, none twice", async () => {
    const listed = async (query: string) =>
      (
        await service.json<{ items: { logIndex: number }[]; next: string | null }>(
          "GET",
          `/v1/audit/decisions?${query}`,
          "auditor",
        )
      ).body;
    await Promise.all(Array.from({ length: 5 }, () => decided()));
    const all = await listed("limit=200");
    const paged: number[] = [];
    let next: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listed>> = await listed(
        `limit=2${next ? `&cursor=${next}` : ""}`,
      );
      paged.push(...page.items.map(({ logIndex }) => logIndex));
      next = page.next;
    } while (next);
    expect(paged).toEqual(all.items.map(({ logIndex }) => logIndex));
    expect(paged).toEqual([...new Set(paged)].sort((a, b) => b - a));
    const today = new Date().toISOString().slice(0, 10);
    expect(
      (await listed(`limit=200&model=german-credit&version=1&outcome=refused&from=${today}`)).items.length,
    ).toBeGreaterThan(0);
    for (const nothing of [
      "model=german-credit-logistic",
      "version=2",
      "outcome=nobody",
      "to=2020-01-01",
      "from=2999-01-01",
    ]) {
      expect((await listed(nothing)).items).toEqual([]);
    }
  });
});
