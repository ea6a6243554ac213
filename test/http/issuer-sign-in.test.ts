import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshEmbedded } from "../support/databases.ts";
import {
  CLIENT_ID,
  HIGH,
  MIDDLE,
  openTestBrowser,
  openTestIssuer,
  PUBLIC_URL,
  type TestIssuer,
} from "../support/oidc.ts";
import { rightsOf } from "../support/rights.ts";
import { type TestService, testService } from "../support/service.ts";

const MAP = `acr:${HIGH}=3,acr:${MIDDLE}=2,amr:otp=2`;

describe("signing in by the issuer's own page", () => {
  let database: OpenDatabase;
  let service: TestService;
  let issuer: TestIssuer;
  let secretFile: string;
  const settings = (more: Record<string, string> = {}) => ({
    MOTIVO_ISSUER: issuer.issuer,
    MOTIVO_JWKS_URL: `${issuer.issuer}/jwks`,
    MOTIVO_PUBLIC_URL: PUBLIC_URL,
    MOTIVO_OIDC_CLIENT_ID: CLIENT_ID,
    MOTIVO_OIDC_CLIENT_SECRET_FILE: secretFile,
    MOTIVO_PROOF_MAP: MAP,
    ...more,
  });
  beforeAll(async () => {
    issuer = await openTestIssuer();
    secretFile = join(await mkdtemp(join(tmpdir(), "motivo-oidc-")), "secret");
    await writeFile(secretFile, `${issuer.secret}\n`);
    database = await freshEmbedded();
    service = await testService(database, { env: settings() });
  });
  beforeEach(() => {
    issuer.next = { account: "cliente-um" };
    issuer.asked.length = 0;
  });
  afterAll(async () => {
    await service.close();
    await database.close();
    await issuer.close();
  });
  const browser = () => openTestBrowser((address, init) => service.app.request(address, init));

  it("asks with code, PKCE, state and nonce, and leads back to the page that was wanted", async () => {
    const { body: made } = await rightsOf(service).decide("cliente-um");
    const one = browser();
    const offered = await one.visit(`/me/decisions/${made.id}`);
    const link = /href="(\/sign-in\/issuer[^"]*)"/.exec(offered.page)![1]!.replaceAll("&amp;", "&");
    const { address, status, page } = await one.visit(link);
    expect([address, status]).toEqual([`${PUBLIC_URL}/me/decisions/${made.id}`, 200]);
    expect(page).toContain('action="/session/end"');
    const [asked] = issuer.asked;
    expect(Object.fromEntries(asked!)).toMatchObject({
      client_id: CLIENT_ID,
      response_type: "code",
      scope: "openid",
      code_challenge_method: "S256",
      redirect_uri: `${PUBLIC_URL}/sign-in/back`,
    });
    for (const name of ["state", "nonce", "code_challenge"])
      expect(asked!.get(name)!.length).toBeGreaterThan(30);
    expect(asked!.has("acr_values")).toBe(false);
    expect([...one.cookies().keys()]).toEqual(["motivo_session"]);
  });

  it("keeps who is signed in in a cookie that is encrypted, out of scripts' reach, and not sent along from other sites", async () => {
    const one = browser();
    await one.visit("/sign-in/issuer");
    const set = await one.step("/sign-in/issuer");
    for (const line of set.headers.getSetCookie()) expect(line).toMatch(/HttpOnly/);
    const value = one.cookies().get("motivo_session")!;
    expect(value.split(".")).toHaveLength(5);
    expect(Buffer.from(value, "base64url").toString("latin1")).not.toContain("cliente-um");
  });

  it("takes no proof for granted: without a context or a method that the settings know it is level 1", async () => {
    const one = browser();
    await one.visit("/sign-in/issuer");
    const session = await sessionOf(one);
    expect(session).toMatchObject({ subject: "cliente-um", proof: 1, scopes: ["subject"] });
    issuer.next = { account: "cliente-um", acr: "urn:unheard:of", amr: ["pwd"] };
    const other = browser();
    await other.visit("/sign-in/issuer");
    expect(await sessionOf(other)).toMatchObject({ proof: 1 });
  });

  it.each([
    [{ acr: MIDDLE }, 2],
    [{ acr: HIGH }, 3],
    [{ amr: ["pwd", "otp"] }, 2],
    [{ acr: HIGH, amr: ["otp"] }, 3],
  ])("reads %j as proof level %i", async (login, proof) => {
    issuer.next = { account: "cliente-um", ...login };
    const one = browser();
    await one.visit("/sign-in/issuer");
    expect(await sessionOf(one)).toMatchObject({ proof });
  });

  it("goes to the issuer once more when a page needs a stronger proof, asks for the contexts that give it, and comes back", async () => {
    const one = browser();
    await one.visit("/sign-in/issuer");
    issuer.next = { account: "cliente-um", acr: HIGH };
    const { address, status } = await one.visit("/me/erase");
    expect([address, status]).toEqual([`${PUBLIC_URL}/me/erase`, 200]);
    const again = issuer.asked.at(-1)!;
    expect([again.get("acr_values"), again.get("prompt")]).toEqual([HIGH, "login"]);
  });

  it("stops with a refusal, and not in a circle, when the issuer gave no stronger proof", async () => {
    const one = browser();
    await one.visit("/sign-in/issuer");
    const { address, status, page } = await one.visit("/me/access");
    expect(new URL(address).pathname).toBe("/sign-in/back");
    expect([status, page]).toEqual([403, expect.stringContaining(">proof_level_too_low<")]);
  });

  it("lets staff in by the roles in a claim, and leaves no subject's rights to them", async () => {
    issuer.next = { account: "auditora-dois", claims: { motivo_role: ["auditor", "root"] } };
    const one = browser();
    const { address, status } = await one.visit("/sign-in/issuer");
    expect([new URL(address).pathname, status]).toEqual(["/audit/decisions", 200]);
    expect(await sessionOf(one)).toMatchObject({ subject: "auditora-dois", scopes: ["auditor"] });
    expect((await one.visit("/me")).status).toBe(403);
  });

  it("names the subject by the configured claim, from the userinfo endpoint where the ID token lacks it", async () => {
    const other = await testService(database, {
      packages: [],
      keys: service.keys,
      env: settings({ MOTIVO_SUBJECT_CLAIM: "customer_number", MOTIVO_OIDC_SCOPE: "openid profile" }),
    });
    const one = openTestBrowser((address, init) => other.app.request(address, init));
    issuer.next = { account: "account-9", claims: { customer_number: "4711" } };
    expect((await one.visit("/sign-in/issuer")).status).toBe(200);
    expect(await sessionOf(one, other)).toMatchObject({ subject: "4711" });
    issuer.next = { account: "account-9" };
    const nameless = await openTestBrowser((address, init) => other.app.request(address, init)).visit(
      "/sign-in/issuer",
    );
    expect([nameless.status, nameless.page]).toEqual([401, expect.stringContaining(">invalid_token<")]);
    await other.close();
  });

  it("refuses a way back that this browser did not begin, twice, or with another state", async () => {
    const one = browser();
    const begun = await one.step("/sign-in/issuer?next=/me");
    const state = new URL(begun.headers.get("location")!).searchParams.get("state")!;
    const forged = await one.visit(`/sign-in/back?code=x&state=${"a".repeat(43)}`);
    expect([forged.status, forged.page]).toEqual([400, expect.stringContaining(">sign_in_expired<")]);
    // The forged one has used it up.
    const late = await one.visit(`/sign-in/back?code=x&state=${state}`);
    expect([late.status, late.page]).toEqual([400, expect.stringContaining(">sign_in_expired<")]);
    const stranger = await browser().visit(`/sign-in/back?code=x&state=${state}`);
    expect([stranger.status, stranger.page]).toEqual([400, expect.stringContaining(">sign_in_expired<")]);
  });

  it("refuses a code that the issuer did not give, and starts no session", async () => {
    const one = browser();
    const begun = await one.step("/sign-in/issuer");
    const state = new URL(begun.headers.get("location")!).searchParams.get("state")!;
    const made = `/sign-in/back?code=made-up&state=${state}&iss=${encodeURIComponent(issuer.issuer)}`;
    const { status, page } = await one.visit(made);
    expect([status, page]).toEqual([502, expect.stringContaining(">issuer_failed<")]);
    expect(one.cookies().has("motivo_session")).toBe(false);
  });

  it("says so when the person was not signed in there", async () => {
    issuer.next = { account: "cliente-um", refuse: true };
    const { status, page } = await browser().visit("/sign-in/issuer");
    expect([status, page]).toEqual([403, expect.stringContaining(">sign_in_refused<")]);
    expect(page).not.toContain("thought better");
  });

  it("leads only to pages of this site afterwards", async () => {
    const { address } = await browser().visit(
      `/sign-in/issuer?next=${encodeURIComponent("https://elsewhere.example/me")}`,
    );
    expect(address).toBe(`${PUBLIC_URL}/me`);
  });

  it("signs out here at once, and shows the way to sign out at the issuer", async () => {
    const one = browser();
    const { page } = await one.visit("/sign-in/issuer");
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)![1]!;
    const out = await one.visit("/session/end", { method: "POST", body: new URLSearchParams({ csrf }) });
    expect(one.cookies().has("motivo_session")).toBe(false);
    const link = /href="([^"]*\/session\/end\?[^"]+)"/.exec(out.page)![1]!.replaceAll("&amp;", "&");
    expect(link.startsWith(issuer.issuer)).toBe(true);
    expect((await one.step(link)).status).toBe(200);
  });

  it("says that the issuer fails when it does, then tries again, and lets nobody in meanwhile", async () => {
    const broken = createServer((_, response) => response.writeHead(500).end("down"));
    await new Promise<void>((listening) => broken.listen(0, "127.0.0.1", listening));
    const { port } = broken.address() as AddressInfo;
    const away = await testService(database, {
      packages: [],
      keys: service.keys,
      env: settings({ MOTIVO_ISSUER: `http://127.0.0.1:${port}` }),
    });
    const one = openTestBrowser((address, init) => away.app.request(address, init));
    for (let i = 0; i < 2; i++) {
      const { status, page } = await one.visit("/sign-in/issuer");
      expect([status, page]).toEqual([502, expect.stringContaining(">issuer_failed<")]);
    }
    broken.closeAllConnections();
    await new Promise<void>((closed) => broken.close(() => closed()));
    expect((await one.visit("/sign-in/issuer")).status).toBe(502);
    expect(one.cookies().size).toBe(0);
    await away.close();
  });

  it("leaves nothing about anybody in the service's own log", async () => {
    const said = service.logLines();
    expect(said).toContain('"route":"/sign-in/back"');
    for (const word of ["cliente-um", "auditora-dois", "code=", "state=", HIGH, "thought better"])
      expect([word, said.includes(word)]).toEqual([word, false]);
  });

  it("is not there where no client is configured", async () => {
    const plain = await testService(database, { packages: [], keys: service.keys });
    expect((await plain.app.request("/sign-in/issuer")).status).toBe(404);
    expect(await (await plain.app.request("/sign-in")).text()).not.toContain("/sign-in/issuer");
    await plain.close();
  });

  /** What the session's cookie says, read by the service itself. */
  async function sessionOf(one: ReturnType<typeof browser>, of: TestService = service) {
    const cookie = `motivo_session=${one.cookies().get("motivo_session")}`;
    const session = await of.readSession(cookie);
    return { ...session!.actor, scopes: [...session!.actor.scopes] };
  }
});
