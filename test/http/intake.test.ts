import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { resumeRequests } from "../../src/subjects/requests/perform.ts";
import { REQUEST_RIGHTS } from "../../src/subjects/requests/rights.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf, type ToldRequest } from "../support/rights.ts";
import { closeChecked, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

type Told = ToldRequest & { receivedAt: string; channel?: string; provenAt: number };

describe("a request that did not come by the person's own call", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database, {
      packages: [GERMAN_CREDIT],
      env: { MOTIVO_REGIMES: "gdpr,lgpd", MOTIVO_PLACE: "BR", MOTIVO_TIME_ZONE: "America/Sao_Paulo" },
    });
    rights = rightsOf(service);
    service.clock.now = new Date("2026-03-20T13:00:00Z");
    await rights.decide("writer");
  });
  afterAll(() => closeChecked(database, service));

  const take = (right: string, more: object = {}, as: "operator" | { token: string } = "operator") =>
    service.json<Told>("POST", `/v1/requests/${right}`, as, {
      subject: "writer",
      channel: "letter",
      receivedOn: "2026-03-10",
      evidence: "Copy of the identity card, folder 12",
      asked: {},
      ...more,
    });
  const seen = (id: string) => service.json<Told>("GET", `/v1/requests/${id}`, "operator");

  it("counts from the day on which it came, by every clock (LGPD 19 II: 15 days; GDPR 12(3): one month), and the record says how and when", async () => {
    const { status, body } = await take("access_complete");
    expect([status, body.state, body.receivedAt]).toEqual([201, "received", "2026-03-10T15:00:00.000Z"]);
    expect(body.clocks.map(({ regime, due }) => [regime, due])).toEqual([
      ["gdpr", "2026-04-10"],
      ["lgpd", "2026-03-25"],
    ]);
    const told = (await seen(body.id)).body;
    expect([told.channel, told.provenAt, told.steps[0]!.by]).toEqual(["letter", 3, "operator"]);
    const entry = await rights.recordAt(told.steps[0]!.logIndex);
    expect(entry).toMatchObject({ action: "receive", channel: "letter", received: "2026-03-10", proof: 3 });
    expect(JSON.stringify(entry)).not.toMatch(/writer|folder/);
  });

  it("stays open where its answer is to be sent, whatever runs on schedule, until an operator says that it was", async () => {
    const { body } = await take("access_complete", { channel: "email" });
    expect(body.state).toBe("received");
    service.clock.now = new Date("2026-03-20T14:00:00Z");
    await resumeRequests(rights.deps);
    expect((await seen(body.id)).body.state).toBe("received");
    const copies = await service.call("GET", "/v1/me/copies", await rights.tokenOf("writer"));
    expect(await copies.json()).toEqual({ items: [] });
    const answered = await rights.act(body.id, "answer", { text: "Sent on paper on 20 March." });
    expect([answered.status, answered.body.state]).toEqual([200, "answered"]);
    const mine = (await rights.mine("writer", body.id)).body;
    expect(mine.steps.at(-1)).toMatchObject({ by: "operator", text: "Sent on paper on 20 March." });
    const called = await rights.ask("writer", "access_complete");
    expect([called.body.state, called.body.result?.held]).toEqual(["answered", true]);
  });

  it("is answered by the service where nothing is handed out, and by a human where one has to", async () => {
    const stopped = await take("restriction", { asked: { because: "unlawful" } });
    expect(stopped.body.state).toBe("answered");
    expect((await rights.decide("writer")).body.code).toBe("processing_restricted");
    await rights.act(stopped.body.id, "lift", { text: "Asked for." });
    expect((await take("objection", { asked: { statement: "No." } })).body.state).toMatch(/received|refused/);
  });

  it.each([
    { receivedOn: "2026-03-21" },
    { receivedOn: "2024-03-19" },
    { receivedOn: "10/03/2026" },
    { channel: "pigeon" },
    { proof: 0 },
    { evidence: " " },
  ])("is not taken down with %j", async (more) => {
    const { body } = await take("confirmation", more);
    expect(body.code).toBe("invalid_request");
  });

  it("is of no right below its level, and of nobody who is not known here, which the record says was looked up", async () => {
    for (const right of REQUEST_RIGHTS) {
      const level = { access_complete: 3, portability: 3, correction: 3, erasure: 3 }[right as string] ?? 2;
      const low = await take(right, {
        proof: level - 1,
        asked: {
          ...(["correction", "review", "explanation"].includes(right)
            ? { decision: "00000000-0000-4000-8000-000000000000" }
            : {}),
          ...(right === "correction" ? { inputs: { duration_months: 6 } } : {}),
          ...(right === "restriction" ? { because: "unlawful" } : {}),
          ...(["review", "objection"].includes(right) ? { statement: "x" } : {}),
        },
      });
      const easy = right === "confirmation" || right === "consent_revocation";
      expect([right, low.body.code === "proof_level_too_low"]).toEqual([right, !easy]);
    }
    const { size } = await service.deps.log.head();
    const unknown = await take("confirmation", { subject: "nobody-here" });
    expect([unknown.status, unknown.body.code]).toEqual([404, "nothing_held"]);
    expect((await service.deps.log.head()).size).toBe(size + 1);
    expect(await rights.recordAt(size)).toMatchObject({ kind: "access", role: "operator" });
    const mine = await take("confirmation", {}, await rights.tokenOf("writer"));
    expect(mine.body.code).toBe("forbidden");
  });

  it("is taken down on a page: what is missing is said, a correction shows the package's fields, empty", async () => {
    const entered = await service.app.request("/session", {
      method: "POST",
      body: new URLSearchParams({ token: service.tokens.operator }),
      headers: { "sec-fetch-site": "same-origin" },
    });
    const headers = {
      cookie: (entered.headers.get("set-cookie") ?? "").split(";")[0]!,
      "accept-language": "en",
    };
    const form = await (await service.app.request("/operator/intake", { headers })).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(form)![1]!;
    const send = async (fields: Record<string, string>) => {
      const body = new URLSearchParams({ csrf, ...fields });
      const response = await service.app.request("/operator/intake", { method: "POST", headers, body });
      return {
        status: response.status,
        text: await response.text(),
        to: response.headers.get("location") ?? "",
      };
    };
    const { body: decided } = await rights.decide("caller");
    const typed = {
      right: "correction",
      subject: "caller",
      channel: "phone",
      receivedOn: "2026-03-18",
      proof: "3",
      evidence: "Called back at the number on file",
      decision: decided.id,
    };
    const bare = await send({ right: "review", subject: "caller" });
    for (const field of ["receivedOn", "channel", "proof", "evidence"])
      expect(bare.text).toContain(`href="#intake-${field}"`);
    const { size } = await service.deps.log.head();
    const fields = await send(typed);
    expect([fields.status, fields.text.includes('name="input:duration_months" value=""')]).toEqual([
      200,
      true,
    ]);
    expect((await service.deps.log.head()).size).toBe(size);
    const wrong = await send({ ...typed, "input:duration_months": "999" });
    expect([wrong.status, wrong.text.includes("out_of_range")]).toEqual([422, true]);
    const late = await send({ ...typed, receivedOn: "2027-01-01", "input:duration_months": "12" });
    expect([late.status, late.text.includes('href="#intake-receivedOn"')]).toEqual([422, true]);
    const weak = await send({ ...typed, proof: "2", "input:duration_months": "12" });
    expect([weak.status, weak.text.includes("stronger identification")]).toEqual([422, true]);
    const done = await send({ ...typed, "input:duration_months": "12" });
    expect(done.to).toMatch(/^\/operator\/requests\/[0-9a-f-]{36}\?done=step$/);
    const page = await (await service.app.request(done.to, { headers })).text();
    expect(page).toContain("came by telephone");
    const told = (await seen(/[0-9a-f-]{36}/.exec(done.to)![0])).body;
    expect(told).toMatchObject({
      right: "correction",
      channel: "phone",
      asked: { inputs: { duration_months: 12 } },
    });
    // The form of a correction that is answered reads the package, and leaves no reading of the request.
    const before = (await service.deps.log.head()).size;
    const id = told.id;
    const body = new URLSearchParams({ csrf, text: "It was 12.", "input:duration_months": "12" });
    const answered = await service.app.request(`/operator/requests/${id}/correct`, {
      method: "POST",
      headers,
      body,
    });
    expect(answered.status).toBe(303);
    const kinds = await Promise.all(
      Array.from({ length: (await service.deps.log.head()).size - before }, (_, i) =>
        rights.recordAt(before + i),
      ),
    );
    expect(kinds.map((record) => record?.kind)).not.toContain("access");
  });
});
