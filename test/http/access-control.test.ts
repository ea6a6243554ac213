import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { openDevIssuer } from "../../src/http/dev-issuer.ts";
import { SCOPES, type Scope } from "../../src/http/tokens.ts";
import { freshPostgres } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

describe("every route", () => {
  let database: OpenDatabase;
  let service: TestService;
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database, { packages: [GERMAN_CREDIT] });
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  /** Every declared route with its parameters filled in, and a body where it takes one. */
  const routes = () =>
    service.api.routes.map((route) => ({
      ...route,
      url: route.path
        .replace("{model}", "german-credit")
        .replace("{alias}", "champion")
        .replace("{index}", "0")
        .replace("{id}", "00000000-0000-4000-8000-000000000000"),
      body: route.method === "post" || route.method === "put" ? {} : undefined,
    }));
  const codeOf = async (response: Response) => {
    const text = await response.text();
    return response.headers.get("content-type") === "application/problem+json"
      ? JSON.parse(text).code
      : "answered";
  };

  it("is there at all", () => {
    expect(routes().length).toBeGreaterThan(15);
  });

  it("opens to the scopes that it declares and to no other", async () => {
    for (const route of routes()) {
      for (const scope of SCOPES) {
        const code = await codeOf(
          await service.call(route.method.toUpperCase(), route.url, scope, route.body),
        );
        const { access } = route;
        const allowed = access === "public" || [access.scope].flat().includes(scope);
        expect([route.method, route.path, scope, code === "forbidden"]).toEqual([
          route.method,
          route.path,
          scope,
          !allowed,
        ]);
      }
    }
  });

  it("says in the API's description what it declares", async () => {
    const { body } = await service.json<{
      openapi: string;
      paths: Record<string, Record<string, { "x-motivo-scopes": Scope[]; security: unknown[] }>>;
    }>("GET", "/openapi.json", null);
    expect(body.openapi).toBe("3.1.0");
    const described = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [
        method,
        path,
        operation["x-motivo-scopes"],
        operation.security.length > 0,
      ]),
    );
    const declared = routes().map(({ method, path, access }) => [
      method,
      path,
      access === "public" ? [] : [access.scope].flat(),
      access !== "public",
    ]);
    expect(described.sort()).toEqual(declared.sort());
  });

  it("refuses a stranger, and every kind of token that is not ours", async () => {
    const claims = { scope: "product subject auditor operator reviewer", motivo_proof: 3 };
    const foreign = generateKeyPairSync("ed25519");
    const sign = (key: KeyObject | Uint8Array, alg: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg })
        .setSubject("cliente-exemplo")
        .setIssuer("urn:motivo:development")
        .setAudience("motivo")
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(key);
    const none = new UnsecuredJWT(claims)
      .setSubject("cliente-exemplo")
      .setIssuer("urn:motivo:development")
      .setAudience("motivo")
      .setExpirationTime("1h")
      .encode();
    const expired = await service.issuer.issue("subject", { subject: "a", proof: 3 }, -1);
    const [head, , signature] = service.tokens.subject.split(".");
    const swapped = [
      head,
      Buffer.from(JSON.stringify({ ...claims, sub: "a", exp: 9_999_999_999 })).toString("base64url"),
      signature,
    ].join(".");
    const tokens: [string, string][] = [
      [await sign(foreign.privateKey, "EdDSA"), "invalid_token"],
      [await sign(new Uint8Array(32), "HS256"), "invalid_token"],
      [none, "invalid_token"],
      [swapped, "invalid_token"],
      ["nonsense", "invalid_token"],
      [expired, "expired_token"],
    ];
    for (const route of routes()) {
      if (route.access === "public") continue;
      const method = route.method.toUpperCase();
      expect(await codeOf(await service.call(method, route.url, null, route.body))).toBe("unauthenticated");
      for (const [token, code] of tokens) {
        const response = await service.call(method, route.url, { token }, route.body);
        expect(response.status).toBe(401);
        expect(response.headers.get("www-authenticate")).toContain("Bearer");
        expect(await codeOf(response)).toBe(code);
      }
    }
  });

  it("refuses a token for another audience", async () => {
    const keys = memoryKeys();
    const here = await openDevIssuer(service.config, keys, () => new Date());
    const elsewhere = await openDevIssuer(
      { ...service.config, MOTIVO_AUDIENCE: "another" },
      keys,
      () => new Date(),
    );
    await expect(here.verify(await elsewhere.issue("auditor", { subject: "a" }))).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect((await here.verify(await here.issue("auditor", { subject: "a" }))).scopes.has("auditor")).toBe(
      true,
    );
  });

  it("that gives everything, changes or erases asks for the highest proof of identity", async () => {
    const guarded = routes().filter(({ access }) => access !== "public" && access.proof === 3);
    expect(guarded.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [
        "delete /v1/me",
        "get /v1/me/access",
        "get /v1/me/access/proof",
        "get /v1/me/copies",
        "get /v1/me/copies/{id}",
        "get /v1/me/copies/{id}/files/{name}",
        "delete /v1/me/copies/{id}",
        "post /v1/me/requests/access_complete",
        "post /v1/me/requests/correction",
        "post /v1/me/requests/erasure",
        "post /v1/me/requests/portability",
        "post /v1/me/requests/{id}/identity",
      ].sort(),
    );
  });

  it("that declares a proof of identity opens at that level and at none below", async () => {
    const levelled = routes().flatMap((route) =>
      route.access !== "public" && route.access.proof ? [{ ...route, level: route.access.proof }] : [],
    );
    expect(levelled.length).toBeGreaterThan(10);
    for (const proof of [undefined, 1, 2, 3] as const) {
      const token = await service.issuer.issue("subject", {
        subject: "cliente-exemplo",
        ...(proof ? { proof } : {}),
      });
      for (const { method, path, url, body, level } of levelled) {
        const code = await codeOf(await service.call(method.toUpperCase(), url, { token }, body));
        const refused = (proof ?? 1) < level;
        expect([method, path, proof, code === "proof_level_too_low"]).toEqual([method, path, proof, refused]);
      }
    }
  });

  it("answers with security headers and a request id of its own", async () => {
    const response = await service.call("GET", "/health/live", null, undefined, {
      "x-request-id": "maria@example.com",
    });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(service.logLines()).not.toContain("maria@example.com");
  });
});
