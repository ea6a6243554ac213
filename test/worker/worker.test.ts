import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { type Service, startService } from "../../src/node.ts";
import { checkLog } from "../support/check-log.ts";
import { freshPostgres } from "../support/databases.ts";
import { startEdge } from "./edge.ts";

const ISSUER = "https://issuer.example";

/** An issuer that publishes its keys on loopback, and one auditor's token of it. */
async function startIssuer(): Promise<{ server: Server; jwksUrl: string; token: string }> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "one" }] });
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const token = await new SignJWT({ scope: "auditor" })
    .setProtectedHeader({ alg: "ES256", kid: "one" })
    .setIssuer(ISSUER)
    .setSubject("an-auditor")
    .setAudience("motivo")
    .setExpirationTime("1h")
    .sign(privateKey);
  return { server, jwksUrl: `http://127.0.0.1:${port}/jwks`, token };
}

/** The role that the README tells to make for the edge, under a name of its own, since roles belong to the whole server. */
async function readingRole(opened: { url: string } & OpenDatabase): Promise<string> {
  const [, statements] = /```sql\n([^`]+)```/.exec(await readFile("README.md", "utf8"))!;
  const name = `edge_${randomUUID().replaceAll("-", "")}`;
  await opened.db.execute(sql.raw(statements!.replaceAll("motivo_edge", name)));
  const url = new URL(opened.url);
  url.username = name;
  url.password = "…";
  return url.href;
}

let folder: string;
let database: OpenDatabase & { url: string };
let service: Service;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
/** Beside a Node service, with no issuer of its own. */
let edge: Awaited<ReturnType<typeof startEdge>>;
/** On its own, with an issuer. */
let alone: Awaited<ReturnType<typeof startEdge>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-worker-"));
  [database, issuer] = await Promise.all([freshPostgres(), startIssuer()]);
  service = await startService(
    readConfig({
      PORT: "0",
      DATABASE_URL: database.url,
      MOTIVO_DEV: "1",
      MOTIVO_DATA: join(folder, "data"),
      MOTIVO_WORKERS: "1",
    }),
    { logger: pino({ level: "silent" }) },
  );
  const readOnly = await readingRole(database);
  edge = await startEdge(readOnly, { MOTIVO_UPSTREAM: service.url });
  alone = await startEdge(readOnly, { MOTIVO_ISSUER: ISSUER, MOTIVO_JWKS_URL: issuer.jwksUrl });
});
afterAll(async () => {
  await Promise.all([edge?.close(), alone?.close()]);
  await service?.close();
  await database?.close();
  issuer?.server.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (where: { url: string }, path: string, init?: RequestInit) =>
  fetch(new URL(path, where.url), { redirect: "manual", signal: AbortSignal.timeout(20_000), ...init });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function refusal(response: Response): Promise<{ status: number; code: string }> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code };
}

async function example(): Promise<{ subject: string; inputs: Record<string, string | number> }> {
  const { contract } = await service.deps.models.published("german-credit", 1);
  return contract.example;
}

async function decideThrough(where: { url: string }): Promise<Response> {
  return at(where, "/v1/models/german-credit/decisions", {
    method: "POST",
    headers: { ...bearer(service.dev!.tokens.product), "content-type": "application/json" },
    body: JSON.stringify(await example()),
  });
}

describe("the edge, without a Node service behind it", () => {
  it("serves the start page, whose style and fonts it serves too", async () => {
    const page = await at(alone, "/", { headers: { "accept-language": "en" } });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('<html lang="en"');
    const assets = [...html.matchAll(/\/assets\/[^"]+/g)].map(([path]) => path);
    expect(assets.length).toBeGreaterThanOrEqual(3);
    for (const path of assets) {
      const [here, there] = await Promise.all([at(alone, path), at(service, path)]);
      expect([path, here.status]).toEqual([path, 200]);
      expect(Buffer.from(await here.arrayBuffer()).equals(Buffer.from(await there.arrayBuffer()))).toBe(true);
    }
  });

  it("serves the log's head, key and proofs as the Node service does", async () => {
    for (const path of ["/log/checkpoint", "/log/vkey", "/log/proof/1"]) {
      const [here, there] = await Promise.all([at(alone, path), at(service, path)]);
      expect([path, here.status]).toEqual([path, 200]);
      expect(await here.text()).toBe(await there.text());
    }
    expect(await refusal(await at(alone, "/log/proof/999999"))).toEqual({
      status: 404,
      code: "unknown_entry",
    });
  });

  it("describes the whole API as the Node service does", async () => {
    const [here, there] = await Promise.all([at(alone, "/openapi.json"), at(service, "/openapi.json")]);
    expect(await here.json()).toEqual(await there.json());
  });

  it("says that it lives and is ready", async () => {
    expect(await (await at(alone, "/health/live")).json()).toEqual({ status: "live" });
    expect(await (await at(alone, "/health/ready")).json()).toEqual({ status: "ready", warnings: [] });
  });

  it("checks tokens with the issuer's keys and serves contracts to those that may read them", async () => {
    const listed = await at(alone, "/v1/models", { headers: bearer(issuer.token) });
    expect(await listed.json()).toEqual({ models: ["german-credit", "german-credit-logistic"] });
    const contract = await at(alone, "/v1/models/german-credit", { headers: bearer(issuer.token) });
    expect(contract.status).toBe(200);
    expect(((await contract.json()) as { example: unknown }).example).toEqual(await example());
    expect(await refusal(await at(alone, "/v1/models"))).toEqual({ status: 401, code: "unauthenticated" });
    expect(
      await refusal(await at(alone, "/v1/models", { headers: bearer(service.dev!.tokens.auditor) })),
    ).toEqual({ status: 401, code: "invalid_token" });
  });

  it("refuses whatever would leave a trace, and nothing is appended", async () => {
    const size = await checkLog(database.db);
    const refused = { status: 503, code: "upstream_not_configured" };
    expect(await refusal(await decideThrough(alone))).toEqual(refused);
    for (const path of [
      "/v1/audit/decisions",
      "/v1/audit/export",
      "/v1/me/access",
      "/me",
      "/audit/decisions",
    ])
      expect([path, await refusal(await at(alone, path, { headers: bearer(issuer.token) }))]).toEqual([
        path,
        refused,
      ]);
    await checkLog(database.db, size);
  });
});

describe("the edge, with a Node service behind it", () => {
  it("passes a decision on and its answer back, under the request id of the service that made it", async () => {
    const size = await checkLog(database.db);
    const response = await decideThrough(edge);
    expect(response.status).toBe(201);
    const decision = (await response.json()) as { id: string; receipt: { logIndex: number } };
    expect(response.headers.get("location")).toBe(`/v1/decisions/${decision.id}`);
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(decision.receipt.logIndex).toBe(size);
    // What would have changed a refusal comes behind the answer, as an entry of its own.
    const grown = await checkLog(database.db);
    expect(grown).toBeGreaterThan(size);

    const checkpoint = await (await at(edge, "/log/checkpoint")).text();
    expect(Number(checkpoint.split("\n")[1])).toBeGreaterThanOrEqual(grown);
  });

  it("passes method, query and refusals on as they are", async () => {
    const auditor = bearer(service.dev!.tokens.auditor);
    const listed = await at(edge, "/v1/audit/decisions?limit=1&model=german-credit", { headers: auditor });
    expect(((await listed.json()) as { items: unknown[] }).items).toHaveLength(1);
    expect(await refusal(await at(edge, "/v1/audit/decisions?limit=none", { headers: auditor }))).toEqual({
      status: 400,
      code: "invalid_request",
    });
    expect(await refusal(await at(edge, "/v1/me", { method: "PATCH" }))).toEqual({
      status: 405,
      code: "method_not_allowed",
    });
    expect(await refusal(await at(edge, "/nowhere"))).toEqual({ status: 404, code: "not_found" });
  });

  it("passes sign-in on: a redirect stays a redirect, and the cookie opens the page", async () => {
    const signedIn = await at(edge, `/enter?token=${service.dev!.tokens.auditor}`);
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, "/audit/decisions"]);
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    const page = await at(edge, "/audit/decisions", { headers: { cookie } });
    expect(page.status).toBe(200);
    expect((await at(edge, "/audit/decisions")).headers.get("location")).toContain("/sign-in");
  });

  it("streams an export through whole", async () => {
    const response = await at(edge, "/v1/audit/export", { headers: bearer(service.dev!.tokens.auditor) });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines).toHaveLength((await checkLog(database.db)) + 2);
  });

  it("leaves contracts to the Node service where it has no issuer to check tokens with", async () => {
    const listed = await at(edge, "/v1/models", { headers: bearer(service.dev!.tokens.product) });
    expect(await listed.json()).toEqual({ models: ["german-credit", "german-credit-logistic"] });
    expect(await refusal(await at(edge, "/v1/models"))).toEqual({ status: 401, code: "unauthenticated" });
  });

  describe("that has gone away", () => {
    beforeAll(() => service.close());

    it("says so, and still serves what is public", async () => {
      expect(await refusal(await decideThrough(edge))).toEqual({ status: 502, code: "upstream_unreachable" });
      expect((await at(edge, "/log/checkpoint")).status).toBe(200);
      expect((await at(edge, "/")).status).toBe(200);
    });
  });
});
