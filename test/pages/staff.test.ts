import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

/** The pages of staff over the whole service: what is done there is done in the log. */
describe("staff at their pages", () => {
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
    service.clock.now = new Date("2026-03-10T13:00:00Z");
  });
  afterAll(() => closeChecked(database, service));

  async function signedIn(role: "operator" | "reviewer" | "auditor") {
    const entered = await service.app.request("/session", {
      method: "POST",
      body: new URLSearchParams({ token: service.tokens[role] }),
      headers: { "sec-fetch-site": "same-origin" },
    });
    const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0]!;
    const headers = { cookie, "accept-language": "en" };
    const get = (path: string) => service.app.request(path, { headers });
    const csrfOf = async (path: string) =>
      /name="csrf" value="([^"]+)"/.exec(await (await get(path)).text())![1]!;
    return {
      home: entered.headers.get("location"),
      get,
      text: async (path: string) => (await get(path)).text(),
      /** Sends a form of the page `from` as a browser would. */
      async send(from: string, to: string, fields: Record<string, string>) {
        const body = new URLSearchParams({ csrf: await csrfOf(from), ...fields });
        return service.app.request(to, { method: "POST", headers, body });
      },
      async upload(from: string, to: string, files: readonly File[]) {
        const body = new FormData();
        body.set("csrf", await csrfOf(from));
        for (const file of files) body.append("files", file);
        return service.app.request(to, { method: "POST", headers, body });
      },
    };
  }

  const contest = async (who: string, right: "review" | "correction", asked: object = {}) => {
    const { body: made } = await rights.decide(who);
    const { body } = await rights.ask(who, right, {
      decision: made.id,
      statement: "I pay on time.",
      ...asked,
    });
    return { made, id: body.id };
  };

  it("an operator sees what is due, and extends, corrects and refuses requests there", async () => {
    const operator = await signedIn("operator");
    expect(operator.home).toBe("/operator");
    const first = await contest("ana", "correction", { inputs: { duration_months: 12 } });
    const second = await contest("bia", "correction", { inputs: { duration_months: 12 } });
    const today = await operator.text("/operator");
    expect(today).toContain(`/operator/requests/${first.id}`);
    expect(today).not.toContain("I pay on time.");

    const page = `/operator/requests/${first.id}`;
    expect(await operator.text(page)).toContain("I pay on time.");
    const extended = await operator.send(page, `${page}/extend`, { text: "The employer has to be asked." });
    expect([extended.status, extended.headers.get("location")]).toEqual([303, `${page}?done=step`]);
    const mine = (await rights.mine("ana", first.id)).body;
    expect([mine.state, mine.steps.at(-1)?.text]).toEqual(["extended", "The employer has to be asked."]);

    const twice = await operator.send(page, `${page}/extend`, { text: "Once more." });
    const refused = await twice.text();
    expect(twice.status).toBe(409);
    expect(refused).toContain("illegal_transition");

    const wrong = await operator.send(page, `${page}/correct`, {
      text: "Yes.",
      "input:duration_months": "999",
    });
    expect([wrong.status, (await wrong.text()).includes("out_of_range")]).toEqual([422, true]);
    await operator.send(page, `${page}/correct`, { text: "It was 18.", "input:duration_months": "18" });
    const answered = (await rights.mine("ana", first.id)).body;
    expect(answered.state).toBe("answered");
    expect(answered.outcome).toHaveProperty("decision");

    const other = `/operator/requests/${second.id}`;
    const silent = await operator.send(other, `${other}/refuse`, { ground: "accurate", text: "  " });
    expect(silent.status).toBe(422);
    await operator.send(other, `${other}/refuse`, { ground: "accurate", text: "The contract says 30." });
    expect((await rights.mine("bia", second.id)).body.steps.at(-1)).toMatchObject({
      action: "refuse",
      ground: "accurate",
      articles: ["GDPR 16", "LGPD 18 III"],
    });
  });

  it("a form without the session's token changes nothing", async () => {
    const { id } = await contest("caio", "correction", { inputs: { duration_months: 12 } });
    const operator = await signedIn("operator");
    const page = `/operator/requests/${id}`;
    const response = await operator.send(page, `${page}/start`, { csrf: "made up" });
    expect(response.status).toBe(403);
    expect((await rights.mine("caio", id)).body.state).toBe("received");
  });

  it("a reviewer reads the file and changes the decision with grounds", async () => {
    const reviewer = await signedIn("reviewer");
    expect(reviewer.home).toBe("/reviews");
    const { made, id } = await contest("davi", "review");
    const page = `/reviews/${id}`;
    expect(await reviewer.text("/reviews")).toContain(page);
    const file = await reviewer.text(page);
    expect(file).toContain("I pay on time.");
    const other = /value="changed:([a-z-]+)"/.exec(file)![1]!;
    expect(other).not.toBe(made.outcome);
    const missing = await reviewer.send(page, page, { result: `changed:${other}` });
    expect(missing.status).toBe(422);
    const done = await reviewer.send(page, page, { result: `changed:${other}`, grounds: "A bank's error." });
    expect([done.status, done.headers.get("location")]).toEqual([303, "/reviews?done=review"]);
    const standing = await service.json("GET", `/v1/decisions/${made.id}/standing`, "product");
    expect(standing.body).toMatchObject({ decided: made.outcome, outcome: other });
    expect(await (await signedIn("operator")).text("/operator")).toContain("1 reviews, 1 changed (100%)");
    const history = await (await signedIn("auditor")).text(`/audit/decisions/${made.id}`);
    expect(history).toMatch(/review<\/strong>: changed/);
    expect(history).toContain("Read: A reviewer");
  });

  it("an operator places and lifts a hold, whose person the page does not show", async () => {
    const operator = await signedIn("operator");
    await operator.send("/operator/holds", "/operator/holds", {
      subject: "eva-at-court",
      ground: "Case 12, LGPD 16 I",
      model: "",
      until: "",
    });
    const listed = await operator.text("/operator/holds");
    expect(listed).toContain("Case 12, LGPD 16 I");
    expect(listed).not.toContain("eva-at-court");
    const lift = /action="(\/operator\/holds\/[0-9a-f-]+\/lift)"/.exec(listed)![1]!;
    expect((await operator.send("/operator/holds", lift, {})).status).toBe(303);
    expect(await operator.text("/operator/holds")).not.toContain("Case 12");
  });

  it("an operator publishes a package by its files, puts it in use and rolls back", async () => {
    const operator = await signedIn("operator");
    const file = (name: string, change: (text: Buffer) => Buffer = (text) => text) =>
      new File([new Uint8Array(change(readFileSync(`${GERMAN_CREDIT}/${name}`)))], name);
    const names = ["model.yaml", "model.onnx", "background.csv", "samples.csv"];
    const page = "/operator/models";
    const same = await operator.upload(
      page,
      page,
      names.map((name) => file(name)),
    );
    expect([same.status, (await same.text()).includes("duplicate_version")]).toEqual([409, true]);
    const incomplete = await operator.upload(page, page, [file("model.yaml")]);
    expect([incomplete.status, (await incomplete.text()).includes("/model.onnx")]).toEqual([422, true]);

    const reworded = (text: Buffer) => Buffer.concat([text, Buffer.from("\n# reworded\n")]);
    const published = await operator.upload(
      page,
      page,
      names.map((name) => file(name, name === "model.yaml" ? reworded : undefined)),
    );
    expect(published.headers.get("location")).toBe("/operator/models?done=german-credit@2");
    const alias = "/operator/models/german-credit/alias";
    await operator.send(page, alias, { alias: "champion", version: "2" });
    expect(await service.deps.models.champion("german-credit")).toBe(2);
    expect(await operator.text(page)).toContain("Roll back to 1");
    await operator.send(page, alias, { alias: "champion", version: "1" });
    expect(await service.deps.models.champion("german-credit")).toBe(1);
  });

  it("an incident's scope counts people without opening them, and who is told of it reads that they were", async () => {
    service.clock.now = new Date("2026-04-02T13:00:00Z");
    const operator = await signedIn("operator");
    await rights.decide("fabio");
    await rights.decide("fabio");
    await rights.decide("gil");
    const query = {
      from: "2026-04-02T09:00",
      to: "2026-04-02T11:00",
      model: "german-credit",
      version: "",
      actor: "",
    };
    const address = `/operator/incident?${new URLSearchParams({ ...query, aware: "2026-04-02T10:00" })}`;
    const scope = await operator.text(address);
    expect(scope).toContain("2 people touched");
    expect(scope).not.toMatch(/fabio|gil"/);
    // Good Friday and the weekend do not count.
    expect(scope).toContain("8 Apr 2026");
    expect(scope).toContain("5 April 2026, 13:00 UTC");

    const unconfirmed = await operator.send(address, "/operator/incident", query);
    expect([unconfirmed.status, (await unconfirmed.text()).includes("fabio")]).toEqual([422, false]);
    const told = await operator.send(address, "/operator/incident", { ...query, confirm: "yes" });
    expect(await told.text()).toBe('subject\r\n"fabio"\r\n"gil"\r\n');
    const { body } = await service.json<{ purposes: { opened: { role: string; purpose: string }[] }[] }>(
      "GET",
      "/v1/me/access",
      await rights.tokenOf("gil"),
    );
    expect(body.purposes[0]!.opened).toContainEqual(
      expect.objectContaining({ role: "operator", purpose: "incident-notice" }),
    );
    // To look at an incident widens none.
    expect(await operator.text(address)).toContain("2 people touched");
    const byActor = new URLSearchParams({ ...query, model: "", actor: "product-one" });
    expect(await operator.text(`/operator/incident?${byActor}`)).toContain("2 people touched");
    const byNobody = new URLSearchParams({ ...query, actor: "somebody-else" });
    expect(await operator.text(`/operator/incident?${byNobody}`)).toContain("0 people touched");
  });

  it("an operator has the log checked, and reads on the first screen that it holds", async () => {
    const operator = await signedIn("operator");
    const checked = await operator.send("/operator/log", "/operator/log/check", { kept: "" });
    expect(checked.status).toBe(303);
    expect(await operator.text("/operator/log")).toMatch(/Holds: \d+ entries checked/);
    expect(await operator.text("/operator")).toContain("The log held at its last check.");
    const foreign = await operator.send("/operator/log", "/operator/log/check", { kept: "no checkpoint" });
    expect([foreign.status, (await foreign.text()).includes("invalid_checkpoint")]).toEqual([422, true]);
  });

  it("an operator closes the epoch, confirmed, and sees that its key is destroyed", async () => {
    const operator = await signedIn("operator");
    const page = "/operator/keys";
    expect((await operator.send(page, page, {})).status).toBe(422);
    expect((await operator.send(page, page, { confirm: "yes" })).status).toBe(303);
    await expect
      .poll(async () => (await operator.get(page)).headers.get("refresh"), { timeout: 60_000, interval: 250 })
      .toBeNull();
    expect(await operator.text(page)).toMatch(/destroyed \d+ Apr 2026/);
  });

  it("an auditor reads a version's card and importance, which is worked out in the background and kept", async () => {
    const auditor = await signedIn("auditor");
    const before = await auditor.get("/audit/models/german-credit/1");
    expect([before.status, before.headers.get("refresh")]).toEqual([200, "5"]);
    await expect
      .poll(async () => (await auditor.get("/audit/models/german-credit/1")).headers.get("refresh"), {
        timeout: 60_000,
        interval: 250,
      })
      .toBeNull();
    const page = await auditor.text("/audit/models/german-credit/1");
    expect(page.match(/class="importance-bar"/g)?.length).toBe(40);
    expect(page).toContain("LGPD 7 I");
    expect((await auditor.get("/audit/models/german-credit/9")).status).toBe(404);
  });

  it("an auditor compares with a kept checkpoint, and takes an export along that verifies", async () => {
    const auditor = await signedIn("auditor");
    const kept = await (await service.call("GET", "/log/checkpoint", null)).text();
    await rights.decide("hugo");
    expect(await auditor.text(`/audit/log?${new URLSearchParams({ kept, to: "" })}`)).toContain(
      "Checked by the server.",
    );
    const wrong = kept.replace(/^\d+$/m, "3");
    const refused = await auditor.get(`/audit/log?${new URLSearchParams({ kept: wrong })}`);
    expect([refused.status, (await refused.text()).includes("invalid_checkpoint")]).toEqual([422, true]);

    const exported = new Uint8Array(await (await auditor.get("/audit/export")).arrayBuffer());
    const verdict = await verify(
      nodeCrypto,
      (async function* () {
        yield exported;
      })(),
      {
        key: parseVkey(nodeCrypto, await service.deps.log.vkey()),
        keptCheckpoint: kept,
        now: service.clock.now!,
      },
    );
    expect(verdict).toMatchObject({ ok: true, format: "export" });
  });
});
