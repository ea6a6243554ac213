import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { mandate } from "../../src/db/tables.ts";
import { below, seededRandom, seedFromInteger } from "../../src/explain/random.ts";
import { closeEpoch } from "../../src/subjects/close-epoch.ts";
import { forgetMandates } from "../../src/subjects/mandates/record-mandate.ts";
import { PROOF_OF, REQUEST_RIGHTS, type RequestRight } from "../../src/subjects/requests/rights.ts";
import { freshPostgres } from "../support/databases.ts";
import { type Rights, rightsOf, type ToldRequest } from "../support/rights.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

const EVIDENCE = { sha256: "5e".repeat(32), note: "Power of attorney, file 2026-17" };
const UNTIL = "2026-12-31";

interface ToldMandate {
  id: string;
  reference: string;
  inForce: boolean;
  representative: string;
  person: string;
  uses: { at: string; what: string }[];
  revoked: { by: string } | null;
  code?: string;
}

describe("a representative with a recorded mandate (LGPD 18 §3)", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  let number = 0;
  let person = "";
  let lawyer = "";
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database);
    rights = rightsOf(service);
  });
  beforeEach(() => {
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    person = `owner-${++number}`;
    lawyer = `advogada-${number}`;
  });
  afterAll(() => closeChecked(database, service));
  const record = (more: object = {}) =>
    service.json<ToldMandate>("POST", "/v1/mandates", "operator", {
      person,
      representative: lawyer,
      rights: ["review", "access_simplified"],
      until: UNTIL,
      evidence: EVIDENCE,
      ...more,
    });
  const under = async (
    method: string,
    path: string,
    id: string,
    { as = lawyer, proof = 3 as 1 | 2 | 3, body }: { as?: string; proof?: 1 | 2 | 3; body?: object } = {},
  ) => {
    const response = await service.call(method, path, await rights.tokenOf(as, proof), body, {
      "motivo-mandate": id,
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      body: JSON.parse(text) as ToldRequest & { items: ToldRequest[] },
    };
  };
  const mandates = async (who: string) =>
    (
      await service.json<{ given: ToldMandate[]; held: ToldMandate[] }>(
        "GET",
        "/v1/me/mandates",
        await rights.tokenOf(who),
      )
    ).body;

  it("is recorded on evidence, of which the log has the rights and the last day, and nobody's name", async () => {
    const made = await record();
    expect(made.status).toBe(201);
    const entry = (await rights.records()).findLast(({ action }) => action === "mandate_recorded")!;
    expect(entry).toMatchObject({
      kind: "request",
      mandate: made.body.reference,
      by: "operator",
      rights: ["review", "access_simplified"],
      until: UNTIL,
    });
    expect(entry.actor).toMatch(/^[0-9a-f]{16}$/);
    const text = JSON.stringify(await rights.records());
    for (const word of [person, lawyer, EVIDENCE.sha256, "attorney", made.body.id])
      expect([word, text.includes(word)]).toEqual([word, false]);
    const rows = JSON.stringify(await database.db.select().from(mandate));
    for (const word of [person, lawyer, EVIDENCE.sha256]) expect(rows).not.toContain(word);
  });

  it.each([
    { until: "2026-03-09" },
    { until: "2031-03-11" },
    { until: "soon" },
    { rights: [] },
    { rights: ["everything"] },
    { evidence: { sha256: "00", note: "x" } },
    { evidence: undefined },
  ])("is not recorded with %j", async (more) => {
    expect((await record(more)).body.code).toBe("invalid_request");
    expect((await record({ representative: person })).body.code).toBe("invalid_request");
  });

  it("acts for the person within it; the request is the person's, who reads who asked, and when the mandate was used", async () => {
    const { body: decided } = await rights.decide(person);
    const { body: made } = await record();
    const asked = { decision: decided.id, statement: "My client contests this." };
    const review = await under("POST", "/v1/me/requests/review", made.id, { body: asked });
    expect([review.status, review.body.state]).toEqual([201, "received"]);
    const own = await rights.mine(person, review.body.id);
    expect(own.body.steps[0]).toMatchObject({ action: "receive", by: "representative", who: lawyer });
    const stored = await rights.recordAt(own.body.steps[0]!.logIndex);
    expect(stored).toMatchObject({ by: "representative", right: "review" });
    expect(JSON.stringify(stored)).not.toMatch(/advogada|owner/);
    const again = await under("GET", `/v1/me/requests/${review.body.id}`, made.id);
    expect(again.body.id).toBe(review.body.id);
    const cancelled = await under("POST", `/v1/me/requests/${review.body.id}/cancel`, made.id, { body: {} });
    expect(cancelled.body.steps.at(-1)).toMatchObject({
      action: "cancel",
      by: "representative",
      who: lawyer,
    });
    const { given } = await mandates(person);
    expect(given).toMatchObject([{ representative: lawyer, inForce: true, evidence: EVIDENCE }]);
    expect(given[0]!.uses.map(({ what }) => what)).toEqual([
      "POST /v1/me/requests/review",
      "GET /v1/me/requests/{id}",
      "POST /v1/me/requests/{id}/cancel",
    ]);
    expect((await mandates(lawyer)).held).toMatchObject([{ person, inForce: true }]);
  });

  it("sees of the person what it names, and nothing beside it", async () => {
    const { body: decided } = await rights.decide(person);
    await rights.ask(person, "objection", { statement: "private words" });
    const { body: contested } = await rights.ask(person, "review", { decision: decided.id, statement: "x" });
    const { body: made } = await record();
    const list = await under("GET", "/v1/me/requests", made.id);
    expect(list.body.items.map(({ right }) => right)).toEqual(["review"]);
    expect((await under("GET", `/v1/me/requests/${contested.id}`, made.id)).status).toBe(200);
    for (const path of ["/v1/me/decisions", "/v1/me/access", "/v1/me/copies"])
      expect((await under("GET", path, made.id)).body.code).toBe("mandate_out_of_scope");
    for (const path of ["/v1/me/mandates", "/v1/me/restrictions"])
      expect((await under("GET", path, made.id)).body.code).toBe("mandate_not_accepted");
    const { body: whole } = await record({ rights: ["access_complete"] });
    expect((await under("GET", "/v1/me/access", whole.id)).text).toContain(decided.id);
    expect((await under("GET", "/v1/me/access", whole.id, { proof: 2 })).body.code).toBe(
      "proof_level_too_low",
    );
  });

  it("revokes a consent and erases on it only with both in the mandate", async () => {
    await rights.decide(person);
    const { body: made } = await record({ rights: ["consent_revocation"] });
    const erase = { body: { erase: true } };
    const refused = await under("POST", "/v1/me/requests/consent_revocation", made.id, erase);
    expect(refused.body.code).toBe("mandate_out_of_scope");
    const { body: both } = await record({ rights: ["consent_revocation", "erasure"] });
    expect((await under("DELETE", "/v1/me", made.id)).body.code).toBe("mandate_out_of_scope");
    expect((await under("POST", "/v1/me/requests/consent_revocation", both.id, erase)).status).toBe(201);
    expect((await rights.ask(person, "confirmation", {}, 1)).body.result).toEqual({ held: false });
  });

  it("is over when either side or an operator ends it, and after its last day, from that moment on", async () => {
    await rights.decide(person);
    const ask = (id: string) => under("POST", "/v1/me/requests/access_simplified", id, { body: {} });
    const enders: [string, string, "operator" | { token: string }][] = [
      ["person", "/v1/me/mandates", await rights.tokenOf(person, 2)],
      ["representative", "/v1/me/mandates", await rights.tokenOf(lawyer, 2)],
      ["operator", "/v1/mandates", "operator"],
    ];
    for (const [by, path, as] of enders) {
      const { body: made } = await record();
      expect((await ask(made.id)).status).toBe(201);
      const ended = await service.json<ToldMandate>("DELETE", `${path}/${made.id}`, as);
      expect(ended.body).toMatchObject({ inForce: false, revoked: { by } });
      expect((await ask(made.id)).body.code).toBe("unknown_mandate");
      expect((await service.json("DELETE", `${path}/${made.id}`, as)).body).toMatchObject({
        code: "unknown_mandate",
      });
      const entry = (await rights.records()).findLast(({ action }) => action === "mandate_revoked");
      expect(entry).toMatchObject({ mandate: made.reference, by });
    }
    const { body: made } = await record({ until: "2026-03-12" });
    service.clock.now = new Date("2026-03-13T02:59:00Z");
    expect((await ask(made.id)).status).toBe(201);
    service.clock.now = new Date("2026-03-13T03:01:00Z");
    expect((await ask(made.id)).body.code).toBe("unknown_mandate");
  });

  it("outlives the closing of an epoch, and is forgotten when its days are over", async () => {
    const { body: made } = await record();
    await closeEpoch(service.deps);
    expect((await mandates(person)).given).toMatchObject([{ id: made.id, inForce: true }]);
    expect((await under("GET", "/v1/me/requests", made.id)).status).toBe(200);
    const found = await service.json<{ items: ToldMandate[] }>("POST", "/v1/mandates/find", "operator", {
      person,
    });
    expect(found.body.items).toMatchObject([{ id: made.id, representative: lawyer, person }]);
    service.clock.now = new Date("2027-12-31T00:00:00Z");
    await forgetMandates(rights.deps);
    expect((await mandates(person)).given).toHaveLength(1);
    service.clock.now = new Date("2028-01-02T00:00:00Z");
    expect(await forgetMandates(rights.deps)).toBeGreaterThan(0);
    expect((await mandates(person)).given).toEqual([]);
  });

  it("opens nobody else's anything: every route under every kind of mandate that does not fit (property)", async () => {
    const random = seededRandom(seedFromInteger(18));
    const pick = <T>(items: readonly T[]): T => items[below(items.length, random)]!;
    const bystander = `owner-bystander-${number}`;
    const secret = `secret-of-${person}`;
    const { body: decided } = await rights.decide(person);
    await rights.decide(bystander);
    const own = await rights.ask(person, "review", { decision: decided.id, statement: secret });
    const all = { rights: [...REQUEST_RIGHTS] };
    const { body: good } = await record(all);
    const { body: ended } = await record(all);
    await service.call("DELETE", `/v1/mandates/${ended.id}`, "operator");
    const { body: over } = await record({ ...all, until: "2026-03-10" });
    const { body: others } = await record({ ...all, person: bystander });
    service.clock.now = new Date("2026-03-12T13:00:00Z");
    const size = (await service.deps.log.head()).size;
    const routes = service.api.routes.filter(
      ({ access }) => access !== "public" && [access.scope].flat().includes("subject"),
    );
    expect(routes.length).toBeGreaterThan(20);
    const REFUSED = [
      "unknown_mandate",
      "mandate_not_accepted",
      "mandate_out_of_scope",
      "proof_level_too_low",
      "forbidden",
    ];
    for (let i = 0; i < 250; i++) {
      const { method, path } = pick(routes);
      const id = pick([own.body.id, decided.id]);
      // Somebody else's mandate, one that is over, one made up; or a good one in hands that it does not name.
      const [as, held] = pick([
        [lawyer, ended.id],
        [lawyer, over.id],
        [lawyer, "00000000-0000-4000-8000-000000000000"],
        [lawyer, "nonsense"],
        [bystander, good.id],
        [person, good.id],
        ["nobody", others.id],
      ] as const);
      const body =
        method === "get" || method === "delete" ? undefined : { decision: decided.id, statement: "x" };
      const asked = { as, proof: pick([1, 2, 3] as const), ...(body ? { body } : {}) };
      const { text, status } = await under(
        method.toUpperCase(),
        path.replace("{id}", id).replace("{name}", "x"),
        held,
        asked,
      );
      expect([method, path, held, REFUSED.includes(JSON.parse(text).code), status >= 403]).toEqual([
        method,
        path,
        held,
        true,
        true,
      ]);
      for (const word of [person, secret]) expect(text).not.toContain(word);
    }
    // Under a mandate of another person the lawyer sees that person, and nothing of this one.
    for (const { method, path } of routes.filter((each) => each.method === "get")) {
      const { text } = await under(
        method.toUpperCase(),
        path.replace("{id}", own.body.id).replace("{name}", "x"),
        others.id,
      );
      for (const word of [`${person}"`, secret, decided.id])
        expect([path, text.includes(word)]).toEqual([path, false]);
    }
    const after = await rights.mine(person, own.body.id);
    expect(after.body.state).toBe("received");
    expect((await mandates(person)).given.flatMap(({ uses }) => uses)).toEqual([]);
    expect((await service.deps.log.head()).size).toBeGreaterThanOrEqual(size);
  });

  it("lowers no level: every right at every proof level, asked first, asked again while open and after, by the person and under a mandate that names it or not (property)", async () => {
    const { body: decided } = await rights.decide(person);
    await rights.decide(person, "german-credit-logistic");
    const bodies: Partial<Record<RequestRight, Record<string, unknown>>> = {
      correction: { decision: decided.id, inputs: { duration_months: 12 } },
      review: { decision: decided.id, statement: "Why?" },
      explanation: { decision: decided.id },
      restriction: { because: "unlawful", model: "german-credit-logistic" },
      objection: { statement: "No.", model: "german-credit-logistic" },
    };
    // Erasure last: nothing would be left to ask about.
    const order = [...REQUEST_RIGHTS].sort((a, b) => Number(a === "erasure") - Number(b === "erasure"));
    const { body: empty } = await record({ rights: ["confirmation"] });
    for (const right of order) {
      const { body: named } = await record({ rights: [right] });
      const path = `/v1/me/requests/${right}`;
      const body = bodies[right] ?? {};
      for (const round of ["first", "again", "after"] as const) {
        for (const proof of [1, 2, 3] as const) {
          const level = PROOF_OF[right];
          const mine = proof < level || proof === level ? await rights.ask(person, right, body, proof) : null;
          const code = mine?.body.code;
          if (mine)
            expect([right, round, proof, code === "proof_level_too_low"]).toEqual([
              right,
              round,
              proof,
              proof < level,
            ]);
          const theirs = await under("POST", path, named.id, { proof, body });
          expect([right, round, proof, theirs.body.code === "proof_level_too_low"]).toEqual([
            right,
            round,
            proof,
            proof < level,
          ]);
          if (right === "confirmation") continue;
          const out = await under("POST", path, empty.id, { proof, body });
          expect([right, round, proof, out.body.code]).toEqual([
            right,
            round,
            proof,
            proof < level ? "proof_level_too_low" : "mandate_out_of_scope",
          ]);
        }
      }
    }
    const left = await service.call("GET", "/v1/me/decisions", await rights.tokenOf(person));
    expect(await left.text()).not.toContain(decided.id);
  });
});
