import { beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../../src/errors.ts";
import { PAGE_ROUTES, type PageRoute } from "../../src/pages/access.ts";
import { type Bank, openBank, REFUSED_ID, recordOf, TOKENS } from "./bank.ts";
import { HELD_ID, REPRESENTED } from "./mandates.ts";

let bank: Bank;
beforeEach(async () => {
  bank = await openBank();
});

const addressOf = (path: string) =>
  path
    .replace(":id", REFUSED_ID)
    .replace(":index", "76")
    .replace(":file", "none")
    .replace(":version", "14")
    .replace(":step", "extend")
    .replace(":act", "check")
    .replace(":model", "german-credit");

async function cookieOf(token: string, { app }: Bank = bank): Promise<string> {
  const response = await app.request("/session", {
    method: "POST",
    body: new URLSearchParams({ token }),
    headers: { "sec-fetch-site": "same-origin" },
  });
  return (response.headers.get("set-cookie") ?? "").split(";")[0]!;
}

/** A session of any role, those included whose tokens the sign-in form refuses. */
async function sessionOf(token: string): Promise<string> {
  const { app, deps } = await openBank();
  app.get("/let-in", async (c) => {
    await deps.sessions.start(c, TOKENS[token]!);
    return c.body(null);
  });
  return ((await app.request("/let-in")).headers.get("set-cookie") ?? "").split(";")[0]!;
}

const csrfIn = (page: string) => /name="csrf" value="([^"]+)"/.exec(page)![1]!;

describe("who may open what", () => {
  const roles = ["subject", "auditor", "product", "operator", "reviewer"] as const;
  const guarded = (PAGE_ROUTES as readonly PageRoute[]).filter(({ access }) => access !== "public");

  it.each(guarded)("$method $path sends a stranger to sign in", async ({ method, path }) => {
    const response = await bank.app.request(addressOf(path), { method: method.toUpperCase() });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toMatch(/^\/sign-in/);
  });

  it.each(guarded.flatMap((route) => roles.map((role) => ({ ...route, role }))))(
    "$method $path for a session of $role",
    async ({ method, path, access, role }) => {
      const cookie = await sessionOf(`${role}-token`);
      const response = await bank.app.request(addressOf(path), {
        method: method.toUpperCase(),
        headers: { cookie },
      });
      // A form without its token is refused too, but for its own reason.
      const page = await response.text();
      if (role !== access)
        expect([response.status, page]).toEqual([403, expect.stringContaining(">forbidden<")]);
      else if (method === "post") expect(page).toContain(">invalid_csrf<");
      // The first screen of those who act for somebody leads away where they do not.
      else if (path === "/me/acting") expect(response.status).toBe(303);
      else expect(response.status).toBe(200);
    },
  );

  it.each(guarded.filter(({ proof }) => proof))(
    "$method $path needs the highest proof",
    async ({ method, path }) => {
      const cookie = await cookieOf("weak-subject-token");
      const response = await bank.app.request(addressOf(path), {
        method: method.toUpperCase(),
        headers: { cookie },
      });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain(">proof_level_too_low<");
    },
  );

  it("lets everybody read the start page and sign in", async () => {
    for (const path of ["/", "/sign-in"]) expect((await bank.app.request(path)).status).toBe(200);
  });
});

