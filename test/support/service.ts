import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { Hono } from "hono";
import { createApp } from "../../src/app.ts";
import { type Config, readConfig } from "../../src/config.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import type { Deps } from "../../src/decisions/deps.ts";
import type { Api, Env } from "../../src/http/api.ts";
import { type DevIssuer, openDevIssuer } from "../../src/http/dev-issuer.ts";
import { configuredSignIn } from "../../src/http/issuer-sign-in.ts";
import { serviceLog } from "../../src/http/service-log.ts";
import { openSessions, type Session } from "../../src/http/sessions.ts";
import type { Scope } from "../../src/http/tokens.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { publish } from "../../src/models/publish.ts";
import { openDeps } from "../../src/node.ts";
import { folderAssets } from "../../src/pages/assets-folder.ts";
import type { KeyProvider } from "../../src/privacy/key-folder.ts";
import type { CodeChannel } from "../../src/subjects/codes/channel.ts";
import type { OpenDsr } from "../../src/subjects/opendsr/settings.ts";
import { checkLog } from "./check-log.ts";
import { memoryKeys } from "./keys.ts";

/** The whole service over a database of the test, without a port: requests go straight to the application. */
export interface TestService {
  app: Hono<Env>;
  api: Api;
  deps: Deps;
  config: Config;
  /** The key folder. */
  keys: KeyProvider;
  issuer: DevIssuer;
  tokens: Record<Scope, string>;
  /** Every line of the service's own log so far. */
  logLines: () => string;
  /** The clock that everything reads; set it to move time. */
  clock: { now: Date | null };
  call(
    method: string,
    path: string,
    as: Scope | { token: string } | null,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>;
  json<T = Record<string, unknown>>(
    method: string,
    path: string,
    as: Scope | { token: string } | null,
    body?: unknown,
  ): Promise<{ status: number; body: T }>;
  /** Who a session's cookie says is signed in. */
  readSession(cookie: string): Promise<Session | null>;
  close(): Promise<void>;
}

export const GERMAN_CREDIT = "packages/german-credit";
export const GERMAN_CREDIT_LOGISTIC = "packages/german-credit-logistic";
export const FREE_TEXT = "test/packages/free-text";

export async function testService(
  database: OpenDatabase,
  options: {
    packages?: readonly string[];
    env?: Record<string, string>;
    keys?: KeyProvider;
    codeChannel?: CodeChannel;
    openDsr?: OpenDsr;
  } = {},
): Promise<TestService> {
  const config = readConfig({
    MOTIVO_DATA: "unused",
    MOTIVO_BATCH_MS: "0",
    MOTIVO_WORKERS: "1",
    ...options.env,
  });
  const keys = options.keys ?? memoryKeys();
  const clock: TestService["clock"] = { now: null };
  const deps = await openDeps(config, database, keys, () => clock.now ?? new Date());
  for (const folder of options.packages ?? [GERMAN_CREDIT, GERMAN_CREDIT_LOGISTIC]) {
    await publish(deps, await readPackageFolder(folder));
  }
  const issuer = await openDevIssuer(config, keys, () => new Date());
  const lines: string[] = [];
  const sink = new PassThrough();
  sink.on("data", (chunk) => lines.push(String(chunk)));
  const sessions = openSessions(await keys.create("session"), { secure: false, randomId: randomUUID });
  const { app, api } = createApp({
    ...deps,
    config,
    logger: serviceLog("debug", sink),
    assets: folderAssets(),
    sessions,
    verify: issuer.verify,
    issuer: configuredSignIn(config, await keys.create("session")),
    codeChannel: options.codeChannel ?? null,
    openDsr: options.openDsr ?? null,
    ready: async () => true,
  });
  const tokens = {
    product: await issuer.issue("product", { subject: "product-one", client: "product-one" }),
    subject: await issuer.issue("subject", { subject: "cliente-exemplo", proof: 3 }),
    auditor: await issuer.issue("auditor", { subject: "auditor-one" }),
    operator: await issuer.issue("operator", { subject: "operator-one" }),
    reviewer: await issuer.issue("reviewer", { subject: "reviewer-one" }),
  };
  const call: TestService["call"] = async (method, path, as, body, headers = {}) => {
    const token = as === null ? null : typeof as === "string" ? tokens[as] : as.token;
    return app.request(path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  };
  return {
    app,
    api,
    deps,
    config,
    keys,
    issuer,
    tokens,
    clock,
    logLines: () => lines.join(""),
    call,
    async json(method, path, as, body) {
      const response = await call(method, path, as, body);
      return { status: response.status, body: JSON.parse(await response.text()) };
    },
    async readSession(cookie) {
      const reader = new Hono();
      let found: Session | null = null;
      reader.get("/", async (c) => {
        found = await sessions.read(c);
        return c.body(null);
      });
      await reader.request("/", { headers: { cookie } });
      return found;
    },
    async close() {
      await deps.log.close();
      await deps.models.close();
    },
  };
}

/** The working example of a model's contract. */
export async function exampleOf(service: TestService, model = "german-credit") {
  const { body } = await service.json<{
    example: { subject: string; inputs: Record<string, string | number> };
  }>("GET", `/v1/models/${model}`, "product");
  return body.example;
}

/** What ends a test over a whole service: the log holds, and nothing is left open. */
export async function closeChecked(database: OpenDatabase, service: TestService): Promise<void> {
  await checkLog(database.db);
  await service.close();
  await database.close();
}
