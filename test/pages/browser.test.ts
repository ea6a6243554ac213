import { mkdtempSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Bank, KEPT_KEY, openBank, REFUSED_ID } from "./bank.ts";
import { CORRECTION_ID, REVIEW_ID } from "./office.ts";
import { EXPORT } from "./overseer.ts";
import { ASKED_SOMETHING_ID, REFUSED_REQUEST_ID } from "./requests.ts";

const PUBLIC = ["/", "/sign-in", "/certificate", "/nowhere"];
const CUSTOMER = [
  "/me",
  `/me/decisions/${REFUSED_ID}`,
  "/me/copy",
  "/me/erase",
  "/me/requests",
  `/me/requests/${REFUSED_ID}`,
  `/me/requests/${ASKED_SOMETHING_ID}`,
  `/me/requests/${REFUSED_REQUEST_ID}`,
  `/me/ask/review?decision=${REFUSED_ID}`,
  `/me/ask/correction?decision=${REFUSED_ID}`,
  "/me/ask/objection",
  "/me/ask/restriction",
  "/me/ask/consent_revocation",
  "/me/ask/recipients",
  "/me/mandates",
];
/** While acting for somebody. */
const ACTING = ["/me/acting", "/me", `/me/requests/${ASKED_SOMETHING_ID}`, "/me/mandates"];
const AUDITOR = [
  "/audit/decisions",
  `/audit/decisions/${REFUSED_ID}`,
  "/audit/entries/76",
  "/audit/entries/71",
  "/audit/models",
  "/audit/models/german-credit/13",
  "/audit/log",
  "/audit/log?kept=84",
];

const OPERATOR = [
  "/operator",
  "/operator/requests",
  `/operator/requests/${CORRECTION_ID}`,
  "/operator/intake",
  "/operator/mandates",
  "/operator/holds",
  "/operator/models",
  "/operator/keys",
  "/operator/log",
  "/operator/incident",
  "/operator/incident?from=2026-08-18T09:00&to=&model=german-credit&version=&actor=&aware=2026-08-20T09:00",
];
const REVIEWER = ["/reviews", `/reviews/${REVIEW_ID}`];
const PRODUCT = ["/product", "/product/models/german-credit"];

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
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function visit(
  role: "subject" | "representative" | "auditor" | "product" | "operator" | "reviewer" | null,
  look: { width: number; scheme: "light" | "dark"; locale: string },
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.scheme,
    locale: look.locale,
    baseURL: origin,
  });
  const page = await context.newPage();
  if (role !== null) await page.goto(`/enter?token=${role === "representative" ? "subject" : role}-token`);
  if (role === "representative") {
    await page.goto("/me/mandates");
    await page.locator("form[action$='/act'] button").first().click();
  }
  return { context, page };
}

const WIDTHS = [360, 1280];
/** Each page at both widths in both schemes; axe meets it at each width and in each scheme once, not in every pair of them. */
const LOOKS = [
  { width: 360, scheme: "light", locale: "pt-BR" },
  { width: 1280, scheme: "dark", locale: "en-GB" },
] as const;