describe("whoever acts for somebody", () => {
  const acting = async () => {
    const cookie = await cookieOf("subject-token");
    const page = await (await bank.app.request("/me/mandates", { headers: { cookie } })).text();
    const begun = await bank.app.request(`/me/mandates/${HELD_ID}/act`, {
      method: "POST",
      headers: { cookie },
      body: new URLSearchParams({ csrf: csrfIn(page) }),
    });
    expect(begun.headers.get("location")).toBe("/me/acting");
    return { own: csrfIn(page), cookie: begun.headers.get("set-cookie")!.split(";")[0]! };
  };
  const used = () => bank.calls.filter(({ verb }) => verb === "actUnder").map(({ with: what }) => what);

  it("opens no page but those that say what a mandate must name, is marked on each, and is themselves on their own", async () => {
    const { cookie } = await acting();
    const routes = (PAGE_ROUTES as readonly PageRoute[]).filter(({ access }) => access === "subject");
    for (const { method, path, mandate, own } of routes.filter((one) => one.path !== "/me/acting/end")) {
      const before = used().length;
      const response = await bank.app.request(addressOf(path), {
        method: method.toUpperCase(),
        headers: { cookie },
      });
      const page = await response.text();
      const told = /mandate_not_accepted|mandate_out_of_scope|invalid_csrf/.exec(page)?.[0] ?? "shown";
      const outside = ["restriction", "consent_revocation", "recipients"].includes(mandate ?? "");
      const expected = own
        ? method === "post"
          ? "invalid_csrf"
          : "shown"
        : mandate === undefined
          ? "mandate_not_accepted"
          : outside
            ? "mandate_out_of_scope"
            : method === "post"
              ? "invalid_csrf"
              : "shown";
      expect([method, path, told]).toEqual([method, path, expected]);
      expect([path, used().slice(before)]).toEqual([
        path,
        own || mandate === undefined || outside ? [] : [`${method.toUpperCase()} ${path}`],
      ]);
      if (response.headers.get("content-type")?.startsWith("text/html") && response.status < 300)
        expect([path, page.includes(REPRESENTED), page.includes("pessoa-representada")]).toEqual([
          path,
          true,
          false,
        ]);
    }
  });

  it("cannot send for one person a form that was read for another", async () => {
    const { cookie, own } = await acting();
    const erase = (csrf: string) =>
      bank.app.request("/me/erase", {
        method: "POST",
        headers: { cookie },
        body: new URLSearchParams({ csrf, confirm: "yes", ends: "yes" }),
      });
    expect((await erase(own)).status).toBe(403);
    expect(bank.calls.filter(({ verb }) => verb === "eraseMe")).toEqual([]);
    const page = await (await bank.app.request("/me/erase", { headers: { cookie } })).text();
    const done = await erase(csrfIn(page));
    expect(done.status).toBe(200);
    // The person is erased; whoever acted is signed in still, as themselves.
    const after = done.headers.get("set-cookie")!.split(";")[0]!;
    const again = await bank.app.request("/me", { headers: { cookie: after } });
    expect([again.status, (await again.text()).includes('class="acting"')]).toEqual([200, false]);
  });

  it("is themselves again at a click, and when the mandate is over", async () => {
    const { cookie } = await acting();
    const { app } = await openBank({
      actUnder: async () => {
        throw new Problem("unknown_mandate");
      },
    });
    for (const [method, path] of [
      ["GET", "/me"],
      ["POST", "/me/erase"],
    ] as const) {
      const over = await app.request(path, { method, headers: { cookie } });
      expect([over.status, over.headers.get("location")]).toEqual([303, "/me/mandates?done=over"]);
      const freed = over.headers.get("set-cookie")!.split(";")[0]!;
      expect((await app.request("/me", { headers: { cookie: freed } })).status).toBe(200);
    }
    const page = await (await bank.app.request("/me/acting", { headers: { cookie } })).text();
    const stopped = await bank.app.request("/me/acting/end", {
      method: "POST",
      headers: { cookie },
      body: new URLSearchParams({ csrf: csrfIn(page) }),
    });
    const freed = stopped.headers.get("set-cookie")!.split(";")[0]!;
    const before = used().length;
    await bank.app.request("/me", { headers: { cookie: freed } });
    expect(used()).toHaveLength(before);
  });
});

