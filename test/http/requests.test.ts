import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { preflight } from "../../src/decisions/preflight.ts";
import { refuseStopped, stopLookups } from "../../src/decisions/stops.ts";
import type { Contract } from "../../src/models/contract.ts";
import { REQUEST_RIGHTS } from "../../src/subjects/requests/rights.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

/** A Tuesday, 10:00 in São Paulo. */
const RECEIVED = new Date("2026-03-10T13:00:00Z");

describe("data-subject requests", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database);
    rights = rightsOf(service);
  });
  afterAll(() => closeChecked(database, service));
  const at = (iso: string) => {
    service.clock.now = new Date(iso);
  };
  const person = (() => {
    let number = 0;
    return () => `person-${++number}`;
  })();

  it("LGPD 18 I and 19 I, GDPR 15(1): confirmation is a yes or a no in the call, with its evidence on the log", async () => {
    service.clock.now = RECEIVED;
    const who = person();
    const none = await rights.ask(who, "confirmation", {}, 1);
    expect(none).toMatchObject({ status: 201, body: { state: "answered", result: { held: false } } });
    await rights.decide(who);
    const { body } = await rights.ask(who, "confirmation", {}, 1);
    expect(body).toMatchObject({ state: "answered", created: true, result: { held: true } });
    expect(body.clocks).toMatchObject([
      { regime: "gdpr", due: "2026-04-10" },
      { regime: "lgpd", due: null, immediate: true },
    ]);
    for (const { action, logIndex } of body.steps) {
      const record = await rights.recordAt(logIndex);
      expect(record).toMatchObject({
        kind: "request",
        right: "confirmation",
        action,
        request: body.reference,
      });
      expect(JSON.stringify(record)).not.toContain(who);
      expect(JSON.stringify(record)).not.toContain(body.id);
    }
  });

  it("LGPD 19 I: simplified access says what is held and for what, without the data", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "access_simplified", {}, 2);
    expect(body.result).toMatchObject({
      held: true,
      purposes: [{ model: "german-credit", legalBases: ["consent"], decisions: [{ id: made.id }] }],
    });
    expect(JSON.stringify(body.result)).not.toContain('"inputs"');
  });

  it("LGPD 19 II: the complete answer is due in 15 days from the request and lies at /v1/me/access", async () => {
    service.clock.now = RECEIVED;
    const who = person();
    await rights.decide(who);
    const { body } = await rights.ask(who, "access_complete");
    expect(body).toMatchObject({ state: "answered", result: { held: true, location: "/v1/me/access" } });
    expect(body.clocks).toMatchObject([
      { regime: "gdpr", due: "2026-04-10" },
      { regime: "lgpd", due: "2026-03-25" },
    ]);
  });

  it("GDPR 20, LGPD 18 V and §7: portability gives what the person gave, no score and nothing anonymised", async () => {
    const who = person();
    await rights.decide(who);
    const { body } = await rights.ask(who, "portability");
    expect(body.result).toMatchObject({
      format: "motivo-portability/v1",
      purposes: [{ model: "german-credit" }],
    });
    const text = JSON.stringify(body.result);
    expect(text).toContain('"duration_months":30');
    for (const absent of ["score", "attributions", "reasons", "range", "outcome"])
      expect(text).not.toContain(`"${absent}"`);
  });

  it("GDPR 15(1)(h), LGPD 20 §1: an explanation is the stored one, with criteria and procedure", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "explanation", { decision: made.id }, 2);
    expect(body.result).toMatchObject({ decision: made.id, score: made.score, outcome: made.outcome });
    expect(body.result).toHaveProperty("procedure.criteria");
    expect(body.result).toHaveProperty("model.digests.model");
  });

  it("GDPR 15(1)(c), LGPD 18 VII: recipients are the clients, and who opened it for what", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    await service.call("GET", `/v1/audit/decisions/${made.id}`, "auditor");
    const { body } = await rights.ask(who, "recipients", {}, 2);
    expect(body.result).toMatchObject({
      purposes: [{ model: "german-credit", clients: ["product-one"], opened: ["auditor: audit"] }],
    });
  });

  it("GDPR 18, LGPD 18 IV: while data is restricted no decision is made, until the person or the operator lifts it", async () => {
    const who = person();
    await rights.decide(who);
    const { body } = await rights.ask(who, "restriction", { because: "accuracy_contested" }, 2);
    expect(body).toMatchObject({ state: "answered", result: { stopped: ["german-credit"] } });
    expect(await rights.decide(who)).toMatchObject({ status: 409, body: { code: "processing_restricted" } });
    expect((await rights.decide(person())).status).toBe(201);
    const stranger = await rights.tokenOf(person());
    expect((await service.call("DELETE", `/v1/me/restrictions/${body.id}`, stranger)).status).toBe(404);
    expect(await rights.act(body.id, "lift", { text: "The figures were checked." })).toMatchObject({
      status: 200,
    });
    expect((await rights.decide(who)).status).toBe(201);
    const { body: after } = await rights.mine(who, body.id);
    expect(after.steps.at(-1)).toMatchObject({
      action: "lift",
      by: "operator",
      text: "The figures were checked.",
    });
    expect(await rights.act(body.id, "lift", { text: "Again." })).toMatchObject({
      status: 404,
      body: { code: "unknown_restriction" },
    });
  });

  it("GDPR 21(1), LGPD 18 §2: an objection stops the purpose at once, and a refusal with compelling grounds lets it go on", async () => {
    const who = person();
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "objection", { statement: "I object." }, 2);
    expect(body).toMatchObject({ state: "received" });
    expect(await rights.decide(who, "german-credit-logistic")).toMatchObject({
      status: 409,
      body: { code: "purpose_objected" },
    });
    expect((await rights.decide(who, "german-credit")).status).toBe(201);
    expect(await rights.act(body.id, "refuse", { ground: "legal_claims", text: "No." })).toMatchObject({
      status: 409,
      body: { code: "ground_not_applicable" },
    });
    const { status } = await rights.act(body.id, "refuse", { ground: "compelling_grounds", text: "Fraud." });
    expect(status).toBe(200);
    expect((await rights.decide(who, "german-credit-logistic")).status).toBe(201);
    const { body: refused } = await rights.mine(who, body.id);
    const last = refused.steps.at(-1)!;
    expect(last).toMatchObject({
      action: "refuse",
      ground: "compelling_grounds",
      articles: ["LGPD 18 §2", "GDPR 21(1)"],
    });
    expect(await rights.recordAt(last.logIndex)).toMatchObject({
      kind: "refusal",
      ground: "compelling_grounds",
      articles: ["LGPD 18 §2", "GDPR 21(1)"],
      remedies: ["LGPD 18 §1 and §8", "GDPR 77 and 79"],
    });
  });

  it("GDPR 21(1): granted, an objection keeps the purpose stopped until the person takes it back", async () => {
    const who = person();
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "objection", { statement: "I object." }, 2);
    expect((await rights.act(body.id, "answer", { text: "We stop." })).body.state).toBe("answered");
    expect((await rights.decide(who, "german-credit-logistic")).body.code).toBe("purpose_objected");
    // Nobody else gives it back.
    expect((await rights.act(body.id, "lift", { text: "Business." })).body.code).toBe("unknown_restriction");
    const mine = await rights.tokenOf(who);
    expect((await service.json("GET", "/v1/me/restrictions", mine)).body).toMatchObject({
      items: [{ kind: "objection", model: "german-credit-logistic", request: body.id }],
    });
    expect((await service.call("DELETE", `/v1/me/restrictions/${body.id}`, mine)).status).toBe(200);
    expect((await rights.decide(who, "german-credit-logistic")).status).toBe(201);
  });

  it("GDPR 21(1): over data on consent there is nothing to object to, and the refusal says which article", async () => {
    const who = person();
    await rights.decide(who);
    const { status, body } = await rights.ask(who, "objection", { statement: "I object." }, 2);
    expect(status).toBe(201);
    expect(body).toMatchObject({ state: "refused" });
    expect(body.steps.at(-1)).toMatchObject({ ground: "basis", articles: ["LGPD 18 §2", "GDPR 21(1)"] });
    expect((await rights.decide(who)).status).toBe(201);
  });

  it("LGPD 8 §5 and 18 IX, GDPR 7(3): consent is revoked at the lowest proof, and stops what rests on it alone", async () => {
    const who = person();
    await rights.decide(who);
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "consent_revocation", {}, 1);
    expect(body).toMatchObject({ state: "answered", result: { stopped: ["german-credit"] } });
    expect((await rights.decide(who)).body.code).toBe("consent_revoked");
    expect((await rights.decide(who, "german-credit-logistic")).status).toBe(201);
    const token = await rights.tokenOf(who);
    const access = await service.json<{ purposes: { model: string }[] }>("GET", "/v1/me/access", token);
    expect(access.body.purposes.map(({ model }) => model).sort()).toEqual([
      "german-credit",
      "german-credit-logistic",
    ]);
  });

  it("GDPR 18(2), 21(1): a new version of the model does not get around what was stopped; one without consent needs none", async () => {
    const who = person();
    await rights.decide(who);
    const { contract } = await service.deps.models.published("german-credit", 1);
    const renamed: Contract = {
      ...contract,
      retentions: { anew: Object.values(contract.retentions)[0]! },
      features: contract.features.map((feature) => ({ ...feature, retention: "anew" })),
    };
    const [consent] = Object.keys(contract.bases);
    const other = { ...contract.bases[consent!]!, kind: "legitimate_interests" as const };
    const unconsented: Contract = { ...renamed, bases: { ...contract.bases, [consent!]: other } };
    const refuse = async (contract: Contract, subject: string) => {
      const stops = stopLookups(service.deps, contract.name, subject);
      const stood = await preflight(service.deps, { stops, person: [], claim: [] });
      refuseStopped(contract, stood.stops);
    };
    await refuse(renamed, who);
    await rights.ask(who, "consent_revocation");
    await expect(refuse(renamed, who)).rejects.toMatchObject({
      code: "consent_revoked",
    });
    await refuse(unconsented, who);
    await rights.ask(who, "restriction", { because: "unlawful" });
    await expect(refuse(unconsented, who)).rejects.toMatchObject({
      code: "processing_restricted",
    });
  });

  it("LGPD 18 VI, GDPR 17(1)(b): on request a revocation erases what rested on the consent, at the highest proof", async () => {
    const who = person();
    await rights.decide(who);
    await rights.decide(who, "german-credit-logistic");
    expect((await rights.ask(who, "consent_revocation", { erase: true }, 2)).body.code).toBe(
      "proof_level_too_low",
    );
    const { body } = await rights.ask(who, "consent_revocation", { erase: true });
    expect(body).toMatchObject({ state: "answered", result: { erased: [{ model: "german-credit" }] } });
    expect((await rights.decide(who)).body.code).toBe("consent_revoked");
    const token = await rights.tokenOf(who);
    const access = await service.json<{ purposes: { model: string }[] }>("GET", "/v1/me/access", token);
    expect(access.body.purposes.map(({ model }) => model)).toEqual(["german-credit-logistic"]);
  });

  it("LGPD 18 IV and VI, GDPR 17: erases by purpose, ends open reviews of what went, and outlives the erasure", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    await rights.decide(who, "german-credit-logistic");
    const review = await rights.ask(who, "review", { decision: made.id, statement: "I disagree." });
    const { body } = await rights.ask(who, "erasure");
    expect(body).toMatchObject({
      state: "answered",
      result: {
        erased: [{ model: "german-credit" }],
        refused: [{ model: "german-credit-logistic", article: "LGPD 7 X" }],
      },
    });
    expect((await rights.mine(who, review.body.id)).body.state).toBe("cancelled");
    expect((await rights.mine(who, body.id)).body).toMatchObject({ state: "answered", right: "erasure" });
    expect((await rights.ask(who, "explanation", { decision: made.id })).body.code).toBe("unknown_decision");
  });

  it("LGPD 16, GDPR 17(3): where every basis lets the controller keep it, refuses with the article", async () => {
    const who = person();
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "erasure");
    expect(body).toMatchObject({ state: "refused" });
    expect(body.steps.at(-1)).toMatchObject({ ground: "kept_by_law", articles: ["LGPD 7 X"] });
  });

  it("LGPD 19 II: where nothing is held, a right over data is refused for want of a record", async () => {
    const { body } = await rights.ask(person(), "portability");
    expect(body).toMatchObject({ state: "refused" });
    expect(body.steps.at(-1)).toMatchObject({ ground: "no_record", articles: ["LGPD 19 II", "GDPR 15(1)"] });
  });

  it("GDPR 12(3): an extension is told within the first month, its rolled-over last day included", async () => {
    // Received on 30 March 2026; one month on is Thursday 30 April.
    at("2026-03-30T13:00:00Z");
    const who = person();
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "review", { decision: made.id, statement: "Why?" });
    expect(body.due).toBe("2026-04-30");
    at("2026-05-01T02:00:00Z");
    const extended = await rights.act(body.id, "extend", { text: "Several cases at once." });
    expect(extended.body).toMatchObject({ state: "extended", due: "2026-06-30" });
    expect(extended.body.clocks[0]!.calendar).toMatch(/^date-holidays [\d.]+ BR$/);
    expect(await rights.act(body.id, "extend", { text: "More." })).toMatchObject({
      status: 409,
      body: { code: "illegal_transition", state: "extended", action: "extend" },
    });

    at("2026-03-30T13:00:00Z");
    const { body: other } = await rights.decide(who);
    const late = await rights.ask(who, "review", { decision: other.id, statement: "Why?" });
    at("2026-05-01T04:00:00Z");
    expect(await rights.act(late.body.id, "extend", { text: "Late." })).toMatchObject({
      status: 409,
      body: { code: "extension_too_late" },
    });
  });

  it("GDPR 12(6): nothing is answered while it is in doubt who asks, and the person dispels the doubt", async () => {
    at("2026-03-10T13:00:00Z");
    const who = person();
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "objection", { statement: "I object." }, 2);
    const doubted = await rights.act(body.id, "identity", { text: "Two people have this name." });
    expect(doubted.body).toMatchObject({ state: "identity_pending", due: null });
    expect((await rights.act(body.id, "answer", { text: "Granted." })).body.code).toBe("illegal_transition");
    const confirm = async (proof: 2 | 3) =>
      service.json<{ state: string; due: string; code?: string }>(
        "POST",
        `/v1/me/requests/${body.id}/identity`,
        await rights.tokenOf(who, proof),
        {},
      );
    expect((await confirm(2)).body.code).toBe("proof_level_too_low");
    at("2026-03-15T13:00:00Z");
    // Pausing (EDPB) makes five days more; starting anew (ICO) would make it 15 April.
    expect((await confirm(3)).body).toMatchObject({ state: "in_progress", due: "2026-04-15" });
  });

  it("GDPR recital 63: a clarification that is asked for stops the clock, in whole local days", async () => {
    at("2026-03-10T13:00:00Z");
    const who = person();
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "review", { decision: made.id, statement: "Why?" });
    expect((await rights.act(body.id, "clarification", { text: "Which part?" })).body).toMatchObject({
      state: "clarification_pending",
      due: null,
    });
    at("2026-03-13T13:00:00Z");
    const answered = await service.json<{ state: string; due: string }>(
      "POST",
      `/v1/me/requests/${body.id}/clarification`,
      await rights.tokenOf(who),
      { text: "The amount." },
    );
    expect(answered.body).toMatchObject({ state: "in_progress", due: "2026-04-13" });
  });

  it("LGPD 18 §5: where no law sets a day the controller's own aim is shown as such", async () => {
    at("2026-03-10T13:00:00Z");
    const who = person();
    await rights.decide(who, "german-credit-logistic");
    const { body } = await rights.ask(who, "objection", { statement: "No." }, 2);
    const lgpd = body.clocks.find(({ regime }) => regime === "lgpd")!;
    expect(lgpd).toMatchObject({ due: null, target: "2026-03-25" });
    expect(lgpd.rule).toContain("no period in the law");
  });

  it("asked again while open is the same request, and a stranger to neither", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    const asked = { decision: made.id, statement: "Why?" };
    const before = (await service.deps.log.head()).size;
    const both = await Promise.all([rights.ask(who, "review", asked), rights.ask(who, "review", asked)]);
    expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
    const again = await rights.ask(who, "review", asked);
    expect(again).toMatchObject({ status: 200, body: { id: both[0]!.body.id, created: false } });
    expect((await service.deps.log.head()).size).toBeLessThanOrEqual(before + 3);
    const other = await rights.ask(person(), "review", asked);
    expect(other).toMatchObject({ status: 404, body: { code: "unknown_decision" } });
    await service.call("POST", `/v1/me/requests/${again.body.id}/cancel`, await rights.tokenOf(who), {});
    expect((await rights.ask(who, "review", asked)).body.id).not.toBe(again.body.id);
  });

  it("moves nothing once it is closed", async () => {
    const who = person();
    const { body } = await rights.ask(who, "confirmation", {}, 1);
    for (const [step, words] of [
      ["start", {}],
      ["identity", { text: "Who?" }],
      ["clarification", { text: "What?" }],
      ["extend", { text: "Later." }],
      ["refuse", { ground: "excessive", text: "No." }],
    ] as const)
      expect([step, (await rights.act(body.id, step, words)).body.code]).toEqual([
        step,
        "illegal_transition",
      ]);
  });

  it("stands in the operator's list by the day on which it is due, without anybody's words", async () => {
    const { body } = await service.json<{ items: { due: string | null; state: string }[] }>(
      "GET",
      "/v1/requests",
      "operator",
    );
    const due = body.items.map((item) => item.due ?? "9999");
    expect(due.length).toBeGreaterThan(3);
    expect(due).toEqual(due.toSorted());
    expect(JSON.stringify(body)).not.toMatch(/person-|I object|Why/);
  });

  it("LGPD 18 §3: what came by letter is taken down by an operator, who states the evidence of who asked", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    const letter = {
      subject: who,
      evidence: "Letter of 2 March with a notarised signature.",
      asked: { decision: made.id, statement: "Please look again." },
    };
    const taken = await service.json<{ id: string }>("POST", "/v1/requests/review", "operator", letter);
    expect(taken).toMatchObject({ status: 201, body: { right: "review", state: "received" } });
    expect((await service.json("POST", "/v1/requests/review", "operator", letter)).status).toBe(200);
    const { body } = await rights.mine(who, taken.body.id);
    expect(body.steps[0]).toMatchObject({ action: "receive", by: "operator", text: letter.evidence });
    const record = await rights.recordAt(body.steps[0]!.logIndex);
    expect(record).toMatchObject({ by: "operator", proof: 3 });
    expect(record!.actor).toMatch(/^[0-9a-f]{16}$/);
    const other = person();
    await rights.decide(other);
    const another = await service.json("POST", "/v1/requests/review", "operator", {
      ...letter,
      subject: other,
    });
    expect(another.body).toMatchObject({ code: "unknown_decision" });
  });

  it("read by an operator leaves a trace that names its reference", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "review", { decision: made.id, statement: "Unfair." });
    const read = await service.json<{ subject: string; asked: { statement: string } }>(
      "GET",
      `/v1/requests/${body.id}`,
      "operator",
    );
    expect(read.body).toMatchObject({ subject: who, asked: { statement: "Unfair." } });
    const records = await rights.records();
    expect(records.filter(({ kind }) => kind === "access").at(-1)).toMatchObject({
      role: "operator",
      what: "request",
      request: body.reference,
    });
  });

  it("of no right is reachable below its proof level, its duplicate, its reading and its steps included", async () => {
    const who = person();
    const { body: made } = await rights.decide(who);
    await rights.decide(who, "german-credit-logistic");
    const bodies: Record<string, Record<string, unknown>> = {
      correction: { decision: made.id, inputs: { duration_months: 12 } },
      review: { decision: made.id, statement: "Why?" },
      explanation: { decision: made.id },
      restriction: { because: "unlawful", model: "german-credit-logistic" },
      objection: { statement: "No.", model: "german-credit-logistic" },
    };
    const LEVELS = {
      consent_revocation: 1,
      confirmation: 1,
      erasure: 3,
      access_complete: 3,
      portability: 3,
      correction: 3,
    };
    for (const right of REQUEST_RIGHTS.filter((each) => each !== "erasure")) {
      const level = (LEVELS as Record<string, 1 | 2 | 3>)[right] ?? 2;
      const open = await rights.ask(who, right, bodies[right] ?? {}, 3);
      expect([right, open.body.code]).toEqual([right, undefined]);
      for (const proof of [1, 2] as const) {
        const refused = proof < level;
        const again = await rights.ask(who, right, bodies[right] ?? {}, proof);
        expect([right, proof, again.body.code === "proof_level_too_low"]).toEqual([right, proof, refused]);
        const read = await rights.mine(who, open.body.id, proof);
        expect([right, proof, read.body.code === "proof_level_too_low"]).toEqual([right, proof, refused]);
        const token = await rights.tokenOf(who, proof);
        const cancel = await service.json("POST", `/v1/me/requests/${open.body.id}/cancel`, token, {});
        if (refused) expect([right, proof, cancel.body.code]).toEqual([right, proof, "proof_level_too_low"]);
      }
    }
    expect((await rights.ask(who, "erasure", {}, 2)).body.code).toBe("proof_level_too_low");
  });
});
