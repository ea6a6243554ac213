import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../../src/db/client.ts";
import { notice } from "../../../src/db/tables.ts";
import { BACKOFF_S, type Delivery, deliverNotices } from "../../../src/subjects/outbox/deliver.ts";
import { smtpMailer } from "../../../src/subjects/outbox/mail.ts";
import { PUBLIC_ONLY } from "../../../src/subjects/outbox/public-address.ts";
import { forgetRequests } from "../../../src/subjects/requests/forget.ts";
import { checkLog } from "../../support/check-log.ts";
import { freshEmbedded } from "../../support/databases.ts";
import { openMailServer, type TestMailServer } from "../../support/mail-server.ts";
import { type Rights, rightsOf } from "../../support/rights.ts";
import { type TestService, testService } from "../../support/service.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
/** Only here: a receiver on this machine. */
const LOOPBACK = { allows: (address: string) => address === "127.0.0.1", plainHttp: true };

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

describe("the outbox", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  let receiver: Server;
  let mailServer: TestMailServer;
  let delivery: Delivery;
  let answer = 204;
  const received: Received[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answer).end("whatever it says is not read");
      });
    });
    await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
    mailServer = await openMailServer();
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    database = await freshEmbedded();
    service = await testService(database, {
      env: {
        MOTIVO_RECIPIENTS: JSON.stringify([
          { name: "bureau", url: "https://bureau.example/hook", secret: SECRET },
          { name: "partner", url: "https://partner.example/hook", secret: SECRET, models: ["another-model"] },
        ]),
        MOTIVO_SMTP_URL: mailServer.url,
        MOTIVO_REQUEST_DAYS: "30",
      },
    });
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    rights = rightsOf(service);
    const { deps } = rights;
    const here = deps.rights.recipients.map((recipient) => ({ ...recipient, url }));
    rights = { ...rights, deps: { ...deps, rights: { ...deps.rights, recipients: here } } };
    delivery = { network: LOOPBACK, mail: smtpMailer(mailServer.url, "rights@bank.example") };
  });
  beforeEach(() => {
    received.length = 0;
    mailServer.mails.length = 0;
    answer = 204;
  });
  afterAll(async () => {
    await checkLog(database.db);
    delivery.mail?.close();
    await service.close();
    await database.close();
    await new Promise((closed) => receiver.close(closed));
    await mailServer.close();
  });
  const later = (seconds: number) => {
    service.clock.now = new Date(service.clock.now!.getTime() + seconds * 1000);
  };
  const outbox = async () =>
    (
      await service.json<{
        items: {
          state: string;
          attempts: number;
          recipient: string | null;
          about: string;
          missed: string | null;
        }[];
      }>("GET", "/v1/notices", "operator")
    ).body.items;

  it("tells the recipients of a correction, signed as Standard Webhooks has it, and records who acknowledged", async () => {
    const { body: made } = await rights.decide("ana");
    const asked = { decision: made.id, inputs: { duration_months: 6 } };
    const { body } = await rights.ask("ana", "correction", asked);
    const granted = await service.json<{ decision: { id: string } }>(
      "POST",
      `/v1/requests/${body.id}/answer`,
      "operator",
      { text: "Yes." },
    );
    expect(await deliverNotices(rights.deps, delivery)).toEqual({ waiting: 0, acknowledged: 1, failed: 0 });
    expect(received).toHaveLength(1);
    const [{ headers, body: raw }] = received as [Received];
    const clockOfTheReceiver = Number(headers["webhook-timestamp"]) * 1000;
    expect(clockOfTheReceiver).toBe(service.clock.now!.getTime());
    const signature = new Webhook(SECRET).sign(
      String(headers["webhook-id"]),
      new Date(clockOfTheReceiver),
      raw,
    );
    expect(headers["webhook-signature"]).toBe(signature);
    expect(
      new Webhook(`whsec_${Buffer.alloc(32, 8).toString("base64")}`).sign("n", new Date(), raw),
    ).not.toBe(signature);
    expect(JSON.parse(raw)).toMatchObject({
      type: "decision.corrected",
      data: { model: "german-credit", subject: "ana", decision: made.id, by: granted.body.decision.id },
    });
    const acknowledged = (await rights.records()).filter(({ action }) => action === "acknowledged");
    expect(acknowledged).toMatchObject([
      { kind: "request", request: body.reference, recipient: "bureau", type: "decision.corrected" },
    ]);
    expect(JSON.stringify(acknowledged)).not.toContain("ana");
    expect(await outbox()).toMatchObject([{ state: "acknowledged", attempts: 1, recipient: "bureau" }]);
    expect(await deliverNotices(rights.deps, delivery)).toEqual({ waiting: 0, acknowledged: 0, failed: 0 });
  });

  it("tells of an erasure although nothing of the person is left, trying again with growing pauses under one id", async () => {
    await rights.decide("bia");
    expect((await service.call("DELETE", "/v1/me", await rights.tokenOf("bia"))).status).toBe(200);
    answer = 503;
    for (const pause of BACKOFF_S.slice(0, 3)) {
      expect(await deliverNotices(rights.deps, delivery)).toMatchObject({ waiting: 1 });
      later(pause - 1);
      expect(await deliverNotices(rights.deps, delivery)).toMatchObject({ waiting: 0 });
      later(1);
    }
    answer = 200;
    expect(await deliverNotices(rights.deps, delivery)).toMatchObject({ acknowledged: 1 });
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers["webhook-signature"])).size).toBe(4);
    expect(JSON.parse(received.at(-1)!.body)).toMatchObject({
      type: "subject.erased",
      data: { subject: "bia", model: "german-credit" },
    });
  });

  it("gives up after the last pause, and says so to the operator", async () => {
    await rights.decide("caio");
    await service.call("DELETE", "/v1/me", await rights.tokenOf("caio"));
    answer = 500;
    for (const pause of BACKOFF_S) {
      expect(await deliverNotices(rights.deps, delivery)).toMatchObject({ waiting: 1 });
      later(pause);
    }
    expect(await deliverNotices(rights.deps, delivery)).toMatchObject({ failed: 1 });
    expect((await outbox()).find(({ state }) => state === "failed")).toMatchObject({
      attempts: BACKOFF_S.length + 1,
      missed: "status_500",
    });
  });

  it("calls nobody who is not in the list any more, and no address inside the network", async () => {
    await rights.decide("davi");
    await service.call("DELETE", "/v1/me", await rights.tokenOf("davi"));
    expect(await deliverNotices(rights.deps, { ...delivery, network: PUBLIC_ONLY })).toMatchObject({
      waiting: 1,
    });
    expect((await outbox()).some(({ missed }) => missed === "address_forbidden")).toBe(true);
    later(BACKOFF_S[0]);
    const without = { ...rights.deps, rights: { ...rights.deps.rights, recipients: [] } };
    expect(await deliverNotices(without, delivery)).toMatchObject({ failed: 1 });
    expect(received).toHaveLength(0);
  });

  it("sends each notice once although several processes look at the same time", async () => {
    for (const who of ["e1", "e2", "e3", "e4"]) {
      await rights.decide(who);
      await service.call("DELETE", "/v1/me", await rights.tokenOf(who));
    }
    await Promise.all(Array.from({ length: 4 }, () => deliverNotices(rights.deps, delivery)));
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(4);
  });

  it("tells people of each step by e-mail, in their language and without a word about them", async () => {
    const { body: made } = await rights.decide("eva");
    const { body } = await rights.ask("eva", "review", {
      decision: made.id,
      statement: "Unfair.",
      contact: { email: "eva@example.com" },
      language: "en",
    });
    await rights.act(body.id, "clarification", { text: "What is unfair?" });
    await deliverNotices(rights.deps, delivery);
    expect(mailServer.mails.map(({ to }) => to)).toEqual([["eva@example.com"], ["eva@example.com"]]);
    const text = mailServer.mails.map((mail) => mail.text).join("\n");
    expect(text).toContain("We have received your request.");
    expect(text).toContain("We have a question about your request.");
    expect(text).toContain(body.reference);
    for (const word of ["Unfair", "unfair", made.id, "german-credit"]) expect(text).not.toContain(word);
    expect((await rights.mine("eva", body.id)).body.state).toBe("clarification_pending");
  });

  it("holds no byte that reads without a notice's own key, and forgets it after the stated days", async () => {
    const rows = await database.db.select().from(notice);
    expect(rows.length).toBeGreaterThan(5);
    for (const { sealed } of rows) {
      const text = Buffer.from(sealed).toString("latin1");
      for (const word of ["bia", "bureau", "example.com", "german-credit"]) expect(text).not.toContain(word);
    }
    later(31 * 86_400);
    await forgetRequests(rights.deps);
    expect(await database.db.$count(notice)).toBe(0);
  });
});