describe("signing in", () => {
  it.each([
    ["", 422],
    ["nonsense", 401],
    ["old-token", 401],
    ["roleless-token", 401],
  ])(
    "with %j is refused beside the field, without repeating the token or starting a session",
    async (token, status) => {
      const response = await bank.app.request("/session", {
        method: "POST",
        body: new URLSearchParams({ token }),
      });
      expect(response.status).toBe(status);
      expect(response.headers.get("set-cookie")).toBeNull();
      const page = await response.text();
      expect(page).toContain('aria-invalid="true"');
      if (token) expect(page).not.toContain(token);
    },
  );

  it("from another site's form is refused", async () => {
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://elsewhere.example" },
    ];
    for (const headers of foreign) {
      const response = await bank.app.request("/session", {
        method: "POST",
        body: new URLSearchParams({ token: "subject-token" }),
        headers,
      });
      expect([response.status, response.headers.get("set-cookie")]).toEqual([403, null]);
    }
  });

  it.each([
    ["subject-token", "/me/erase", "/me/erase"],
    ["subject-token", "/audit/decisions", "/me"],
    ["auditor-token", "/audit/decisions?model=x", "/audit/decisions?model=x"],
    ["auditor-token", "//elsewhere.example/me", "/audit/decisions"],
    ["subject-token", "/meanwhile", "/me"],
    ["product-token", "/product/models/german-credit", "/product/models/german-credit"],
    ["product-token", "/me", "/product"],
    ["subject-token", "/products", "/me"],
  ])("with %s and the wish for %s leads to %s", async (token, next, location) => {
    const response = await bank.app.request("/session", {
      method: "POST",
      body: new URLSearchParams({ token, next }),
    });
    expect(response.headers.get("location")).toBe(location);
    expect(response.headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Lax/);
  });

  it("by link works in development and is not there otherwise", async () => {
    const link = "/enter?token=auditor-token";
    expect((await bank.app.request(link)).headers.get("location")).toBe("/audit/decisions");
    const { app } = await openBank({ development: false });
    expect((await app.request(link)).status).toBe(404);
  });

  it("ends only with the session's own token", async () => {
    const cookie = await cookieOf("subject-token");
    const end = (csrf: string) =>
      bank.app.request("/session/end", {
        method: "POST",
        headers: { cookie },
        body: new URLSearchParams({ csrf }),
      });
    expect((await end("other")).status).toBe(403);
    const page = await (await bank.app.request("/me", { headers: { cookie } })).text();
    const ended = await end(csrfIn(page));
    expect([ended.status, ended.headers.get("set-cookie")]).toEqual([
      303,
      expect.stringContaining("Max-Age=0"),
    ]);
  });
});

