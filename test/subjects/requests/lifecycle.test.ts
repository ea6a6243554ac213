import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../../src/db/client.ts";
import { notice, processingStop, request } from "../../../src/db/tables.ts";
import { closeEpoch } from "../../../src/subjects/close-epoch.ts";
import { forgetRequests } from "../../../src/subjects/requests/forget.ts";
import { openRequest } from "../../../src/subjects/requests/open-request.ts";
import { resumeRequests } from "../../../src/subjects/requests/perform.ts";
import type { RightsDeps, RightsSettings } from "../../../src/subjects/requests/settings.ts";
import { freshPostgres } from "../../support/databases.ts";
import { type Rights, rightsOf } from "../../support/rights.ts";
import { closeChecked, GERMAN_CREDIT, type TestService, testService } from "../../support/service.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

describe("a request", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeEach(async () => {
    database = await freshPostgres();
    service = await testService(database, {
      packages: [GERMAN_CREDIT],
      env: {
        MOTIVO_RECIPIENTS: JSON.stringify([
          { name: "bureau", url: "https://bureau.example/", secret: SECRET },
        ]),
        MOTIVO_REQUEST_DAYS: "30",
      },
    });
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    rights = rightsOf(service);
  });
  afterEach(() => closeChecked(database, service));
  const days = (count: number) => {
    service.clock.now = new Date(service.clock.now!.getTime() + count * 86_400_000);
  };
  /** As if the process died where recipients would be told. */
  const dying = (): RightsDeps => ({
    ...rights.deps,
    rights: {
      ...rights.deps.rights,
      get recipients(): RightsSettings["recipients"] {
        throw new Error("killed here");
      },
    },
  });

  it("for erasure that a crash cut short is gone through with, and its recipients are told", async () => {
    await rights.decide("ana");
    const who = { subject: "ana", proof: 3 } as const;
    await expect(openRequest(dying(), who, "erasure", {})).rejects.toThrow("killed here");
    // Access has ended, nothing says so yet, nobody was told.
    const [left] = await database.db.select().from(request);
    expect(left!.state).toBe("received");
    expect(await database.db.$count(notice)).toBe(0);
    expect((await rights.mine("ana", left!.id)).body.state).toBe("received");

    expect(await resumeRequests(rights.deps)).toBe(0);
    service.clock.now = new Date(service.clock.now!.getTime() + 61_000);
    expect(await resumeRequests(rights.deps)).toBe(1);
    expect((await rights.mine("ana", left!.id)).body.state).toBe("answered");
    expect(await database.db.$count(notice)).toBe(1);
    expect(await resumeRequests(rights.deps)).toBe(0);
  });

  it("outlives the erasure for the stated days, and is gone after them, key and all", async () => {
    await rights.decide("ana");
    const { body } = await rights.ask("ana", "erasure", { statement: "Please." });
    days(29);
    await forgetRequests(rights.deps);
    expect((await rights.mine("ana", body.id)).body).toMatchObject({ asked: { statement: "Please." } });
    const access = await service.json("GET", "/v1/me/access", await rights.tokenOf("ana"));
    expect(access.body).toMatchObject({
      held: false,
      requests: [{ id: body.id, right: "erasure", state: "answered", forgetAt: "2026-04-09T13:00:00.000Z" }],
    });
    days(2);
    expect(await forgetRequests(rights.deps)).toBe(1);
    expect(await rights.mine("ana", body.id)).toMatchObject({
      status: 404,
      body: { code: "unknown_request" },
    });
    expect(await database.db.$count(request)).toBe(0);
    // Its evidence stays, and leads to nobody.
    const evidence = (await rights.records()).filter((record) => record.request === body.reference);
    expect(evidence.map(({ action }) => action)).toEqual(["receive", "answer"]);
  });

  it("that stopped a purpose is kept while anything is held, so that the purpose does not start again unnoticed", async () => {
    await rights.decide("ana");
    await rights.ask("ana", "consent_revocation");
    days(31);
    expect(await forgetRequests(rights.deps)).toBe(0);
    expect((await rights.decide("ana")).body.code).toBe("consent_revoked");
    await rights.ask("ana", "erasure");
    days(31);
    expect(await forgetRequests(rights.deps)).toBe(2);
    expect(await database.db.$count(processingStop)).toBe(0);
  });

  it("moves to the next epoch: it is read, found again while open, and what it stopped stays stopped", async () => {
    const { body: made } = await rights.decide("ana");
    const asked = { decision: made.id, statement: "Why?" };
    const { body: review } = await rights.ask("ana", "review", asked);
    await rights.ask("ana", "restriction", { because: "unlawful" });
    await rights.decide("bia");
    await rights.ask("bia", "erasure");
    const before = await database.db.select().from(request);

    await closeEpoch(service.deps);
    const after = await database.db.select().from(request);
    const lookups = new Set(before.map(({ lookup }) => Buffer.from(lookup).toString("hex")));
    for (const row of after) {
      expect(row.epoch).toBe(2);
      expect(lookups.has(Buffer.from(row.lookup).toString("hex"))).toBe(false);
    }
    for (const { epoch } of await database.db.select().from(notice)) expect(epoch).toBe(2);
    expect(await rights.ask("ana", "review", asked)).toMatchObject({ status: 200, body: { id: review.id } });
    expect((await rights.decide("ana")).body.code).toBe("processing_restricted");
    const { body } = await service.json<{ items: unknown[] }>(
      "GET",
      "/v1/me/requests",
      await rights.tokenOf("bia"),
    );
    expect(body.items).toHaveLength(1);
  });

  it("leaves no word of the person in its tables, in the log or in the service's own log", async () => {
    const words = [
      "canary-person",
      "canary-statement",
      "canary@example.com",
      "canary-question",
      "canary-ground",
    ];
    const { body: made } = await rights.decide("canary-person");
    const { body } = await rights.ask("canary-person", "review", {
      decision: made.id,
      statement: "canary-statement",
      contact: { email: "canary@example.com" },
    });
    await rights.act(body.id, "clarification", { text: "canary-question" });
    await rights.act(body.id, "refuse", { ground: "manifestly_unfounded", text: "canary-ground" });
    await rights.ask("canary-person", "erasure");
    const rows = [
      ...(await database.db.select().from(request)),
      ...(await database.db.select().from(notice)),
    ];
    const stored = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
      .join("\n");
    const exported = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
    for (const place of [stored, exported, service.logLines()]) {
      expect(place.length).toBeGreaterThan(100);
      for (const word of words) expect(place).not.toContain(word);
    }
    expect((await rights.mine("canary-person", body.id)).body.asked).toMatchObject({
      statement: "canary-statement",
    });
  });
});
