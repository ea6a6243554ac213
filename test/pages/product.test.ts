import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { Problem } from "../../src/errors.ts";
import { type Service, startService } from "../../src/node.ts";
import { reasonsComponent } from "../../src/pages/component.ts";
import { curlCall } from "../../src/pages/product/calls.ts";
import { exampleTyped, inputsOf } from "../../src/pages/product/form.ts";
import { type Bank, german, openBank } from "./bank.ts";

const run = promisify(execFile);
const plain = (html: string) =>
  html
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
/** The code blocks under a caption, as somebody copies them. */
const blocks = (page: string, caption: string) =>
  [...page.matchAll(/<figcaption>([^<]*)<\/figcaption><pre tabindex="0"><code>([\s\S]*?)<\/code>/g)]
    .filter(([, name]) => name === caption)
    .map(([, , text]) => plain(text!));
const csrfIn = (page: string) => /name="csrf" value="([^"]+)"/.exec(page)![1]!;

async function signedIn(
  request: (path: string, init?: RequestInit) => Response | Promise<Response>,
  token: string,
) {
  const entered = await request(`/enter?token=${token}`, { redirect: "manual" });
  const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0]!;
  const headers = { cookie, "accept-language": "en" };
  return {
    read: async (path: string) => (await request(path, { headers })).text(),
    send: async (path: string, form: Record<string, string>) => {
      const response = await request(path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(form).toString(),
      });
      return { status: response.status, headers: response.headers, page: await response.text() };
    },
  };
}

const typedForm = (typed: Record<string, string>) =>
  Object.fromEntries(Object.entries(typed).map(([name, value]) => [`input:${name}`, value]));

describe("what was typed", () => {
  it("goes to the model as the API would be sent it", () => {
    expect(inputsOf(german, exampleTyped(german))).toEqual(german.example.inputs);
  });

  it.each([
    ["48", 48],
    [" 48 ", 48],
    ["4.5e1", 45],
    ["-1", -1],
    ["1,5", "1,5"],
    ["0x10", "0x10"],
    ["Infinity", "Infinity"],
    ["1e999", Number.POSITIVE_INFINITY],
  ])("as %j in a number's field is %j", (typed, value) => {
    expect(inputsOf(german, { duration_months: typed })).toEqual({ duration_months: value });
  });

  it("as nothing is absent, so that it is said to be missing", () => {
    expect(inputsOf(german, { duration_months: "  ", purpose: "" })).toEqual({});
  });
});

describe("the page to try a decision", () => {
  let bank: Bank;
  const open = (changed: Parameters<typeof openBank>[0] = {}) =>
    openBank(changed).then(async (opened) => {
      bank = opened;
      return signedIn((path, init) => opened.app.request(path, init), "product-token");
    });

  it("has a field for each feature, with its words, unit, range and every category", async () => {
    const page = await (await open()).read("/product");
    for (const feature of german.features) {
      expect(page).toContain(`name="input:${feature.name}"`);
      expect(page).toContain(`<code>${feature.name}</code>`);
      if (feature.type !== "category") continue;
      for (const { value } of feature.values) expect(plain(page)).toContain(`<option value="${value}"`);
    }
    expect(page).toContain("whole, 4 – 72 months");
  });

  it("shows the component with its address and hash, and holds what it is fed", async () => {
    const page = await (await open()).read("/product");
    const { path, integrity } = reasonsComponent();
    expect(page).toContain(`<script type="module" src="${path}" integrity="${integrity}"></script>`);
    const [embedded] = blocks(page, "HTML");
    expect(embedded).toContain(`integrity="${integrity}"`);
    expect(embedded).toContain(path);
    const fed = JSON.parse(plain(/<motivo-reasons [^>]*decision="([^"]*)"/.exec(page)![1]!));
    expect(Object.keys(fed)).toEqual(["language", "reasons", "attributions"]);
    expect(Object.keys(fed.attributions)).toEqual(
      fed.reasons.map(({ feature }: { feature: string }) => feature),
    );
  });

  it("keeps what was typed when a value is refused, hostile or not, and writes it as text", async () => {
    const { read, send } = await open();
    const hostile = '"><script>alert(1)</script>';
    const csrf = csrfIn(await read("/product"));
    const { status, page } = await send("/product/models/german-credit", {
      csrf,
      ...typedForm({ ...exampleTyped(german), duration_months: hostile, purpose: hostile, amount_dm: "" }),
    });
    expect(status).toBe(422);
    expect(page).not.toContain("<script>alert");
    expect(plain(page)).toContain(`value="${hostile}"`);
    for (const code of ["invalid_type", "unseen_category", "missing_feature"])
      expect(page).toContain(`<code>${code}</code>`);
    expect(page.match(/aria-invalid="true"/g)).toHaveLength(3);
  });

  it("opens the folded fields when one of them is refused", async () => {
    const { read, send } = await open();
    const csrf = csrfIn(await read("/product"));
    const form = typedForm({ ...exampleTyped(german), age_years: "3" });
    const { page } = await send("/product/models/german-credit", { csrf, ...form });
    expect(page).toContain('<details class="more-fields" open>');
    expect(await read("/product")).toContain('<details class="more-fields">');
  });

  it("says when the tries of the hour are used up, and keeps the form", async () => {
    const { read, send } = await open({
      tryDecision: async () => {
        throw new Problem("too_many_dry_runs", undefined, { retryAfterSeconds: 125 });
      },
    });
    const csrf = csrfIn(await read("/product"));
    const form = typedForm({ ...exampleTyped(german), duration_months: "11" });
    const { status, headers, page } = await send("/product/models/german-credit", { csrf, ...form });
    expect([status, headers.get("retry-after")]).toEqual([429, "125"]);
    expect(page).toContain("Come back in 3 min.");
    expect(page).toContain('value="11"');
  });

  it("is refused for a model that is not there, and says so where none is", async () => {
    const { read } = await open({ productModels: async () => [] });
    expect(await read("/product/models/german-credit")).toContain(">unknown_model<");
    expect(await read("/product")).toContain("motivo publish");
    expect(bank.calls).toEqual([]);
  });
});

