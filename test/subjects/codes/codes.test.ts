import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../../audit/bytes.ts";
import type { OpenDatabase } from "../../../src/db/client.ts";
import { oneTimeCode } from "../../../src/db/tables.ts";
import { mailCodes } from "../../../src/subjects/codes/channel.ts";
import {
  CODES_PER_HOUR,
  forgetCodes,
  MOST_TRIES,
  sendCode,
  useCode,
} from "../../../src/subjects/codes/codes.ts";
import { type Mailer, smtpMailer } from "../../../src/subjects/outbox/mail.ts";
import type { RightsDeps } from "../../../src/subjects/requests/settings.ts";
import { checkLog } from "../../support/check-log.ts";
import { freshEmbedded } from "../../support/databases.ts";
import { openMailServer, type TestMailServer } from "../../support/mail-server.ts";
import { type Rights, rightsOf } from "../../support/rights.ts";
import { exampleOf, type TestService, testService } from "../../support/service.ts";

describe("one-time codes", () => {
  let database: OpenDatabase;
  let service: TestService;
  let server: TestMailServer;
  let mailer: Mailer;
  let rights: Rights;
  let deps: RightsDeps;
  let number = 0;
  let subject = "";
  beforeAll(async () => {
    server = await openMailServer();
    mailer = smtpMailer(server.url, "rights@aurora.example");
    database = await freshEmbedded();
    service = await testService(database, {
      codeChannel: mailCodes(mailer),
      env: { MOTIVO_CODE_PROOF: "3" },
    });
    rights = rightsOf(service);
    deps = rights.deps;
  });
  beforeEach(async () => {
    service.clock.now = null;
    subject = `person-${++number}`;
    await decided(subject, "ana@example.org");
  });
  afterAll(async () => {
    await checkLog(database.db);
    await service.close();
    mailer.close();
    await server.close();
    await database.close();
  });
  async function decided(id: string, email?: string) {
    const { inputs } = await exampleOf(service);
    const body = { subject: { id, ...(email ? { email } : {}) }, inputs };
    const made = await service.call("POST", "/v1/models/german-credit/decisions", "product", body);
    expect(made.status).toBe(201);
  }
  const holder = (session = "session-one") => ({ subject, session });
  const send = (session?: string) => sendCode(deps, mailCodes(mailer), holder(session), "en");
  const lastCode = () => /Your code: (\d{8})/.exec(server.mails.at(-1)!.text)![1]!;
  const wrong = (code: string) => (code.startsWith("0") ? `1${code.slice(1)}` : `0${code.slice(1)}`);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: { code?: string }) => error.code,
    );

  it("go to the newest address that a decision names, never to one that a session says, and the reading is on the record", async () => {
    await decided(subject, "new@example.org");
    await decided(subject);
    await send();
    expect(server.mails.at(-1)!.to).toEqual(["new@example.org"]);
    const mine = await service.json<{ opened: { purpose: string; what: string }[] }>(
      "GET",
      "/v1/me/decisions",
      await rights.tokenOf(subject),
    );
    expect(mine.body.opened).toContainEqual(
      expect.objectContaining({ purpose: "own-request", what: "personal-data" }),
    );
    subject = `person-${++number}`;
    expect(await codeOf(send())).toBe("no_code_address");
    await decided(subject);
    expect(await codeOf(send())).toBe("no_code_address");
  });

  it("are good once", async () => {
    const id = await send();
    const code = lastCode();
    expect(await codeOf(useCode(deps, holder(), id, code))).toBe("done");
    expect(await codeOf(useCode(deps, holder(), id, code))).toBe("wrong_code");
    const twice = await send();
    const both = [lastCode(), lastCode()].map((each) => codeOf(useCode(deps, holder(), twice, each)));
    expect((await Promise.all(both)).toSorted()).toEqual(["done", "wrong_code"]);
  });

  it("are good for ten minutes", async () => {
    service.clock.now = new Date("2026-03-10T13:00:00Z");
    const id = await send();
    const code = lastCode();
    service.clock.now = new Date("2026-03-10T13:10:00Z");
    expect(await codeOf(useCode(deps, holder(), id, code))).toBe("wrong_code");
    const next = await send();
    service.clock.now = new Date("2026-03-10T13:19:59Z");
    expect(await codeOf(useCode(deps, holder(), next, lastCode()))).toBe("done");
  });

  it("are spent after three wrong tries, however many come at once", async () => {
    const id = await send();
    const code = lastCode();
    const tries = Array.from({ length: 20 }, () => codeOf(useCode(deps, holder(), id, wrong(code))));
    expect(new Set(await Promise.all(tries))).toEqual(new Set(["wrong_code"]));
    expect(await codeOf(useCode(deps, holder(), id, code))).toBe("wrong_code");
    const [row] = await database.db
      .select()
      .from(oneTimeCode)
      .then((rows) => rows.filter((each) => each.id === id));
    expect(row!.tries).toBe(MOST_TRIES);
  });

  it("are good in the session that asked and for the person that it is, nowhere else", async () => {
    const id = await send("session-one");
    const code = lastCode();
    expect(await codeOf(useCode(deps, holder("session-two"), id, code))).toBe("wrong_code");
    const other = { subject: "somebody-else", session: "session-one" };
    expect(await codeOf(useCode(deps, other, id, code))).toBe("wrong_code");
    expect(await codeOf(useCode(deps, holder("session-one"), id, code))).toBe("done");
    for (const made of ["", "x", "00000000-0000-4000-8000-000000000000"])
      expect(await codeOf(useCode(deps, holder(), made, code))).toBe("wrong_code");
  });

  it("are at most five an hour for a person, at once or in a row, in whichever session", async () => {
    service.clock.now = new Date("2026-03-11T13:00:00Z");
    const sent = await Promise.all(Array.from({ length: 8 }, (_, i) => codeOf(send(`session-${i}`))));
    expect(sent.filter((each) => each === "done")).toHaveLength(CODES_PER_HOUR);
    expect(sent.filter((each) => each === "too_many_codes")).toHaveLength(3);
    service.clock.now = new Date("2026-03-11T13:59:00Z");
    await expect(send()).rejects.toMatchObject({ code: "too_many_codes", retryAfterSeconds: 60 });
    service.clock.now = new Date("2026-03-11T14:00:01Z");
    expect(await forgetCodes(deps)).toBeGreaterThanOrEqual(CODES_PER_HOUR);
    expect(await codeOf(send())).toBe("done");
  });

  it("are stored as HMACs alone, and the message says nothing about the person", async () => {
    const id = await send();
    const code = lastCode();
    const rows = await database.db.select().from(oneTimeCode);
    const row = rows.find((each) => each.id === id)!;
    expect(row.code).toHaveLength(32);
    expect(JSON.stringify(rows.map((each) => [toHex(each.code), each.id]))).not.toContain(code);
    expect(server.mails.at(-1)!.text).not.toContain(subject);
  });

  it("that the mail server does not take are said not to be sent, and are in nobody's hands", async () => {
    const broken = mailCodes({ send: () => Promise.reject(new Error("down")), close() {} });
    await expect(sendCode(deps, broken, holder(), "en")).rejects.toMatchObject({ code: "code_not_sent" });
  });

  describe("on the pages", () => {
    const ask = (path: string, cookie: string, form?: Record<string, string>) =>
      service.app.request(path, {
        headers: { cookie, "sec-fetch-site": "same-origin" },
        ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
      });
    const cookieOf = (response: Response) => (response.headers.get("set-cookie") ?? "").split(";")[0]!;

    it("a page that needs a stronger proof leads to a code and back, and the session's proof is raised for half an hour", async () => {
      const { token } = await rights.tokenOf(subject, 1);
      let cookie = cookieOf(await ask("/session", "", { token }));
      const led = await ask("/me/erase", cookie);
      expect(led.headers.get("location")).toBe("/me/code?next=%2Fme%2Ferase");
      const offer = await (await ask("/me/code?next=%2Fme%2Ferase", cookie)).text();
      const csrf = /name="csrf" value="([^"]+)"/.exec(offer)![1]!;
      const sent = await (await ask("/me/code", cookie, { csrf, next: "/me/erase" })).text();
      const id = /name="id" value="([^"]+)"/.exec(sent)![1]!;
      const code = /(?:Your code|código): (\d{8})/.exec(
        server.mails.at(-1)!.text.replaceAll("=C3=B3", "ó"),
      )![1]!;
      const refused = await ask("/me/code/use", cookie, { csrf, id, code: wrong(code), next: "/me/erase" });
      expect([refused.status, await refused.text()]).toEqual([
        403,
        expect.stringContaining('id="code-error"'),
      ]);
      expect((await ask("/me/code/use", cookie, { csrf: "x", id, code })).status).toBe(403);
      const given = await ask("/me/code/use", cookie, { csrf, id, code, next: "/me/erase" });
      expect([given.status, given.headers.get("location")]).toEqual([303, "/me/erase"]);
      const before = cookie;
      cookie = cookieOf(given);
      expect((await ask("/me/erase", cookie)).status).toBe(200);
      const session = await service.readSession(cookie);
      expect(session!.actor.proof).toBe(3);
      const left = session!.raised!.until - Date.now() / 1000;
      expect(left).toBeLessThanOrEqual(1800);
      expect(left).toBeGreaterThan(1700);
      expect((await service.readSession(before))!.actor.proof).toBe(1);
    });

    it("no page of codes is there where they amount to nothing", async () => {
      const plain = await testService(database, { packages: [], keys: service.keys });
      const { token } = await rights.tokenOf(subject, 1);
      const signedIn = await plain.app.request("/session", {
        method: "POST",
        headers: { "sec-fetch-site": "same-origin" },
        body: new URLSearchParams({ token }),
      });
      const headers = { cookie: cookieOf(signedIn) };
      expect((await plain.app.request("/me/code", { headers })).status).toBe(404);
      expect((await plain.app.request("/me/erase", { headers })).status).toBe(403);
      await plain.close();
    });
  });
});
