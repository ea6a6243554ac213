import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { performPending } from "../../src/subjects/opendsr/perform.ts";
import type { OpenDsrDeps } from "../../src/subjects/opendsr/settings.ts";
import { deliverNotices } from "../../src/subjects/outbox/deliver.ts";
import { resumeRequests } from "../../src/subjects/requests/perform.ts";
import { checkLog } from "../support/check-log.ts";
import { freshEmbedded } from "../support/databases.ts";
import { ADDRESS, callerOf, DOMAIN, openTestCallers } from "../support/opendsr.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { type TestService, testService } from "../support/service.ts";

const START = new Date("2026-03-10T13:00:00Z");
const LOOPBACK = { allows: (address: string) => address === "127.0.0.1", plainHttp: true };

describe("OpenDSR", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  let deps: OpenDsrDeps;
  let cdp: ReturnType<typeof callerOf>;
  let receiver: Server;
  let callback: string;
  let answer = 202;
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  let number = 0;
  const person = () => `person-${++number}`;
  const later = (ms: number) => {
    service.clock.now = new Date((service.clock.now ?? START).getTime() + ms);
  };
  const HOUR = 3_600_000;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answer).end();
      });
    });
    await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
    callback = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/callback`;
    const callers = await openTestCallers([callback]);
    database = await freshEmbedded();
    service = await testService(database, { openDsr: callers.openDsr });
    rights = rightsOf(service);
    deps = { ...rights.deps, openDsr: callers.openDsr };
    cdp = callerOf(service, callers);
  });
  beforeEach(() => {
    service.clock.now = START;
    received.length = 0;
    answer = 202;
  });
  afterAll(async () => {
    await checkLog(database.db);
    await service.close();
    await database.close();
    await new Promise<void>((closed) => receiver.close(() => closed()));
  });
  const held = async (who: string) =>
    (await rights.ask(who, "confirmation", {}, 1)).body.result as { held: boolean };
  const deliver = () => deliverNotices(deps, { network: LOOPBACK, mail: null, openDsr: deps.openDsr }, 50);

  describe("discovery", () => {
    it("says version, identities, types and where the certificate is, signed, under both addresses and both header names", async () => {
      for (const path of ["/v2/discovery", "/discovery", "/v1/discovery"]) {
        const { status, headers, text, body } = await cdp.unsigned("GET", path);
        expect([path, status]).toEqual([path, 200]);
        expect(body).toMatchObject({
          api_version: "2.0",
          supported_identities: [{ identity_type: "controller_customer_id", identity_format: "raw" }],
          supported_subject_request_types: ["access", "portability", "erasure"],
          processor_certificate: `${ADDRESS}/v2/certificate`,
        });
        expect(body.extensions[DOMAIN].regulations).toEqual(["lgpd", "gdpr"]);
        expect(body.extensions[DOMAIN].subject_request_types).toContain("rectification");
        for (const name of ["opendsr", "opengdpr"])
          expect(cdp.isSigned(text, (header) => headers.get(header), name)).toBe(true);
      }
    });

    it("leads to the certificate, on the same domain", async () => {
      const response = await service.app.request("/v2/certificate");
      expect(response.headers.get("content-type")).toBe("application/x-pem-file");
      expect(await response.text()).toBe(deps.openDsr.identity.certificate);
    });
  });

  describe("an unsigned stranger", () => {
    it("erases nobody: no header, half of them, another's key, no registered domain, a signature over other bytes", async () => {
      const who = person();
      await rights.decide(who);
      const body = JSON.stringify(cdp.request(who));
      const size = (await service.deps.log.head()).size;
      const domain = { "X-OpenDSR-Processor-Domain": "cdp.example" };
      const cases: [string, Record<string, string>][] = [
        ["unsigned_request", {}],
        ["unsigned_request", domain],
        ["unsigned_request", { "X-OpenDSR-Signature": "AAAA" }],
        ["invalid_signature", { ...domain, "X-OpenDSR-Signature": "AAAA" }],
        ["invalid_signature", { ...domain, "X-OpenDSR-Signature": Buffer.alloc(256).toString("base64") }],
        [
          "unknown_caller",
          { "X-OpenDSR-Processor-Domain": "stranger.example", "X-OpenDSR-Signature": "AAAA" },
        ],
        [
          "unsigned_request",
          { ...domain, "X-OpenGDPR-Processor-Domain": "other.example", "X-OpenDSR-Signature": "AAAA" },
        ],
      ];
      for (const [code, headers] of cases) {
        const refused = await cdp.post(body, { headers });
        expect([code, refused.status, refused.body.code]).toEqual([code, 403, code]);
        expect(cdp.isSigned(refused.text, (header) => refused.headers.get(header))).toBe(true);
      }
      const token = { authorization: `Bearer ${service.tokens.operator}` };
      expect((await cdp.post(body, { headers: token })).body.code).toBe("unsigned_request");
      expect((await service.deps.log.head()).size).toBe(size);
      expect(await held(who)).toEqual({ held: true });
    });

    it("is refused before anything is parsed", async () => {
      for (const body of ["{", "", "[]", "\u0000"]) {
        const refused = await cdp.post(body, {
          headers: { "X-OpenDSR-Processor-Domain": "cdp.example", "X-OpenDSR-Signature": "AAAA" },
        });
        expect([body, refused.body.code]).toEqual([body, "invalid_signature"]);
      }
      expect((await cdp.post("{")).body.code).toBe("malformed_json");
    });

    it("learns nothing of requests, and cancels none", async () => {
      const who = person();
      await rights.decide(who);
      const { body } = await cdp.post(cdp.request(who));
      const path = `/v2/requests/${body.subject_request_id}`;
      for (const method of ["GET", "DELETE"])
        expect((await cdp.unsigned(method, path)).body.code).toBe("unsigned_request");
      for (const [method, signed] of [
        ["GET", ""],
        ["GET", `DELETE ${path}\n${START.toISOString()}`],
        ["DELETE", `GET ${path}\n${START.toISOString()}`],
        ["DELETE", `DELETE /v2/requests/other\n${START.toISOString()}`],
      ] as const)
        expect((await cdp.call(method, path, { signed })).body.code).toBe("invalid_signature");
      const stale = new Date(START.getTime() - 301_000).toISOString();
      expect((await cdp.call("DELETE", path, { time: stale })).body.code).toBe("unsigned_request");
      expect((await cdp.call("DELETE", path, { time: "yesterday" })).body.code).toBe("unsigned_request");
      expect((await cdp.call("GET", path)).body.request_status).toBe("pending");
    });
  });

  it.each([
    ["late.example", "not_in_time"],
    ["elsewhere.example", "other_domain"],
    ["sealing.example", "not_for_signatures"],
  ])("the certificate of %s is refused (%s) before anything is parsed", async (as, reason) => {
    const refused = await cdp.post("{", { as });
    expect(refused).toMatchObject({ status: 403, body: { code: "invalid_certificate", reason } });
    expect(refused.body.error).toMatchObject({ code: 403, errors: [{ domain: DOMAIN, reason }] });
  });

  it("a certificate that was good is refused from the moment on when it is not", async () => {
    service.clock.now = new Date("2026-01-31T23:00:00Z");
    expect((await cdp.post("{", { as: "late.example" })).body.code).toBe("malformed_json");
    service.clock.now = new Date("2026-02-01T00:00:01Z");
    expect((await cdp.post("{", { as: "late.example" })).body.code).toBe("invalid_certificate");
  });

  describe("erasure", () => {
    it("is taken, stays pending for its while, is begun and completed, and its callbacks are signed", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who, { status_callback_urls: [callback] });
      const raw = JSON.stringify(asked);
      const taken = await cdp.post(raw);
      expect(taken.status).toBe(201);
      expect(taken.body).toEqual({
        controller_id: "aurora",
        expected_completion_time: "2026-04-10T00:00:00.000Z",
        received_time: START.toISOString(),
        encoded_request: Buffer.from(raw).toString("base64"),
        subject_request_id: asked.subject_request_id,
        api_version: "2.0",
      });
      for (const name of ["opendsr", "opengdpr"])
        expect(cdp.isSigned(taken.text, (header) => taken.headers.get(header), name)).toBe(true);
      const path = `/v2/requests/${asked.subject_request_id}`;
      const pending = await cdp.call("GET", path);
      expect(pending.body).toMatchObject({ request_status: "pending", controller_id: "aurora" });
      expect(cdp.isSigned(pending.text, (header) => pending.headers.get(header))).toBe(true);
      later(HOUR - 1000);
      await performPending(deps);
      await resumeRequests(deps);
      expect(await held(who)).toEqual({ held: true });
      later(1000);
      expect(await performPending(deps)).toBeGreaterThan(0);
      expect(await held(who)).toEqual({ held: false });
      const done = await cdp.call("GET", path);
      expect(done.body).toMatchObject({ request_status: "completed" });
      expect(done.body.results_url).toBeUndefined();
      await deliver();
      const told = received.map(({ body }) => JSON.parse(body));
      expect(told.map(({ request_status }) => request_status).toSorted()).toEqual([
        "completed",
        "in_progress",
      ]);
      for (const { headers, body } of received) {
        expect(JSON.parse(body)).toMatchObject({
          controller_id: "aurora",
          status_callback_url: callback,
          subject_request_id: asked.subject_request_id,
        });
        for (const name of ["opendsr", "opengdpr"])
          expect(cdp.isSigned(body, (header) => headers[header] as string, name)).toBe(true);
        expect(cdp.isSigned(`${body} `, (header) => headers[header] as string)).toBe(false);
        expect(body).not.toContain(who);
      }
    });

    it("stands on the log as a caller's, without the person, and the person reads whose", async () => {
      const who = person();
      await rights.decide(who);
      const { body: made } = await cdp.post(cdp.request(who));
      const mine = await service.json<{ items: { id: string }[] }>(
        "GET",
        "/v1/me/requests",
        await rights.tokenOf(who),
      );
      const { body } = await rights.mine(who, mine.body.items[0]!.id);
      expect(body.steps[0]).toMatchObject({ action: "receive", by: "caller", who: "cdp.example" });
      const record = await rights.recordAt(body.steps[0]!.logIndex);
      expect(record).toMatchObject({ by: "caller", caller: "cdp.example", right: "erasure", proof: 3 });
      expect(JSON.stringify(record)).not.toContain(who);
      expect(JSON.stringify(record)).not.toContain(made.subject_request_id);
    });

    it("counts its clocks from when the person asked, not from when it reached us", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who, { submitted_time: "2026-02-20T12:00:00-03:00" });
      expect((await cdp.post(asked)).body.expected_completion_time).toBe("2026-03-20T00:00:00.000Z");
      const future = cdp.request(person(), { submitted_time: "2027-01-01T00:00:00Z" });
      expect((await cdp.post(future)).status).toBe(201);
    });

    it("of somebody about whom nothing is held is complete at once", async () => {
      const asked = cdp.request(person());
      await cdp.post(asked);
      const { body } = await cdp.call("GET", `/v2/requests/${asked.subject_request_id}`);
      expect(body).toMatchObject({
        request_status: "completed",
        extensions: { [DOMAIN]: { state: "refused", refusal: { ground: "no_record" } } },
      });
    });

    it("that an operator refuses is cancelled, with ground, articles and remedies in the extension", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who, { status_callback_urls: [callback] });
      await cdp.post(asked);
      const { body: mine } = await service.json<{ items: { id: string }[] }>(
        "GET",
        "/v1/me/requests",
        await rights.tokenOf(who),
      );
      const refused = await rights.act(mine.items[0]!.id, "refuse", {
        ground: "legal_obligation",
        text: "The accounts must be kept.",
      });
      expect(refused.status).toBe(200);
      const { body } = await cdp.call("GET", `/v2/requests/${asked.subject_request_id}`);
      expect(body).toMatchObject({
        request_status: "cancelled",
        extensions: {
          [DOMAIN]: {
            state: "refused",
            refusal: { ground: "legal_obligation", articles: ["LGPD 16 I", "GDPR 17(3)(b)"] },
          },
        },
      });
      expect(body.extensions[DOMAIN].refusal.remedies.length).toBeGreaterThan(0);
      await deliver();
      expect(received.map((each) => JSON.parse(each.body).request_status)).toEqual(["cancelled"]);
    });
  });

  it.each([
    ["access", "motivo-access/v2"],
    ["portability", "motivo-portability/v1"],
  ])(
    "%s is completed with results that the caller fetches, signed, and the reading is on the record",
    async (type, format) => {
      const who = person();
      const { body: made } = await rights.decide(who, type === "portability" ? "german-credit" : undefined);
      const asked = cdp.request(who, { subject_request_type: type });
      await cdp.post(asked);
      const path = `/v2/requests/${asked.subject_request_id}`;
      expect((await cdp.call("GET", `${path}/results`)).body.code).toBe("opendsr_no_results");
      later(HOUR);
      await performPending(deps);
      const { body } = await cdp.call("GET", path);
      expect(body).toMatchObject({ request_status: "completed", results_url: `${ADDRESS}${path}/results` });
      const results = await cdp.call("GET", `${path}/results`);
      expect(results.body).toMatchObject({ format, subject: who });
      expect(results.text).toContain(made.id);
      expect(cdp.isSigned(results.text, (header) => results.headers.get(header))).toBe(true);
      const readings = (await rights.records()).filter(
        ({ kind, role }) => kind === "access" && role === "operator",
      );
      expect(readings.at(-1)).toMatchObject({ what: "personal-data" });
      expect((await cdp.call("GET", `${path}/results`, { as: "other.example" })).body.code).toBe(
        "unknown_request",
      );
      expect((await cdp.unsigned("GET", `${path}/results`)).body.code).toBe("unsigned_request");
      later(31 * 24 * HOUR);
      expect((await cdp.call("GET", `${path}/results`)).body.code).toBe("opendsr_no_results");
    },
  );

  it.each([
    ["/opengdpr_requests", "OpenGDPR"],
    ["/v1/opengdpr_requests", "OpenGDPR"],
    ["/opendsr_requests", "OpenDSR"],
    ["/v2/opendsr_requests", "OpenGDPR"],
    ["/opencompliance_requests", "OpenDSR"],
  ])("%s with headers of %s is the same", async (path, name) => {
    const who = person();
    await rights.decide(who);
    const asked = cdp.request(who);
    expect((await cdp.post(asked, { path, name })).status).toBe(201);
    const own = `${path}/${asked.subject_request_id}`;
    expect((await cdp.call("GET", own, { name })).body.request_status).toBe("pending");
    expect((await cdp.call("DELETE", own, { name })).status).toBe(202);
    expect((await cdp.call("GET", `/v2/requests/${asked.subject_request_id}`)).body.request_status).toBe(
      "cancelled",
    );
  });

  describe("cancelling", () => {
    it("a pending request is accepted and told, and nothing of the person goes", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who, { status_callback_urls: [callback] });
      await cdp.post(asked);
      const path = `/v2/requests/${asked.subject_request_id}`;
      const cancelled = await cdp.call("DELETE", path);
      expect(cancelled.status).toBe(202);
      expect(cancelled.body).toEqual({
        controller_id: "aurora",
        subject_request_id: asked.subject_request_id,
        received_time: START.toISOString(),
        api_version: "2.0",
      });
      expect((await cdp.call("DELETE", path)).status).toBe(202);
      expect((await cdp.call("GET", path)).body.request_status).toBe("cancelled");
      later(2 * HOUR);
      await performPending(deps);
      expect(await held(who)).toEqual({ held: true });
      await deliver();
      const told = received.map(({ body }) => JSON.parse(body));
      const ours = told.filter(({ subject_request_id: id }) => id === asked.subject_request_id);
      expect(ours.map(({ request_status }) => request_status)).toEqual(["cancelled"]);
    });

    it("is refused once it was begun, and when it is complete", async () => {
      const who = person();
      const { body: made } = await rights.decide(who);
      const asked = cdp.request(who, {
        subject_request_type: "review",
        extensions: { [DOMAIN]: { decision: made.id, statement: "Please look again." } },
      });
      expect((await cdp.post(asked)).status).toBe(201);
      const { body: mine } = await service.json<{ items: { id: string }[] }>(
        "GET",
        "/v1/me/requests",
        await rights.tokenOf(who),
      );
      await rights.act(mine.items[0]!.id, "start");
      const path = `/v2/requests/${asked.subject_request_id}`;
      expect((await cdp.call("GET", path)).body.request_status).toBe("in_progress");
      const begun = await cdp.call("DELETE", path);
      expect(begun).toMatchObject({
        status: 400,
        body: { code: "opendsr_not_pending", error: { code: 400 } },
      });
      const over = cdp.request(who);
      await cdp.post(over);
      later(HOUR);
      await performPending(deps);
      expect((await cdp.call("DELETE", `/v2/requests/${over.subject_request_id}`)).status).toBe(400);
    });

    it("at the moment in which it is begun does one or the other, never half of each", async () => {
      for (let i = 0; i < 4; i++) {
        service.clock.now = START;
        const who = person();
        await rights.decide(who);
        const asked = cdp.request(who);
        await cdp.post(asked);
        later(HOUR);
        const path = `/v2/requests/${asked.subject_request_id}`;
        const [cancelled] = await Promise.all([cdp.call("DELETE", path), performPending(deps)]);
        await performPending(deps);
        const { request_status } = (await cdp.call("GET", path)).body;
        const gone = !(await held(who)).held;
        expect([cancelled.status, request_status, gone]).toEqual(
          cancelled.status === 202 ? [202, "cancelled", false] : [400, "completed", true],
        );
      }
    });
  });

  describe("the same subject_request_id again", () => {
    it("is the same request, once, at once or in a row, and answered as the first time", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who);
      const both = await Promise.all([cdp.post(asked), cdp.post(asked)]);
      expect(both.map(({ status }) => status)).toEqual([201, 201]);
      later(60_000);
      const third = await cdp.post(asked);
      expect(third.body).toEqual(both[0]!.body);
      const { body } = await service.json<{ items: unknown[] }>(
        "GET",
        "/v1/me/requests",
        await rights.tokenOf(who),
      );
      expect(body.items).toHaveLength(1);
      later(HOUR);
      await performPending(deps);
      expect((await cdp.post(asked)).status).toBe(201);
      expect(await performPending(deps)).toBe(0);
    });

    it("for another person or another type is refused, and is another caller's own", async () => {
      const [who, whom] = [person(), person()];
      await rights.decide(who);
      await rights.decide(whom);
      const asked = cdp.request(who);
      await cdp.post(asked);
      const id = { subject_request_id: asked.subject_request_id };
      expect((await cdp.post(cdp.request(whom, id))).body.code).toBe("opendsr_id_reused");
      const access = cdp.request(who, { ...id, subject_request_type: "access" });
      expect((await cdp.post(access)).body.code).toBe("opendsr_id_reused");
      const theirs = cdp.request(whom, id);
      expect((await cdp.post(theirs, { as: "other.example" })).status).toBe(201);
      later(HOUR);
      await cdp.call("DELETE", `/v2/requests/${asked.subject_request_id}`);
      await performPending(deps);
      expect([await held(who), await held(whom)]).toEqual([{ held: true }, { held: false }]);
    });

    it("passes no check by: a repeat under a lower proof or without the right to ask is refused", async () => {
      const who = person();
      await rights.decide(who);
      const asked = cdp.request(who);
      await cdp.post(asked);
      for (let i = 0; i < 2; i++) {
        expect((await cdp.post(asked, { as: "weak.example" })).body.code).toBe("proof_level_too_low");
        const access = cdp.request(who, { subject_request_type: "access" });
        expect((await cdp.post(access, { as: "other.example" })).body.code).toBe("opendsr_type_not_allowed");
      }
    });

    it("from two callers for one person is answered once, and neither takes back what the other asked", async () => {
      const who = person();
      await rights.decide(who);
      const [first, second] = [cdp.request(who), cdp.request(who)];
      await cdp.post(first);
      await cdp.post(second, { as: "other.example" });
      expect((await cdp.call("DELETE", `/v2/requests/${first.subject_request_id}`)).status).toBe(202);
      const theirs = `/v2/requests/${second.subject_request_id}`;
      expect((await cdp.call("GET", theirs, { as: "other.example" })).body.request_status).toBe("pending");
      later(HOUR);
      await performPending(deps);
      expect((await cdp.call("GET", theirs, { as: "other.example" })).body.request_status).toBe("completed");
      expect((await cdp.call("GET", `/v2/requests/${first.subject_request_id}`)).body.request_status).toBe(
        "cancelled",
      );
      expect(await held(who)).toEqual({ held: false });
    });

    it("when the person asked too, a caller's cancelling leaves the person's request as it is", async () => {
      const who = person();
      const { body: made } = await rights.decide(who);
      const contest = { decision: made.id, statement: "Mine." };
      const { body: own } = await rights.ask(who, "review", contest);
      const asked = cdp.request(who, { subject_request_type: "review", extensions: { [DOMAIN]: contest } });
      await cdp.post(asked);
      expect((await cdp.call("DELETE", `/v2/requests/${asked.subject_request_id}`)).status).toBe(202);
      expect((await rights.mine(who, own.id)).body.state).toBe("received");
    });
  });

  describe("what is asked", () => {
    const hash = "a".repeat(64);
    const identity = (more: object) => [
      { identity_type: "controller_customer_id", identity_value: "x", identity_format: "raw", ...more },
    ];
    it.each<[string, Record<string, unknown>, string, string]>([
      [
        "a hash",
        { subject_identities: identity({ identity_value: hash, identity_format: "sha256" }) },
        "opendsr_unsupported",
        "identity_format",
      ],
      [
        "another identity",
        { subject_identities: identity({ identity_type: "email" }) },
        "opendsr_unsupported",
        "identity_type",
      ],
      [
        "two people",
        { subject_identities: [...identity({}), ...identity({ identity_value: "y" })] },
        "opendsr_unsupported",
        "identity_ambiguous",
      ],
      ["another law", { regulation: "ccpa" }, "opendsr_unsupported", "regulation"],
      [
        "a callback elsewhere",
        { status_callback_urls: ["https://evil.example/x"] },
        "opendsr_unsupported",
        "callback",
      ],
      ["another version", { api_version: "3.0" }, "opendsr_unsupported", "api_version"],
      ["long ago", { submitted_time: "2024-01-01T00:00:00Z" }, "opendsr_unsupported", "submitted_time"],
      ["no time", { submitted_time: "today" }, "invalid_request", "invalid_request"],
      [
        "an id that is none",
        { subject_request_id: randomUUID().toUpperCase() },
        "invalid_request",
        "invalid_request",
      ],
      ["an unknown type", { subject_request_type: "sale" }, "invalid_request", "invalid_request"],
      ["nobody", { subject_identities: [] }, "invalid_request", "invalid_request"],
      [
        "a model that is none",
        { extensions: { [DOMAIN]: { model: "../x" } } },
        "invalid_request",
        "invalid_request",
      ],
    ])(
      "for %s is refused with the reason, in OpenDSR's words and in ours, without a value",
      async (_, more, code, reason) => {
        const refused = await cdp.post(cdp.request("secret-person", more));
        expect([refused.body.code, refused.status]).toEqual([code, 400]);
        expect(refused.body.error).toMatchObject({ code: 400, errors: [{ domain: DOMAIN, reason }] });
        for (const word of ["secret-person", hash, "evil.example"]) expect(refused.text).not.toContain(word);
      },
    );

    it("may leave the regulation out, name other identities beside ours, and carry others' extensions", async () => {
      const who = person();
      await rights.decide(who);
      const { regulation: _, ...asked } = cdp.request(who, {
        extensions: { "another-processor.example": { id: 1 } },
        unknown_member: true,
      });
      asked.subject_identities.push({
        identity_type: "email",
        identity_value: hash,
        identity_format: "sha256",
      });
      expect((await cdp.post(asked)).status).toBe(201);
    });

    it("by the extension reaches the rights that OpenDSR lacks, and one model alone", async () => {
      const who = person();
      const { body: made } = await rights.decide(who);
      const wrong = cdp.request(who, {
        subject_request_type: "rectification",
        extensions: { [DOMAIN]: { decision: made.id, inputs: { duration_months: 6 } } },
      });
      expect((await cdp.post(wrong)).status).toBe(201);
      const status = (await cdp.call("GET", `/v2/requests/${wrong.subject_request_id}`)).body;
      expect(status.extensions[DOMAIN]).toMatchObject({ right: "correction", state: "received" });
      const theirs = cdp.request(person(), {
        subject_request_type: "rectification",
        extensions: { [DOMAIN]: { decision: made.id, inputs: { duration_months: 6 } } },
      });
      expect((await cdp.post(theirs)).body.code).toBe("unknown_decision");
    });

    it("larger than 64 kB, or not as JSON, is refused", async () => {
      const large = cdp.request("x", { extensions: { [DOMAIN]: { statement: "a".repeat(70_000) } } });
      expect((await cdp.post(large)).body.code).toBe("body_too_large");
    });
  });

  it("a callback that fails is tried again under the outbox's own schedule, and never goes to an address that was taken off the list", async () => {
    const who = person();
    await rights.decide(who);
    const asked = cdp.request(who, { status_callback_urls: [callback] });
    await cdp.post(asked);
    await cdp.call("DELETE", `/v2/requests/${asked.subject_request_id}`);
    answer = 500;
    expect((await deliver()).waiting).toBeGreaterThan(0);
    answer = 202;
    later(6000);
    expect((await deliver()).acknowledged).toBeGreaterThan(0);
    expect(received.length).toBe(2);
    const again = cdp.request(who, { status_callback_urls: [callback] });
    await cdp.post(again);
    await cdp.call("DELETE", `/v2/requests/${again.subject_request_id}`);
    const known = deps.openDsr.callers.get("cdp.example")!;
    const openDsr = { ...deps.openDsr, callers: new Map([["cdp.example", { ...known, callbacks: [] }]]) };
    await deliverNotices(deps, { network: LOOPBACK, mail: null, openDsr }, 50);
    expect(received.length).toBe(2);
    const { body } = await service.json<{ items: object[] }>("GET", "/v1/notices?state=failed", "operator");
    expect(body.items[0]).toMatchObject({
      channel: "opendsr",
      recipient: "cdp.example",
      missed: "not_allowed",
    });
  });

  it("leaves nobody's id in the service's own log", () => {
    const said = service.logLines();
    expect(said).toContain('"route":"/v2/requests/{id}"');
    expect(said).not.toMatch(/person-\d|secret-person|cdp\.example\/callback/);
  });

  it("is not there where no caller is registered", async () => {
    const plain = await testService(database, { packages: [], keys: service.keys });
    for (const path of ["/v2/discovery", "/v2/certificate", `/v2/requests/${randomUUID()}`]) {
      const response = await plain.app.request(path);
      expect([path, response.status]).toEqual([path, 404]);
    }
    await plain.close();
  });
});
