import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { launchBrowser } from "../support/browser.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

/** People use their rights on their pages, over the whole service. */
describe("people at their pages", () => {
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

  async function signedIn(subject: string, proof: 1 | 2 | 3 = 3) {
    const { token } = await rights.tokenOf(subject, proof);
    const entered = await service.app.request("/session", {
      method: "POST",
      body: new URLSearchParams({ token }),
      headers: { "sec-fetch-site": "same-origin" },
    });
    const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0]!;
    const headers = { cookie, "accept-language": "en" };
    const get = (path: string) => service.app.request(path, { headers });
    const text = async (path: string) => (await get(path)).text();
    return {
      get,
      text,
      /** Sends a form as a browser would that has read a page of this session. */
      async send(to: string, fields: Record<string, string>) {
        const csrf = /name="csrf" value="([^"]+)"/.exec(await text("/me"))![1]!;
        const body = new URLSearchParams({ csrf, ...fields });
        return service.app.request(to, { method: "POST", headers, body });
      },
    };
  }
  const madeAt = (response: Response): string => response.headers.get("location")!.split("?")[0]!;
  const idOf = (path: string): string => path.split("/").at(-1)!;

  describe("in a browser without scripts", () => {
    let browser: Browser;
    let server: ServerType;
    let origin: string;
    beforeAll(async () => {
      server = serve({ fetch: service.app.fetch, port: 0, hostname: "127.0.0.1" });
      await new Promise<void>((resolve) => server.once("listening", resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });
    async function at360(subject: string): Promise<Page> {
      const context = await browser.newContext({
        viewport: { width: 360, height: 800 },
        javaScriptEnabled: false,
        locale: "en-GB",
        baseURL: origin,
        acceptDownloads: true,
      });
      const page = await context.newPage();
      await page.goto("/");
      await page.getByRole("link", { name: "See my decisions" }).click();
      await page.getByLabel("Token").fill((await rights.tokenOf(subject)).token);
      await page.getByRole("button", { name: "Sign in" }).click();
      return page;
    }

    it("one contests a decision in their own words, and reads what a reviewer made of it and why", async () => {
      const { body: made } = await rights.decide("ana");
      const page = await at360("ana");
      await page.getByRole("link", { name: "Credit application" }).click();
      const headline = () => page.getByRole("heading", { level: 1 }).textContent();
      const before = await headline();
      await page.getByRole("link", { name: "Contest this decision" }).click();
      await page.getByRole("button", { name: "Ask for the review" }).click();
      // Nothing said yet: the field says so, and nothing was asked.
      expect(await page.locator("#statement").getAttribute("aria-invalid")).toBe("true");
      expect(await page.getByRole("alert").getByRole("link").getAttribute("href")).toBe("#statement");
      await page.getByLabel("What did the program not see?").fill("I have a new job <since July>.");
      await page.getByRole("button", { name: "Ask for the review" }).click();
      expect(await page.getByRole("status").textContent()).toContain("has been received");
      expect(await page.locator("blockquote").first().textContent()).toBe("I have a new job <since July>.");
      // The law sets no period for a review in Brazil; the GDPR does, and its day is the one shown.
      expect(await page.getByText(/set by law: GDPR 12\(3\), (GDPR )?22/).isVisible()).toBe(true);
      const id = idOf(new URL(page.url()).pathname);

      const file = await service.json<{ outcomes: { code: string }[] }>(
        "GET",
        `/v1/reviews/${id}`,
        "reviewer",
      );
      const other = file.body.outcomes.find(({ code }) => code !== made.outcome)!.code;
      const grounds = "The new job was not known to the program.";
      await service.json("POST", `/v1/reviews/${id}/outcome`, "reviewer", {
        result: "changed",
        outcome: other,
        grounds,
      });

      await page.getByRole("link", { name: "My requests", exact: true }).first().click();
      expect(await page.getByText("done", { exact: true }).first().isVisible()).toBe(true);
      await page.getByRole("link", { name: "Review a decision" }).first().click();
      expect(await page.getByText("A person reviewed the decision and changed it.").isVisible()).toBe(true);
      expect(await page.locator("blockquote").first().textContent()).toBe(grounds);
      await page.getByRole("link", { name: "See the decision" }).first().click();
      expect(await headline()).not.toBe(before);
      expect(await page.getByText("The program had decided:").isVisible()).toBe(true);
      expect(await page.getByText(grounds).isVisible()).toBe(true);
      await page.getByRole("link", { name: "My decisions" }).first().click();
      expect(await page.getByText("a person reviewed it:").isVisible()).toBe(true);
      expect(await page.getByText("A reviewer").first().isVisible()).toBe(true);
      await page.context().close();
    });

    it("one erases what they may, is told which review that ends, and takes a certificate that verifies", async () => {
      const { body: made } = await rights.decide("bia");
      await rights.ask("bia", "review", { decision: made.id, statement: "I pay on time." });
      const page = await at360("bia");
      await page.getByRole("link", { name: "Get or erase my data" }).click();
      expect(await page.getByText("A request of yours is still open.").isVisible()).toBe(true);
      await page.getByLabel("I understand that this cannot be undone.").check();
      await page.getByLabel("I understand that erasing now ends what is open.").check();
      await page.getByRole("button", { name: "Confirm the erasure" }).click();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Keep the key as a file" }).click(),
      ]);
      const [certificate] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download today's certificate" }).click(),
      ]);
      const verdict = async (bytes: Uint8Array) =>
        verify(
          nodeCrypto,
          (async function* () {
            yield bytes;
          })(),
          { key: parseVkey(nodeCrypto, await service.deps.log.vkey()), now: service.clock.now! },
        );
      expect(await verdict(readFileSync(await certificate.path()))).toMatchObject({
        ok: true,
        format: "erasure",
      });

      // Later, signed in as nobody, with the key alone.
      await page.context().clearCookies();
      await page.goto("/certificate");
      await page.getByLabel("The key that you kept").fill(readFileSync(await file.path(), "utf8"));
      const [again] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download the certificate" }).click(),
      ]);
      expect(await verdict(readFileSync(await again.path()))).toMatchObject({ ok: true });
      await page.context().close();
    });
  });

  it("one corrects a value in the package's own form, and only what was changed is asked for", async () => {
    const { body: made } = await rights.decide("caio");
    const caio = await signedIn("caio");
    const form = await caio.text(`/me/ask/correction?decision=${made.id}`);
    expect(form).toContain('name="input:duration_months" value="30"');
    expect(form).not.toMatch(/<code>duration_months/);
    const unchanged = { decision: made.id, "input:duration_months": "30" };
    const same = await caio.send("/me/ask/correction", unchanged);
    expect([same.status, (await same.text()).includes("Nothing was changed.")]).toEqual([422, true]);
    const wrong = await caio.send("/me/ask/correction", { ...unchanged, "input:duration_months": "999" });
    const again = await wrong.text();
    expect([wrong.status, again.includes('href="#field-1"'), again.includes('value="999"')]).toEqual([
      422,
      true,
      true,
    ]);
    const asked = await caio.send("/me/ask/correction", { ...unchanged, "input:duration_months": "12" });
    const page = madeAt(asked);
    const { body: told } = await rights.mine("caio", idOf(page));
    expect(told.asked).toMatchObject({ decision: made.id, inputs: { duration_months: 12 } });
    expect(await caio.text(page)).toContain("<strong>12 months</strong>");
    expect(await caio.text(`/me/decisions/${made.id}`)).toContain("A correction of this decision");

    await rights.act(told.id, "answer", { text: "It was 12." });
    const by = (await rights.mine("caio", told.id)).body.outcome!.decision as string;
    expect(await caio.text(page)).toContain(`/me/decisions/${by}`);
    expect(await caio.text(`/me/decisions/${made.id}`)).toContain("Another decision stands in the place");
    expect(await caio.text(`/me/decisions/${by}`)).toContain(`/me/decisions/${made.id}`);
    const late = await caio.send("/me/ask/correction", { ...unchanged, "input:duration_months": "13" });
    expect([late.status, (await late.text()).includes("decision_superseded")]).toEqual([409, true]);
  });

  it("one stops a use and allows it again, and what the law does not give is refused with its article", async () => {
    await rights.decide("davi");
    const davi = await signedIn("davi");
    const silent = await davi.send("/me/ask/restriction", { model: "german-credit" });
    expect([silent.status, (await silent.text()).includes("Choose a reason.")]).toEqual([422, true]);
    const page = madeAt(
      await davi.send("/me/ask/restriction", { model: "german-credit", because: "accuracy_contested" }),
    );
    expect(await davi.text("/me/requests")).toContain(`action="${page}/lift"`);
    expect((await rights.decide("davi")).body.code).toBe("processing_restricted");
    expect((await davi.send(`${page}/lift`, {})).headers.get("location")).toBe(`${page}?done=moved`);
    expect((await rights.decide("davi")).status).toBe(201);

    const opposed = madeAt(await davi.send("/me/ask/objection", { model: "all", statement: "No ads." }));
    const { body: told } = await rights.mine("davi", idOf(opposed));
    const refused = await davi.text(opposed);
    expect(told.state === "refused" ? refused : "").toContain(told.steps.at(-1)!.articles!.join("; "));
    expect(refused).toContain("Why it was refused");

    const withdrawn = madeAt(await davi.send("/me/ask/consent_revocation", { model: "all" }));
    expect(await davi.text(withdrawn)).toContain("The consent is withdrawn.");
    expect((await rights.decide("davi")).body.code).toBe("consent_revoked");
    expect(await (await davi.send("/me/ask/recipients", {})).text()).toContain("product-one");
  });

  it("one answers a question while the clock stands still, proves who they are, and takes a request back", async () => {
    const { body: made } = await rights.decide("eva");
    const eva = await signedIn("eva");
    const page = madeAt(await eva.send("/me/ask/review", { decision: made.id, statement: "I moved." }));
    await rights.act(idOf(page), "clarification", { text: "Since when?" });
    expect(await eva.text("/me/requests")).toContain("One request waits for your answer.");
    expect(await eva.text(page)).toContain("The clock stands still since 10 Mar");
    const empty = await eva.send(`${page}/clarification`, { text: " " });
    expect([empty.status, (await empty.text()).includes("Write your answer.")]).toEqual([422, true]);
    expect((await eva.send(`${page}/clarification`, { text: "Since May." })).status).toBe(303);
    expect(await eva.text(page)).toContain("Since May.");
    await rights.act(idOf(page), "identity", { text: "Is it you?" });
    expect(await eva.text(page)).toContain(`action="${page}/identity"`);
    expect((await eva.send(`${page}/identity`, {})).status).toBe(303);
    expect((await rights.mine("eva", idOf(page))).body.state).toBe("in_progress");
    await eva.send(`${page}/cancel`, {});
    expect(await eva.text(page)).toContain("taken back");
    expect((await eva.send(`${page}/cancel`, {})).status).toBe(409);
  });

  it("nobody opens, moves or asks about what is another's, and nobody reads words below their right's proof", async () => {
    const { body: made } = await rights.decide("fabio");
    const fabio = await signedIn("fabio");
    const page = madeAt(await fabio.send("/me/ask/review", { decision: made.id, statement: "Mine alone." }));
    const gil = await signedIn("gil");
    expect((await gil.get(page)).status).toBe(404);
    for (const step of ["cancel", "clarification", "identity", "lift"])
      expect((await gil.send(`${page}/${step}`, { text: "x" })).status, step).toBe(404);
    const foreign = await gil.send("/me/ask/review", { decision: made.id, statement: "x" });
    expect(foreign.status).toBe(404);
    expect(await gil.text(`/me/ask/review?decision=${made.id}`)).not.toContain(made.id);

    const weak = await signedIn("fabio", 1);
    const seen = await weak.text(page);
    expect([seen.includes("Mine alone."), seen.includes("stronger proof")]).toEqual([false, true]);
    expect(await weak.text("/me/requests")).not.toContain("Mine alone.");
    expect((await weak.send(`${page}/cancel`, {})).status).toBe(403);
    const erasing = await weak.send("/me/ask/consent_revocation", { model: "all", erase: "yes" });
    expect(erasing.status).toBe(403);
    const forged = await service.app.request(`${page}/cancel`, { method: "POST" });
    expect(forged.headers.get("location")).toMatch(/^\/sign-in/);
    expect((await fabio.send(`${page}/cancel`, { csrf: "made up" })).status).toBe(403);
    expect((await rights.mine("fabio", idOf(page))).body.state).toBe("received");
  });
});
