import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonsComponent } from "../../src/pages/component.ts";
import { launchBrowser } from "../support/browser.ts";
import { dryRunOf, openBank } from "./bank.ts";

/** What the bytes of a version hash to. A changed component is a new version with a line of its own. */
const RELEASED: Record<string, string> = {
  "1.0.0": "sha384-kn/pBgM/gQxuypSd4BFfvI2r2MhhmQJ9mHDsHl3jUrTUymkgS2cLXQusu3T2OZM5",
};
const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";
const pictures = process.env.MOTIVO_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "motivo-component-"));

const { language, reasons, attributions } = dryRunOf("en").answer;
const decision = { language, reasons, attributions };
const attribute = (value: unknown) =>
  JSON.stringify(value).replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** A product's own site: its own copy of the file, a backend that hands decisions on, and a strict policy. */
function productSite(): Hono {
  const component = reasonsComponent();
  const site = new Hono();
  site.use(async (c, next) => {
    await next();
    c.header("content-security-policy", STRICT);
  });
  site.get("/motivo-reasons.js", (c) =>
    c.body(component.bytes, 200, { "content-type": "text/javascript; charset=utf-8" }),
  );
  site.get("/decisions/slow", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return c.json({ ...decision, reasons: [] });
  });
  site.get("/decisions/broken", (c) => c.json({ reasons: "none" }));
  site.get("/decisions/:id", (c) => (c.req.param("id") === "one" ? c.json(decision) : c.notFound()));
  const page = (body: string, integrity = component.integrity) =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>A product</title><script type="module" src="/motivo-reasons.js" integrity="${integrity}"></script></head><body><main><h1>Your loan</h1>${body}</main></body></html>`;
  site.get("/by-address", (c) =>
    c.html(page('<motivo-reasons src="/decisions/one"><p>In words.</p></motivo-reasons>')),
  );
  site.get("/by-attribute", (c) =>
    c.html(
      page(
        `<motivo-reasons decision="${attribute(decision)}" lang="pt-BR" heading="Por que não" heading-level="3" all-href="/all" contest-href="javascript:alert(1)"></motivo-reasons>`,
      ),
    ),
  );
  site.get("/failing", (c) =>
    c.html(
      page(
        '<motivo-reasons src="/decisions/none"><p>In words.</p></motivo-reasons><motivo-reasons src="/decisions/broken" lang="en"></motivo-reasons><motivo-reasons decision="{" lang="en"></motivo-reasons>',
      ),
    ),
  );
  site.get("/overtaken", (c) => c.html(page('<motivo-reasons src="/decisions/slow"></motivo-reasons>')));
  site.get("/other-bytes", (c) =>
    c.html(
      page(
        '<motivo-reasons src="/decisions/one"><p>In words.</p></motivo-reasons>',
        `sha384-${"A".repeat(64)}`,
      ),
    ),
  );
  return site;
}

let browser: Browser;
let server: ServerType;
let origin: string;
beforeAll(async () => {
  server = serve({ fetch: productSite().fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function open(path: string, look: { width?: number; scheme?: "light" | "dark" } = {}) {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 800, height: 700 },
    colorScheme: look.scheme ?? "light",
    baseURL: origin,
  });
  const page: Page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(path);
  return { page, complaints, close: () => context.close() };
}

describe("the reasons component on a page with a strict policy", () => {
  it.each([
    ["/by-address", 360, "light"],
    ["/by-address", 1280, "dark"],
    ["/by-attribute", 360, "dark"],
    ["/by-attribute", 1280, "light"],
  ] as const)(
    "at %s, %i px, %s, draws every reason, breaks no rule and passes axe",
    async (path, width, scheme) => {
      const { page, complaints, close } = await open(path, { width, scheme });
      await page.locator("motivo-reasons li").first().waitFor();
      expect(await page.locator("motivo-reasons li").count()).toBe(reasons.length);
      expect(await page.locator("motivo-reasons svg[role=img]").count()).toBe(reasons.length);
      for (const { text } of reasons)
        expect(await page.locator("motivo-reasons li").getByText(text).isVisible()).toBe(true);
      const background = await page.evaluate(
        "getComputedStyle(document.querySelector('motivo-reasons').shadowRoot.querySelector('section')).backgroundColor",
      );
      expect(background).toBe(scheme === "light" ? "rgb(255, 255, 255)" : "rgb(24, 33, 31)");
      expect(
        Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth")),
      ).toBeLessThanOrEqual(0);
      await page.screenshot({
        path: join(pictures, `component${path.replace("/", "-")}-${width}-${scheme}.png`),
      });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => [id, nodes[0]?.html]),
      ).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it("says each bar with its side, number and margin, for on the right whatever a high output means", async () => {
    const { page, close } = await open("/by-address");
    await page.locator("motivo-reasons li").first().waitFor();
    const said = await page.evaluate(
      "[...document.querySelector('motivo-reasons').shadowRoot.querySelectorAll('svg[role=img]')].map(shape => shape.getAttribute('aria-label'))",
    );
    expect(said).toEqual([
      "against: −0.14 (−0.16 … −0.12)",
      "against: −0.14 (−0.16 … −0.12)",
      "against: −0.06 (−0.09 … −0.03)",
      "for: +0.12 (+0.11 … +0.13)",
    ]);
    await page.locator("motivo-reasons summary").press("Enter");
    expect(await page.locator("motivo-reasons tbody tr").count()).toBe(4);
    await close();
  });

  it("takes its words, heading and links from its attributes, and no address that is no page", async () => {
    const { page, close } = await open("/by-attribute");
    expect(await page.getByRole("heading", { level: 3 }).textContent()).toBe("Por que não");
    expect(await page.getByText("quase certo").count()).toBe(1);
    const links = page.locator("motivo-reasons a");
    expect([await links.count(), await links.first().getAttribute("href")]).toEqual([1, "/all"]);
    await page.evaluate("document.querySelector('motivo-reasons').lang = 'en'");
    expect(await page.getByText("almost certain").count()).toBe(1);
    await close();
  });

  it("shows what stands inside it, or says that it cannot, when the decision does not come", async () => {
    const { page, close } = await open("/failing");
    expect(await page.getByText("In words.").isVisible()).toBe(true);
    await page.waitForFunction(
      "[...document.querySelectorAll('motivo-reasons')].every(one => one.shadowRoot.querySelector('slot'))",
    );
    const instead = page.getByText("The reasons cannot be shown just now.");
    expect(await instead.count()).toBe(2);
    for (const one of await instead.all()) expect(await one.isVisible()).toBe(true);
    await close();
  });

  it("takes a property, says so by an event, and is not overwritten by an earlier address", async () => {
    const { page, close } = await open("/overtaken");
    const shown = await page.evaluate(
      `new Promise(resolve => {
        const element = document.querySelector("motivo-reasons");
        element.addEventListener("motivo-shown", () => resolve(element.decision.reasons.length));
        element.decision = ${JSON.stringify(decision)};
      })`,
    );
    expect(shown).toBe(4);
    await page.waitForTimeout(500);
    expect(await page.locator("motivo-reasons li").count()).toBe(4);
    await page.evaluate("document.querySelector('motivo-reasons').decision = null");
    expect(await page.locator("motivo-reasons li").count()).toBe(0);
    await close();
  });

  it("writes what a decision says as text, never as markup", async () => {
    const { page, close } = await open("/overtaken");
    const hostile = { ...decision, reasons: [{ ...reasons[0], text: "<img src=x onerror=alert(1)>" }] };
    await page.evaluate(`document.querySelector("motivo-reasons").decision = ${JSON.stringify(hostile)}`);
    expect(await page.locator("motivo-reasons img").count()).toBe(0);
    expect(
      await page.locator("motivo-reasons li").getByText("<img src=x onerror=alert(1)>").isVisible(),
    ).toBe(true);
    await close();
  });

  it("does not run when its bytes are not those of the hash", async () => {
    const { page, complaints, close } = await open("/other-bytes");
    expect(await page.getByText("In words.").isVisible()).toBe(true);
    expect(complaints.join()).toContain("integrity");
    await close();
  });
});

describe("the component's address", () => {
  const component = reasonsComponent();

  it("names a version whose bytes do not change any more", () => {
    const hash = `sha384-${createHash("sha384").update(component.bytes).digest("base64")}`;
    expect([component.version, component.integrity]).toEqual([component.version, hash]);
    expect(RELEASED[component.version]).toBe(hash);
  });

  it("gives them to pages of other sites, to be kept for ever, and nothing at any other name", async () => {
    const { app } = await openBank();
    const response = await app.request(component.path);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(component.bytes);
    for (const path of ["/components/motivo-reasons-0.9.0.js", "/components/tsconfig.json"])
      expect((await app.request(path)).status).toBe(404);
    expect((await app.request("/")).headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  it("weighs little and asks for nothing that a strict policy refuses", () => {
    const source = new TextDecoder().decode(component.bytes);
    expect(component.bytes.length).toBeLessThan(20_000);
    expect(source).not.toMatch(
      /innerHTML|outerHTML|insertAdjacent|\beval\(|new Function|\.style\b|import\(|^import /m,
    );
  });
});
