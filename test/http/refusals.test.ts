import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshPostgres } from "../support/databases.ts";
import { exampleOf, type TestService, testService } from "../support/service.ts";

const PATH = "/v1/models/german-credit/decisions";
/** Would be seen at once if a refusal repeated what it was given. */
const CANARY = "Zebedeu-Canario";

describe("a request that cannot be served", () => {
  let database: OpenDatabase;
  let service: TestService;
  let example: { subject: string; inputs: Record<string, string | number> };
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database);
    example = await exampleOf(service);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  async function refused(
    send: () => Promise<Response>,
  ): Promise<{ status: number; code: string; errors?: { pointer: string; code: string }[] }> {
    const before = (await service.deps.log.head()).size;
    const response = await send();
    const text = await response.text();
    const problem = JSON.parse(text);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem.status).toBe(response.status);
    expect(problem.type).toBe(`urn:motivo:problem:${problem.code}`);
    expect(text).not.toContain(CANARY);
    expect((await service.deps.log.head()).size).toBe(before);
    return problem;
  }

  const withInput = (change: (inputs: Record<string, unknown>) => void) => {
    const inputs: Record<string, unknown> = { ...example.inputs };
    change(inputs);
    return { ...example, inputs };
  };
  const set = (name: string, value: unknown) =>
    withInput((inputs) => {
      inputs[name] = value;
    });

  it.each<[string, string, () => unknown]>([
    ["a missing feature", "missing_feature", () => withInput((inputs) => delete inputs.amount_dm)],
    ["an unknown feature", "unknown_feature", () => set("shoe_size", 43)],
    ["a number as text", "invalid_type", () => set("amount_dm", CANARY)],
    ["a text as number", "invalid_type", () => set("housing", 3)],
    ["null", "invalid_type", () => set("amount_dm", null)],
    ["a boolean", "invalid_type", () => set("telephone", true)],
    ["an array", "invalid_type", () => set("amount_dm", [1000])],
    ["an object", "invalid_type", () => set("amount_dm", { value: 1000 })],
    ["an unseen category", "unseen_category", () => set("purpose", CANARY)],
    ["a number out of range", "out_of_range", () => set("amount_dm", 10_000_000)],
    ["inputs that are no object", "invalid_type", () => ({ ...example, inputs: [1] })],
    ["no inputs", "invalid_request", () => ({ subject: example.subject })],
    ["no subject", "invalid_request", () => ({ inputs: example.inputs })],
    ["an empty subject", "invalid_subject", () => ({ ...example, subject: "" })],
    ["a subject of 201 characters", "invalid_subject", () => ({ ...example, subject: "a".repeat(201) })],
    [
      "a subject with an unknown member",
      "invalid_subject",
      () => ({ ...example, subject: { id: "a", cpf: CANARY } }),
    ],
    ["a subject with a line break", "invalid_subject", () => ({ ...example, subject: `a\n${CANARY}` })],
    ["an unsupported language", "unsupported_language", () => ({ ...example, language: "de" })],
    ["a language that is no text", "unsupported_language", () => ({ ...example, language: 7 })],
    ["an unknown member", "invalid_request", () => ({ ...example, [CANARY]: 1 })],
  ])("%s is refused as %s", async (_, code, body) => {
    expect(await refused(() => service.call("POST", PATH, "product", body()))).toMatchObject({ code });
  });

  const raw = (text: string | Uint8Array<ArrayBuffer>, contentType = "application/json") =>
    service.app.request(PATH, {
      method: "POST",
      headers: { authorization: `Bearer ${service.tokens.product}`, "content-type": contentType },
      body: text,
    });
  const inputsText = () => JSON.stringify(example.inputs).slice(1, -1);

  it.each<[string, string, () => Response | Promise<Response>]>([
    [
      "__proto__ as a feature",
      "unknown_feature",
      () => raw(`{"subject":"a","inputs":{${inputsText()},"__proto__":{"a":1}}}`),
    ],
    [
      "__proto__ as a member",
      "invalid_request",
      () => raw(`{"subject":"a","__proto__":{},"inputs":{${inputsText()}}}`),
    ],
    ["NaN", "malformed_json", () => raw(`{"subject":"a","inputs":{"amount_dm":NaN}}`)],
    [
      "1e999",
      "invalid_type",
      () => raw(`{"subject":"a","inputs":{${inputsText().replace(/"amount_dm":\d+/, '"amount_dm":1e999')}}}`),
    ],
    ["broken JSON", "malformed_json", () => raw(`{"subject":"${CANARY}"`)],
    ["an empty body", "malformed_json", () => raw("")],
    ["deeply nested JSON", "too_deep", () => raw(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
    ["an array for a body", "body_not_object", () => raw("[]")],
    ["null for a body", "body_not_object", () => raw("null")],
    [
      "invalid UTF-8",
      "invalid_utf8",
      () => raw(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
    ],
    ["text/plain", "unsupported_media_type", () => raw(JSON.stringify(example), "text/plain")],
    [
      "a body of 2 MB",
      "body_too_large",
      () => raw(JSON.stringify({ ...example, pad: "x".repeat(2_000_000) })),
    ],
  ])("%s is refused as %s", async (_, code, send) => {
    expect(await refused(async () => send())).toMatchObject({ code });
  });

  it("an unknown model is refused as unknown_model", async () => {
    expect(
      await refused(() => service.call("POST", "/v1/models/nobody/decisions", "product", example)),
    ).toMatchObject({ code: "unknown_model" });
    expect(await refused(() => service.call("GET", "/v1/models/nobody", "product"))).toMatchObject({
      code: "unknown_model",
    });
  });

  it("an Idempotency-Key that is too long, or used for another request, is refused", async () => {
    const send = (key: string, body: unknown) =>
      service.call("POST", PATH, "product", body, { "idempotency-key": key });
    expect(await refused(() => send("k".repeat(256), example))).toMatchObject({
      code: "invalid_idempotency_key",
    });
    expect((await send("first", example)).status).toBe(201);
    expect(await refused(() => send("first", set("amount_dm", 4281)))).toMatchObject({
      code: "idempotency_key_reused",
    });
  });

  it("names the place of every fault, one pointer each", async () => {
    const problem = await refused(() =>
      service.call(
        "POST",
        PATH,
        "product",
        withInput((inputs) => {
          delete inputs.age_years;
          inputs.amount_dm = CANARY;
        }),
      ),
    );
    expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      "/inputs/age_years",
      "/inputs/amount_dm",
    ]);
  });

  it("another client's decision, another person's data and an unknown id look alike", async () => {
    const { body } = await service.json<{ id: string }>("POST", PATH, "product", example);
    const other = await service.issuer.issue("product", { subject: "product-two", client: "product-two" });
    expect(
      await refused(() => service.call("GET", `/v1/decisions/${body.id}`, { token: other })),
    ).toMatchObject({ code: "unknown_decision" });
    expect(
      await refused(() =>
        service.call("GET", "/v1/decisions/00000000-0000-4000-8000-000000000000", "product"),
      ),
    ).toMatchObject({ code: "unknown_decision" });
    const stranger = await service.issuer.issue("subject", { subject: "somebody-else", proof: 3 });
    expect(await refused(() => service.call("DELETE", "/v1/me", { token: stranger }))).toMatchObject({
      code: "nothing_held",
    });
    const access = await service.json<{ held: boolean; purposes: unknown[] }>("GET", "/v1/me/access", {
      token: stranger,
    });
    expect(access.body).toMatchObject({ held: false, purposes: [] });
  });

  it("an address that nothing answers is 404, a method that an address does not take is 405 and names those it does", async () => {
    expect(await refused(() => service.call("GET", "/v1/nothing", "product"))).toMatchObject({
      code: "not_found",
    });
    const response = await service.call("DELETE", PATH, "product");
    expect(response.headers.get("allow")).toBe("POST");
    expect(await refused(() => service.call("DELETE", PATH, "product"))).toMatchObject({
      code: "method_not_allowed",
      status: 405,
    });
  });

  it("a cursor that is not ours, a repeated or unknown query parameter and an impossible time are refused", async () => {
    for (const query of [
      "limit=0",
      "limit=1&limit=2",
      "nobody=1",
      "from=yesterday",
      "version=x",
      "version=99999999999",
    ]) {
      expect(
        await refused(() => service.call("GET", `/v1/audit/decisions?${query}`, "auditor")),
      ).toMatchObject({ code: "invalid_request" });
    }
    for (const cursor of ["x", "YjE=", "YjAx"]) {
      expect(
        await refused(() => service.call("GET", `/v1/audit/decisions?cursor=${cursor}`, "auditor")),
      ).toMatchObject({ code: "invalid_cursor" });
    }
  });
});
