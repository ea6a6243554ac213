import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { below, seededRandom, seedFromInteger } from "../../src/explain/random.ts";
import { freshPostgres } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

/** What is somebody else's looks as if it were not there. */
const UNKNOWN = [
  "unknown_request",
  "unknown_decision",
  "unknown_restriction",
  "unknown_copy",
  "unknown_mandate",
  "proof_level_too_low",
];
/** Calls by strangers; each is one route with one id of somebody else's. */
const TRIES = 250;

describe("whatever a stranger asks for", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database);
    rights = rightsOf(service);
  });
  afterAll(() => closeChecked(database, service));

  /** A body that every route with an id in it takes, were the id the stranger's own. */
  const bodyFor = (path: string, decision: string): object | undefined => {
    if (path.endsWith("/correction")) return { decision, inputs: { duration_months: 6 } };
    if (path.endsWith("/review")) return { decision, statement: "Mine." };
    if (path.endsWith("/explanation")) return { decision };
    if (path.endsWith("/clarification")) return { text: "Mine." };
    return {};
  };

  it("nobody else's request, decision or data is given, moved or ended, under any path", async () => {
    const random = seededRandom(seedFromInteger(8));
    const pick = <T>(items: readonly T[]): T => items[below(items.length, random)]!;
    const names = ["owner-ana", "owner-bia", "owner-caio"];
    const owned = await Promise.all(
      names.map(async (name) => {
        const { body: made } = await rights.decide(name);
        await rights.decide(name, "german-credit-logistic");
        const review = await rights.ask(name, "review", {
          decision: made.id,
          statement: `secret of ${name}`,
        });
        const objection = await rights.ask(name, "objection", {
          model: "german-credit-logistic",
          statement: `secret of ${name}`,
        });
        await rights.act(objection.body.id, "clarification", { text: `question to ${name}` });
        return { name, decision: made.id, requests: [review.body.id, objection.body.id] };
      }),
    );
    const routes = service.api.routes.filter(
      ({ path, access }) =>
        access !== "public" &&
        [access.scope].flat().includes("subject") &&
        (path.includes("{id}") || /\/(correction|review|explanation)$/.test(path)),
    );
    expect(routes.length).toBeGreaterThan(7);
    const stateOf = async (name: string) =>
      (
        await service.json<{ items: { id: string; state: string }[] }>(
          "GET",
          "/v1/me/requests",
          await rights.tokenOf(name),
        )
      ).body.items.map(({ id, state }) => [id, state]);
    const before = await Promise.all(names.map(stateOf));
    const size = (await service.deps.log.head()).size;

    for (let i = 0; i < TRIES; i++) {
      const victim = pick(owned);
      const thief = pick([...names.filter((name) => name !== victim.name), "nobody"]);
      const { method, path } = pick(routes);
      const id = pick([...victim.requests, victim.decision]);
      const token = await rights.tokenOf(thief, pick([1, 2, 3] as const));
      const body = method === "get" || method === "delete" ? undefined : bodyFor(path, victim.decision);
      const response = await service.call(
        method.toUpperCase(),
        path.replace("{id}", id).replace("{name}", "x"),
        token,
        body,
      );
      const text = await response.text();
      expect([method, path, response.status >= 403 && response.status <= 404]).toEqual([method, path, true]);
      expect(UNKNOWN).toContain(JSON.parse(text).code);
      for (const word of [victim.name, "secret", "question"]) expect(text).not.toContain(word);
    }
    expect((await service.deps.log.head()).size).toBe(size);
    expect(await Promise.all(names.map(stateOf))).toEqual(before);
  });

  it("their lists and access answers hold their own alone, and a client sees the standing of its own decisions alone", async () => {
    const { body: made } = await rights.decide("only-me");
    await rights.ask("only-me", "review", { decision: made.id, statement: "mine alone" });
    for (const path of ["/v1/me/requests", "/v1/me/restrictions", "/v1/me/decisions", "/v1/me/access"]) {
      const text = await (await service.call("GET", path, await rights.tokenOf("stranger"))).text();
      for (const word of ["only-me", "mine alone", made.id])
        expect([path, text.includes(word)]).toEqual([path, false]);
    }
    const other = { token: await service.issuer.issue("product", { subject: "p", client: "product-two" }) };
    expect((await service.call("GET", `/v1/decisions/${made.id}/standing`, other)).status).toBe(404);
    expect((await service.call("GET", `/v1/decisions/${made.id}/standing`, "product")).status).toBe(200);
  });
});