describe("what pages say", () => {
  it("escapes whatever people and packages bring along", async () => {
    const hostile = '"><script>alert(1)</script>';
    const record = { ...recordOf(0), client: hostile, reasons: [hostile], model: hostile };
    const { app } = await openBank({
      controller: hostile,
      contract: async (_model, version) => bank.deps.contract("german-credit", version),
      auditDecisions: async () => ({
        items: [{ logIndex: 1, hour: 1, model: hostile, version: 1, record, state: { state: "kept" } }],
        next: hostile,
        entry: 1,
      }),
      auditDecision: async () => ({
        ...(await bank.deps.auditDecision(TOKENS["auditor-token"]!, REFUSED_ID)),
        record,
      }),
    });
    const cookie = await cookieOf("auditor-token");
    for (const path of [
      `/audit/decisions?model=${encodeURIComponent(hostile)}`,
      `/audit/decisions/${REFUSED_ID}`,
      "/",
    ]) {
      const page = await (await app.request(path, { headers: { cookie } })).text();
      expect(page).not.toContain("<script>");
      expect(page).toContain("&lt;script&gt;");
    }
  });

  it("keeps an erased row in its place, with a link to the entry that justifies it", async () => {
    const cookie = await cookieOf("auditor-token");
    const page = await (
      await bank.app.request("/audit/decisions", { headers: { cookie, "accept-language": "en" } })
    ).text();
    const rows = page.split("<tr");
    const erased = rows.find((row) => row.includes(">71</a>"))!;
    expect(erased).toContain('class="erased"');
    expect(erased).toContain('href="/audit/entries/76"');
    expect(rows.find((row) => row.includes(">70</a>"))).toContain("pending");
  });

  it("gives an erased decision a page with its proof and its justification", async () => {
    const { app } = await openBank({
      auditDecision: async (actor, id) => ({
        ...(await bank.deps.auditDecision(actor, id)),
        record: null,
        state: { state: "erased", by: 76 },
      }),
    });
    const cookie = await cookieOf("auditor-token");
    const page = await (await app.request(`/audit/decisions/${REFUSED_ID}`, { headers: { cookie } })).text();
    expect(page).toContain('href="/audit/entries/76"');
    expect(page).toContain("proof-path");
    expect(page).not.toContain("waterfall");
  });

  it("has waterfall numbers that add up to the score as shown", async () => {
    const cookie = await cookieOf("auditor-token");
    const page = await (
      await bank.app.request(`/audit/decisions/${REFUSED_ID}`, {
        headers: { cookie, "accept-language": "en" },
      })
    ).text();
    const shown = [...page.matchAll(/<td class="number strong[^"]*">([^<]+)<\/td>/g)].map(([, text]) =>
      Math.round(Number(text!.replace("\u2212", "-").replace("+", "")) * 1e6),
    );
    expect(shown.length).toBeGreaterThan(18);
    expect(shown.slice(0, -1).reduce((sum, value) => sum + value, 0)).toBe(shown.at(-1));
    expect(page).toContain("\u22120.14");
  });

  it("passes filters on, names a field that cannot be used, and keeps what was typed", async () => {
    const cookie = await cookieOf("auditor-token");
    await bank.app.request("/audit/decisions?outcome=refused&version=1&from=&cursor=abc", {
      headers: { cookie },
    });
    expect(bank.calls).toEqual([
      { verb: "auditDecisions", with: { filter: { outcome: "refused", version: 1 }, cursor: "abc" } },
    ]);
    const refused = await bank.app.request("/audit/decisions?from=2026-02-30&model=kept", {
      headers: { cookie },
    });
    expect(refused.status).toBe(400);
    const page = await refused.text();
    expect(page).toContain('id="error-from"');
    expect(page).toContain('value="kept"');
    expect(bank.calls).toHaveLength(1);
  });

  it("shows an unforeseen failure with its code and nothing of its inside", async () => {
    const { app } = await openBank({
      logState: async () => {
        throw new Error("secret detail");
      },
    });
    const response = await app.request("/");
    expect(response.status).toBe(500);
    const page = await response.text();
    expect(page).toContain(">internal<");
    expect(page).not.toContain("secret detail");
  });

  it("says when to try again", async () => {
    const { app } = await openBank({
      logState: async () => {
        throw new Problem("overloaded", undefined, { retryAfterSeconds: 7 });
      },
    });
    const response = await app.request("/");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  it("says that a receipt does not hold when it does not", async () => {
    const { app } = await openBank({
      logProof: async (index) => ({ ...(await bank.deps.logProof(index)), root: "11".repeat(32) }),
    });
    const cookie = await cookieOf("subject-token");
    const page = await (await app.request(`/me/decisions/${REFUSED_ID}`, { headers: { cookie } })).text();
    expect(page).toContain("seal-broken");
    expect(page).not.toContain("seal-holds");
  });

  it("speaks the language and the theme of the cookie, which a link sets", async () => {
    const set = await bank.app.request("/preferences?language=en&theme=dark&back=/sign-in");
    expect([set.status, set.headers.get("location")]).toEqual([303, "/sign-in"]);
    const cookie = set.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    const page = await (
      await bank.app.request("/sign-in", { headers: { cookie, "accept-language": "pt-BR" } })
    ).text();
    expect(page).toContain('<html lang="en" data-theme="dark">');
  });
});

describe("a person's own", () => {
  it("pages stay light however much there is", async () => {
    const { myDecisions, requests } = bank.deps;
    const actor = TOKENS["subject-token"]!;
    const told = await myDecisions(actor);
    const mine = await requests.mine(actor);
    const many = <T>(some: readonly T[], count: number) =>
      Array.from({ length: count }, (_, i) => some[i % some.length]!);
    const { app } = await openBank({
      myDecisions: async () => ({ ...told, items: many(told.items, 400), opened: many(told.opened, 4000) }),
      requests: { ...requests, mine: async () => many(mine, 600) },
    });
    const cookie = await cookieOf("subject-token");
    for (const path of ["/me", "/me?after=25", "/me/requests", "/me/ask/review"]) {
      const page = await (await app.request(path, { headers: { cookie } })).text();
      expect(Buffer.byteLength(page), path).toBeLessThan(100_000);
      expect(page, path).toContain("</html>");
    }
    const second = await (await app.request("/me?after=25", { headers: { cookie } })).text();
    expect(second).toContain("/me?after=50");
  });

  it("copy is a download that no cache keeps", async () => {
    const cookie = await cookieOf("subject-token");
    const response = await bank.app.request("/me/access", { headers: { cookie } });
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="motivo-2026-08-20.json"');
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ controller: "Banco Aurora" });
  });

  it("decision of another person is not found", async () => {
    const cookie = await cookieOf("subject-token");
    const response = await bank.app.request("/me/decisions/00000000-0000-4000-8000-999999999999", {
      headers: { cookie },
    });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain(">unknown_decision<");
  });

  it.each([
    ["subject-token", "/me/decisions/ana@example.com"],
    ["subject-token", "/me/decisions/17"],
    ["subject-token", "/me/requests/ana@example.com"],
    ["operator-token", "/operator/requests/ana@example.com"],
    ["reviewer-token", "/reviews/ana@example.com"],
    ["auditor-token", "/audit/decisions/ana@example.com"],
  ])("for %s, %s asks the database for nothing, since it holds no id", async (token, path) => {
    const before = bank.calls.length;
    const response = await bank.app.request(path, { headers: { cookie: await cookieOf(token) } });
    expect(response.status).toBe(404);
    const text = await response.text();
    expect(text).toContain(">not_found<");
    expect(text).not.toContain("ana@");
    expect(bank.calls).toHaveLength(before);
  });

  it("erasure happens only with the form's token and its boxes ticked, also that of the review which it ends, and ends the session", async () => {
    const cookie = await cookieOf("subject-token");
    const step = await (await bank.app.request("/me/erase", { headers: { cookie } })).text();
    const erase = (form: Record<string, string>) =>
      bank.app.request("/me/erase", { method: "POST", headers: { cookie }, body: new URLSearchParams(form) });
    expect((await erase({ confirm: "yes" })).status).toBe(403);
    for (const ticked of ["none", "confirm", "ends"]) {
      const unticked = await erase({ csrf: csrfIn(step), [ticked]: "yes" });
      expect([unticked.status, await unticked.text()]).toEqual([
        422,
        expect.stringContaining('id="confirm-error"'),
      ]);
    }
    expect(bank.calls).toEqual([]);
    const done = await erase({ csrf: csrfIn(step), confirm: "yes", ends: "yes" });
    expect(done.status).toBe(200);
    expect(done.headers.get("set-cookie")).toContain("Max-Age=0");
    expect(bank.calls).toEqual([{ verb: "eraseMe", with: null }]);
  });

  it("erasure that is refused names the article and offers no button", async () => {
    const refusal = {
      purpose: "german-credit-logistic",
      article: "LGPD 7 X",
      reason: { "pt-BR": "Proteção do crédito.", en: "Protection of credit." },
    };
    const text = { "pt-BR": "Decidir.", en: "To decide." };
    const { app } = await openBank({
      whatErasureWouldDo: async () => ({
        erased: [],
        refused: [{ ...refusal, text }],
        ends: [],
        requestDays: 180,
      }),
    });
    const cookie = await cookieOf("subject-token");
    const page = await (await app.request("/me/erase", { headers: { cookie } })).text();
    expect(page).toContain("LGPD 7 X");
    expect(page).not.toContain('action="/me/erase"');
  });
});

describe("assets", () => {
  it("are named by their content, kept for ever, and only ours", async () => {
    const page = await (await bank.app.request("/")).text();
    const files = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of files) {
      const response = await bank.app.request(path);
      expect([path, response.status, response.headers.get("cache-control")]).toEqual([
        path,
        200,
        "public, max-age=31536000, immutable",
      ]);
    }
    expect((await bank.app.request("/assets/..%2Ftokens.css")).status).toBe(404);
  });

  it("leave no placeholder in the style", async () => {
    const style = await (await bank.app.request(bank.deps.assets.url("motivo.css"))).text();
    expect(style).not.toContain("asset:");
    expect(style).toContain(bank.deps.assets.url("mono.woff2"));
  });
});
