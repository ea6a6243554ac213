import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type ServerType, serve } from "@hono/node-server";
import chromiumPackage from "@sparticuz/chromium";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bank, openBank, REFUSED_ID } from "./bank.ts";

const PUBLIC = ["/", "/sign-in", "/nowhere"];
const CUSTOMER = ["/me", `/me/decisions/${REFUSED_ID}`, "/me/erase"];
const AUDITOR = [
  "/audit/decisions",
  `/audit/decisions/${REFUSED_ID}`,
  "/audit/entries/76",
  "/audit/entries/71",
];
const ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-quic"];

let browser: Browser;
let server: ServerType;
let bank: Bank;
let origin: string;
/** Kept for whoever wants to look: MOTIVO_SCREENSHOTS names another folder. */
const pictures = process.env.MOTIVO_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "motivo-pages-"));

beforeAll(async () => {
  bank = await openBank();
  server = serve({ fetch: bank.app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch({
    executablePath: await chromiumPackage.executablePath(),
    args: ARGUMENTS,
    headless: true,
  });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function visit(
  role: "subject" | "auditor" | null,
  look: { width: number; scheme: "light" | "dark"; locale: string },
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.scheme,
    locale: look.locale,
    baseURL: origin,
  });
  const page = await context.newPage();
  if (role !== null) await page.goto(`/enter?token=${role}-token`);
  return { context, page };
}

const LOOKS = [
  { width: 360, scheme: "light", locale: "pt-BR" },
  { width: 360, scheme: "dark", locale: "en-GB" },
  { width: 1280, scheme: "light", locale: "pt-BR" },
  { width: 1280, scheme: "dark", locale: "en-GB" },
] as const;

describe.each(LOOKS)("at $width px, $scheme, $locale", (look) => {
  it.each([
    [null, PUBLIC],
    ["subject", CUSTOMER],
    ["auditor", AUDITOR],
  ] as const)("pages for %s fit, weigh little, load no foreign thing and pass axe", async (role, paths) => {
    const { context, page } = await visit(role, look);
    const complaints: string[] = [];
    const foreign: string[] = [];
    page.on("console", (message) => {
      // A page that is refused says so; anything else a browser complains of is ours (CSP, missing files).
      if (message.type() === "error" && !/status of 404/.test(message.text()))
        complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(origin)) foreign.push(request.url());
    });
    for (const path of paths) {
      const response = await page.goto(path);
      expect((await response!.body()).length, path).toBeLessThanOrEqual(100_000);
      await page.evaluate("document.fonts.ready.then(() => null)");
      const overflow = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
      expect(overflow, path).toBeLessThanOrEqual(0);
      const name = `${path.replaceAll("/", "_")}-${look.width}-${look.scheme}.png`;
      await page.screenshot({ path: join(pictures, name), fullPage: true });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [path, id, nodes[0]?.html, nodes[0]?.failureSummary])).toEqual(
        [],
      );
    }
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await context.close();
  });
});