describe.each(LOOKS)("$scheme, $locale", (look) => {
  it.each([
    [null, PUBLIC],
    ["subject", CUSTOMER],
    ["representative", ACTING],
    ["auditor", AUDITOR],
    ["product", PRODUCT],
    ["operator", OPERATOR],
    ["reviewer", REVIEWER],
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
      for (const width of WIDTHS.toSorted((a, b) => Number(a === look.width) - Number(b === look.width))) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0);
        const name = `${role === "representative" ? "acting" : ""}${path.replaceAll(/[/?&=:]/g, "_")}-${width}-${look.scheme}.png`;
        // A picture of a page this long costs more than all else here: it is taken for whoever asked for a folder of them.
        if (process.env.MOTIVO_SCREENSHOTS)
          await page.screenshot({ path: join(pictures, name), fullPage: true });
      }
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

describe("the verifier on the page of the log", () => {
  it("says in the reader's browser that a fetched export holds, and where a changed file does not", async () => {
    const { context, page } = await visit("auditor", { width: 1280, scheme: "light", locale: "en-GB" });
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto("/audit/log");
    await page.getByRole("button", { name: "Fetch the export and verify" }).click();
    const said = page.locator("[data-said]");
    await said.getByText("Holds. Verified in this browser").waitFor();
    expect(await page.locator("form[data-verify] pre").textContent()).toMatch(/^VERIFIED\./);

    const changed = EXPORT.replace(/"hour":(\d)/, (_, digit) => `"hour":${digit === "4" ? 5 : 4}`);
    expect(changed).not.toBe(EXPORT);
    const file = { name: "log.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from(changed) };
    await page.getByLabel("A file that you downloaded").setInputFiles(file);
    await page.getByRole("button", { name: "Verify the file" }).click();
    await said.getByText("Does not hold:").waitFor();
    expect(await page.locator("form[data-verify] pre").textContent()).toMatch(/^REFUSED/);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("without scripts", () => {
  async function withoutScripts(): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 360, height: 800 },
      javaScriptEnabled: false,
      locale: "en-GB",
      baseURL: origin,
      acceptDownloads: true,
    });
    return context.newPage();
  }

  it("a customer signs in, reads a decision, takes the copy and erases", async () => {
    const page = await withoutScripts();
    await page.goto("/");
    await page.getByRole("link", { name: "See my decisions" }).click();
    await page.getByLabel("Token").fill("subject-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(new URL(page.url()).pathname).toBe("/me");

    await page.getByRole("link", { name: "Credit application" }).first().click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
      "Your application for a loan was not approved.",
    );
    const sentence = page.getByText("What the loan is for (retraining) weighed against approval.").first();
    expect(await sentence.isVisible()).toBe(true);
    const small = page.getByText("may not have counted.").first();
    expect(await small.isVisible()).toBe(false);
    await page.getByText(/^Show the 10 small reasons/).click();
    expect(await small.isVisible()).toBe(true);

    await page.getByRole("link", { name: "Erase my data" }).click();
    const [copy] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download the copy" }).click(),
    ]);
    expect(copy.suggestedFilename()).toMatch(/^motivo-.*\.json$/);

    const before = bank.calls.length;
    // What erasing would end is named, and has a box of its own.
    expect(await page.getByRole("link", { name: "Review a decision" }).isVisible()).toBe(true);
    await page.getByLabel("I understand that this cannot be undone.").check();
    await page.getByLabel("I understand that erasing now ends what is open.").check();
    await page.getByRole("button", { name: "Confirm the erasure" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Your data has been erased.");
    expect(bank.calls.slice(before).map(({ verb }) => verb)).toEqual(["eraseMe"]);
    await page.screenshot({ path: join(pictures, "erased-360-light.png"), fullPage: true });
    const [key] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Keep the key as a file" }).click(),
    ]);
    const kept = readFileSync(await key.path(), "utf8");
    expect([key.suggestedFilename(), JSON.parse(kept)]).toEqual([
      "motivo-erasure-key.json",
      { keys: [KEPT_KEY] },
    ]);
    await page.goto("/certificate");
    await page.getByLabel("The key that you kept").fill(kept.replace(KEPT_KEY.tagKey.slice(0, 4), "AAAA"));
    await page.getByRole("button", { name: "Download the certificate" }).click();
    expect(await page.getByRole("alert").textContent()).toBe("The record has no entries of this key.");
    await page.getByLabel("The key that you kept").fill(kept);
    const [certificate] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the certificate" }).click(),
    ]);
    expect(certificate.suggestedFilename()).toBe("motivo-erasure.ndjson");
    await page.goto("/me");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.context().close();
  });

  it("a customer gets a copy of everything: asks, sees how far it is, fetches it, and takes it away", async () => {
    const page = await withoutScripts();
    await page.goto("/enter?token=subject-token");
    await page.goto("/me/copy");
    await page.getByRole("button", { name: "Make the copy", exact: true }).click();
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("4");
    expect(await page.getByText("4 of 12 entries").last().isVisible()).toBe(true);
    await page.screenshot({ path: join(pictures, "copy-making-360-light.png"), fullPage: true });
    // By itself, without scripts.
    await page.getByRole("heading", { name: "The copy is ready" }).waitFor({ timeout: 20_000 });
    for (const name of ["access.pdf", "access.json", "decisions.csv", "access-proof.ndjson"]) {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name, exact: true }).click(),
      ]);
      expect(file.suggestedFilename()).toBe(name);
    }
    await page.screenshot({ path: join(pictures, "copy-ready-360-light.png"), fullPage: true });
    await page.getByRole("button", { name: "Delete this copy" }).click();
    expect(await page.getByRole("heading", { name: "The copy is ready" }).count()).toBe(0);
    const made = bank.calls.map(({ verb }) => verb).filter((verb) => verb.includes("Copy"));
    expect(made).toEqual(["askCopy", ...Array<string>(4).fill("handOverCopy"), "removeCopy"]);
    await page.context().close();
  });

  it("a product team tries a decision from the start page, is told what is refused, and reads why in both languages", async () => {
    const page = await withoutScripts();
    await page.goto("/");
    await page.getByRole("link", { name: "Try it" }).click();
    await page.getByLabel("Token").fill("product-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(new URL(page.url()).pathname).toBe("/product");
    expect(await page.getByText("Not a decision: explained, not recorded").isVisible()).toBe(true);
    // The first screen answers already: the reasons of the package's example, drawn and said.
    expect(await page.locator(".plain-reasons svg[role=img]").count()).toBe(4);

    await page.getByLabel("Length of the loan").fill("96");
    await page.getByRole("button", { name: "Explain" }).click();
    const field = page.getByLabel("Length of the loan");
    expect([await field.inputValue(), await field.getAttribute("aria-invalid")]).toEqual(["96", "true"]);
    expect(await page.getByRole("alert").getByText("out_of_range").isVisible()).toBe(true);
    await page.getByRole("alert").getByRole("link", { name: "Length of the loan" }).click();

    await field.fill("24");
    await page.getByLabel("What the loan is for").selectOption("retraining");
    await page.getByLabel("Language of the reasons").selectOption("en");
    await page.getByRole("button", { name: "Explain" }).click();
    expect(bank.calls.at(-1)).toMatchObject({
      verb: "tryDecision",
      with: { client: "aurora-app", language: "en", inputs: { duration_months: 24, purpose: "retraining" } },
    });
    expect(await page.locator('ol[lang="pt-BR"] li').count()).toBe(4);
    expect(await page.locator('ol[lang="en"] li').count()).toBe(4);
    expect(await page.getByText('"duration_months": 24').first().isVisible()).toBe(true);
    await page.context().close();
  });

  it("an operator sees from the start page what is due, extends and refuses, and measures an incident", async () => {
    const page = await withoutScripts();
    await page.goto("/");
    await page.getByRole("link", { name: "Open operations" }).click();
    await page.getByLabel("Token").fill("operator-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(new URL(page.url()).pathname).toBe("/operator");
    expect(await page.getByText("One deadline is today.").isVisible()).toBe(true);
    // The row that is due today comes first, and the way to it is a button.
    await page.getByRole("link", { name: "Attend to: Complete access" }).click();
    await page.goto(`/operator/requests/${CORRECTION_ID}`);

    await page.getByText("Extend", { exact: true }).first().click();
    await page.getByLabel("Reasons, for the person to read").first().fill("Too late by far.");
    await page.getByRole("button", { name: "Extend" }).click();
    expect(await page.getByText("extension_too_late").isVisible()).toBe(true);
    // What was typed is still there.
    expect(await page.getByLabel("Reasons, for the person to read").first().inputValue()).toBe(
      "Too late by far.",
    );

    await page.getByText("Refuse", { exact: true }).first().click();
    const refuse = page.locator('form[action$="/refuse"]');
    await refuse.getByLabel("Ground").selectOption("accurate");
    await refuse.getByLabel("Reasons, for the person to read").fill("The contract says 30.");
    await refuse.getByRole("button", { name: "Refuse" }).click();
    expect(bank.calls.at(-1)).toMatchObject({
      verb: "takeStep",
      with: { which: CORRECTION_ID, step: "refuse", ground: "accurate", text: "The contract says 30." },
    });
    expect(await page.getByText("Done. It is on the record.").isVisible()).toBe(true);

    await page.getByRole("link", { name: "Incident" }).click();
    await page.getByLabel("From").fill("2026-08-18T09:00");
    await page.getByLabel("Model").selectOption("german-credit");
    await page.getByRole("button", { name: "See who was touched" }).click();
    expect(await page.getByRole("heading", { name: "398 people touched" }).isVisible()).toBe(true);
    expect(bank.calls.at(-1)).toMatchObject({
      verb: "incidentScope",
      with: { from: new Date("2026-08-18T12:00:00Z"), model: "german-credit" },
    });
    await page.getByLabel("These people must be told.").check();
    const [ids] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the ids" }).click(),
    ]);
    expect(ids.suggestedFilename()).toBe("motivo-incident.csv");
    await page.context().close();
  });

  it("an operator publishes, rolls back, places a hold and closes an epoch only when it is confirmed", async () => {
    const page = await withoutScripts();
    await page.goto("/enter?token=operator-token");
    await page.getByRole("link", { name: "Models", exact: true }).first().click();
    await page.getByRole("button", { name: "Roll back to 13" }).click();
    expect(bank.calls.at(-1)).toEqual({
      verb: "moveAlias",
      with: { model: "german-credit", alias: "champion", version: 13 },
    });
    const files = ["model.yaml", "background.csv"].map((name) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from("x"),
    }));
    await page.getByLabel("Folder of the package, or its files").setInputFiles(files);
    await page.getByRole("button", { name: "Check and publish" }).click();
    expect(await page.getByText("/model.onnx").isVisible()).toBe(true);

    await page.goto("/operator/holds");
    await page.getByLabel("The person's id").fill("eva");
    await page.getByLabel("Ground").fill("Case 12, LGPD 16 I");
    await page.getByRole("button", { name: "Place" }).click();
    expect(bank.calls.at(-1)).toEqual({
      verb: "placeHold",
      with: { subject: "eva", ground: "Case 12, LGPD 16 I" },
    });

    await page.goto("/operator/keys");
    await page.getByLabel("I understand that the epoch's key will be destroyed.").check();
    await page.getByRole("button", { name: "Close the epoch" }).click();
    expect(bank.calls.at(-1)!.verb).toBe("closeEpoch");
    await page.context().close();
  });

  it("a reviewer opens a case from the start page and concludes it with grounds", async () => {
    const page = await withoutScripts();
    await page.goto("/");
    await page.getByRole("link", { name: "Sign in to review" }).click();
    await page.getByLabel("Token").fill("reviewer-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Open the case" }).click();
    expect(await page.getByText("Meu contrato de trabalho mudou").isVisible()).toBe(true);
    await page.getByLabel("Change to").check();
    await page.getByLabel("Grounds, for the person to read").fill("Four years in the job were shown.");
    await page.getByRole("button", { name: "Conclude the review" }).click();
    expect(bank.calls.at(-1)).toMatchObject({
      verb: "concludeReview",
      with: { result: "changed", outcome: "approved", grounds: "Four years in the job were shown." },
    });
    expect(await page.getByText("The review is concluded and on the record.").isVisible()).toBe(true);
    await page.context().close();
  });

  it("an auditor compares with a kept checkpoint, and reads the command where no script runs", async () => {
    const page = await withoutScripts();
    await page.goto("/enter?token=auditor-token");
    await page.getByRole("link", { name: "Log", exact: true }).click();
    expect(await page.getByRole("button", { name: "Fetch the export and verify" }).isVisible()).toBe(false);
    expect(await page.getByText("node audit/cli.ts verify motivo-log.ndjson").isVisible()).toBe(true);
    await page.getByLabel("The checkpoint you kept, or its size alone").fill("84");
    await page.getByRole("button", { name: "Compare" }).click();
    expect(await page.getByText("Checked by the server.").isVisible()).toBe(true);
    await page.getByRole("link", { name: "Models", exact: true }).click();
    expect(await page.locator(".swarms svg[role=img]").count()).toBeGreaterThan(40);
    await page.context().close();
  });

  it("an auditor filters, opens a decision and an erased entry, changes language and theme, signs out", async () => {
    const page = await withoutScripts();
    await page.goto("/audit/decisions?outcome=refused");
    await page.getByLabel("Token").fill("auditor-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(page.url()).toBe(`${origin}/audit/decisions?outcome=refused`);
    expect(await page.getByText("Not approved", { exact: true }).count()).toBeGreaterThan(0);
    expect(await page.getByText("Approved", { exact: true }).count()).toBe(0);

    await page.getByLabel("Outcome").fill("");
    await page.getByLabel("From").fill("2026-08-01");
    await page.getByRole("button", { name: "Show" }).click();
    expect(bank.calls.at(-1)!.with).toEqual({ filter: { from: "2026-08-01" }, cursor: undefined });
    await page.getByRole("link", { name: "entry 76" }).click();
    expect(await page.getByText("Justifies the erasure of 2 entries").isVisible()).toBe(true);

    await page.goto("/audit/decisions");
    await page.getByRole("link", { name: "84", exact: true }).click();
    expect(await page.getByText("Holds.").first().isVisible()).toBe(true);
    await page.getByRole("link", { name: "Português" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain("Entrada 84");
    await page.getByRole("link", { name: "Tema escuro" }).click();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    await page.getByRole("button", { name: "Sair" }).click();
    await page.goto("/audit/decisions");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.context().close();
  });
});
