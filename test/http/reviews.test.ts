import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, type TestService, testService } from "../support/service.ts";

interface File {
  request: { asked: { statement: string } };
  decision: { inputs: Record<string, unknown>; decision: { reasons: unknown[] } };
  outcomes: { code: string }[];
}

describe("a review (LGPD 20, GDPR 22(3))", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database);
    rights = rightsOf(service);
  });
  afterAll(() => closeChecked(database, service));
  const later = (seconds: number) => {
    service.clock.now = new Date((service.clock.now ?? new Date()).getTime() + seconds * 1000);
  };
  const contest = async (who: string) => {
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, "review", { decision: made.id, statement: "I pay on time." }, 2);
    return { made, id: body.id };
  };
  const open = (id: string, as: "reviewer" | { token: string } = "reviewer") =>
    service.json<File & { code?: string }>("GET", `/v1/reviews/${id}`, as);
  const conclude = (id: string, body: object, as: "reviewer" | { token: string } = "reviewer") =>
    service.json("POST", `/v1/reviews/${id}/outcome`, as, body);

  it("shows the reviewer the person's view, the actual inputs and the whole explanation, and leaves a trace", async () => {
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    const { made, id } = await contest("ana");
    const { status, body: file } = await open(id);
    expect(status).toBe(200);
    expect(file.request.asked.statement).toBe("I pay on time.");
    expect(file.decision.inputs).toMatchObject({ duration_months: 30 });
    expect(file.decision.decision.reasons.length).toBeGreaterThan(0);
    expect(file.outcomes.map(({ code }) => code)).toContain(made.outcome);
    const access = await service.json<{
      purposes: { opened: { role: string; purpose: string; what: string }[] }[];
    }>("GET", "/v1/me/access", await rights.tokenOf("ana"));
    expect(access.body.purposes[0]!.opened).toContainEqual(
      expect.objectContaining({
        role: "reviewer",
        purpose: "review",
        what: "personal-data",
        decision: made.id,
      }),
    );
  });

  it("changes the outcome with grounds, on the record, without rewriting the decision", async () => {
    const { made, id } = await contest("bia");
    await open(id);
    const before = await (await service.call("GET", `/v1/decisions/${made.id}`, "product")).text();
    later(300);
    const other = made.outcome === "refused" ? "approved" : "refused";
    const same = await conclude(id, { result: "changed", outcome: made.outcome, grounds: "No." });
    expect(same).toMatchObject({ status: 422, body: { code: "unknown_outcome" } });
    const { body: file } = await open(id);
    const outcome = file.outcomes.map(({ code }) => code).find((code) => code !== made.outcome) ?? other;
    const done = await conclude(id, {
      result: "changed",
      outcome,
      grounds: "The late payment was a bank's error.",
    });
    expect(done).toMatchObject({ status: 200, body: { state: "answered" } });
    expect(await (await service.call("GET", `/v1/decisions/${made.id}`, "product")).text()).toBe(before);
    expect((await service.json("GET", `/v1/decisions/${made.id}/standing`, "product")).body).toMatchObject({
      decided: made.outcome,
      outcome,
      supersededBy: { kind: "review", outcome, decision: null },
    });
    const review = (await rights.records()).find(({ kind }) => kind === "review");
    expect(review).toMatchObject({ decision: made.id, result: "changed", outcome, seconds: 300 });
    expect(review!.reviewer).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(review)).not.toContain("bank");
    const mine = await rights.mine("bia", id);
    expect(mine.body.steps.at(-1)).toMatchObject({
      by: "reviewer",
      text: "The late payment was a bank's error.",
    });
    expect(mine.body.outcome).toEqual({ result: "changed", outcome });
  });

  it("annuls: then nothing stands, and there is nothing left to contest", async () => {
    const { made, id } = await contest("caio");
    await open(id);
    expect(
      (await conclude(id, { result: "annulled", grounds: "The inputs were another person's." })).status,
    ).toBe(200);
    expect((await service.json("GET", `/v1/decisions/${made.id}/standing`, "product")).body).toMatchObject({
      outcome: null,
    });
    expect((await rights.ask("caio", "review", { decision: made.id, statement: "Again." })).body.code).toBe(
      "decision_superseded",
    );
    expect((await conclude(id, { result: "upheld", grounds: "Twice." })).body.code).toBe("unknown_review");
    const seen = await service.json("GET", `/v1/decisions/${made.id}/standing`, "auditor");
    expect(seen.body).toMatchObject({ outcome: null, supersededBy: { kind: "review" } });
  });

  it("is not concluded by somebody who has not opened the file, nor by an operator's answer", async () => {
    const { id } = await contest("davi");
    await open(id);
    const second = { token: await service.issuer.issue("reviewer", { subject: "reviewer-two" }) };
    expect(await conclude(id, { result: "upheld", grounds: "As usual." }, second)).toMatchObject({
      status: 409,
      body: { code: "review_not_opened" },
    });
    expect((await rights.act(id, "answer", { text: "Fine." })).body.code).toBe("human_answer_needed");
  });

  it("ends with the erasure of its decision", async () => {
    const { id } = await contest("eva");
    await service.call("DELETE", "/v1/me", await rights.tokenOf("eva"));
    expect((await open(id)).body.code).toBe("unknown_review");
  });

  it("counts each reviewer's time and overrides, and flags ten upheld in a row in less time than a file takes to read", async () => {
    const stamping = { token: await service.issuer.issue("reviewer", { subject: "stamp" }) };
    const reading = { token: await service.issuer.issue("reviewer", { subject: "reader" }) };
    const files: string[] = [];
    for (let i = 0; i < 10; i++) files.push((await contest(`p${i}`)).id, (await contest(`q${i}`)).id);
    const [quick, slow] = [files.filter((_, i) => i % 2 === 0), files.filter((_, i) => i % 2 === 1)];
    // All opened at once, long before: that makes none of them look read.
    for (const id of quick) await open(id, stamping);
    later(3600);
    for (const id of quick) {
      later(20);
      await conclude(id, { result: "upheld", grounds: "In order." }, stamping);
    }
    for (const id of slow) {
      await open(id, reading);
      later(400);
      await conclude(id, { result: "upheld", grounds: "Read through; in order." }, reading);
    }
    const { body } = await service.json<{
      all: { reviews: number; overrideRate: number };
      reviewers: { reviews: number; medianSeconds: number; flags: string[] }[];
    }>("GET", "/v1/oversight/reviews", "operator");
    const bySpeed = body.reviewers
      .filter(({ reviews }) => reviews === 10)
      .toSorted((a, b) => a.medianSeconds - b.medianSeconds);
    expect(bySpeed.map(({ medianSeconds, flags }) => [medianSeconds, flags])).toEqual([
      [20, ["rubber_stamping"]],
      [400, []],
    ]);
    expect(body.all.reviews).toBe(22);
    expect(body.all.overrideRate).toBeCloseTo(2 / 22);
    const flagged = (await rights.records()).filter(({ flag }) => flag === "rubber_stamping");
    expect(flagged).toHaveLength(1);
  });
});