describe("the calls that the page shows", () => {
  let folder: string;
  let service: Service;
  let page: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "motivo-calls-"));
    service = await startService(
      readConfig({ PORT: "0", MOTIVO_DATA: join(folder, "data"), MOTIVO_WORKERS: "1" }),
      { logger: pino({ level: "silent" }) },
    );
    const { read, send } = await signedIn(
      (path, init) => fetch(service.url + path, init),
      service.dev!.tokens.product,
    );
    const csrf = csrfIn(await read("/product"));
    const typed = { ...exampleTyped(german), purpose: "other", amount_dm: "5000" };
    ({ page } = await send("/product/models/german-credit", { csrf, language: "en", ...typedForm(typed) }));
  });
  afterAll(async () => {
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const env = () => ({ ...process.env, MOTIVO_TOKEN: service.dev!.tokens.product });

  it("are made for the address under which it was read", () => {
    expect(blocks(page, "sh")).toEqual([`export MOTIVO_URL=${service.url}\nexport MOTIVO_TOKEN=`]);
  });

  it("run as they stand with curl, one decision and a batch", async () => {
    const [one, many] = blocks(page, "curl");
    const before = (await service.deps.log.head()).size;
    const single = await run("bash", ["-c", one!], { env: { ...env(), MOTIVO_URL: service.url } });
    expect(JSON.parse(single.stdout)).toMatchObject({ model: "german-credit", language: "en" });
    const batch = await run("bash", ["-c", many!], { env: { ...env(), MOTIVO_URL: service.url } });
    expect(JSON.parse(batch.stdout)).toMatchObject({ decided: 1, refused: 0 });
    expect((await service.deps.log.head()).size).toBe(before + 2);
  });

  it("hand any text on as it is: the shell finds nothing in it to run", async () => {
    const inputs = { note: "it's `id` $(id) $HOME \\ \"\nJSON\n", amount: 5 };
    const call = curlCall({ model: "any", subject: "João\u2028", language: "pt-BR", inputs });
    const { stdout } = await run("bash", ["-c", `curl() { cat; }\n${call}`]);
    expect(JSON.parse(stdout)).toEqual({ subject: "João\u2028", language: "pt-BR", inputs });
  });

  it("run as they stand with Node in TypeScript, and print the reasons that the page shows", async () => {
    const [call] = blocks(page, "TypeScript · node decide.mts");
    const file = join(folder, "decide.mts");
    writeFileSync(file, call!);
    const { stdout } = await run(process.execPath, [file], { env: { ...env(), MOTIVO_URL: service.url } });
    const [outcome, ...reasons] = stdout.trim().split("\n");
    expect(outcome).toBe(/"outcome": "([a-z]+)"/.exec(plain(page))![1]);
    // Sampled twice, so reasons that weigh alike may change places.
    expect(reasons.filter((text) => plain(page).includes(`<li>${text}</li>`)).length).toBeGreaterThan(0);
  });
});
