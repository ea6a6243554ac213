import type { Hono } from "hono";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Database } from "./db/client.ts";
import type { LogReader } from "./db/log.ts";
import { Problem } from "./errors.ts";
import { Api, type Env } from "./http/api.ts";
import { logRoutes } from "./http/log.ts";
import { modelReadRoutes } from "./http/models.ts";
import type { Sessions } from "./http/sessions.ts";
import { shell } from "./http/shell.ts";
import { healthRoutes } from "./http/system.ts";
import type { TokenVerifier } from "./http/tokens.ts";
import type { PassOn } from "./http/upstream.ts";
import type { ModelRegistry } from "./models/registry.ts";
import type { Assets } from "./pages/assets.ts";
import { publicPages } from "./pages/public.ts";
import { publicVerbs } from "./pages/public-verbs.ts";

export interface EdgeDeps {
  config: Pick<Config, "MOTIVO_CONTROLLER" | "MOTIVO_DPO">;
  logger: Logger;
  db: Database;
  log: LogReader;
  models: ModelRegistry;
  assets: Assets;
  /** null where no issuer is configured: then the Node service says who may read what. */
  verify: TokenVerifier | null;
  randomId: () => string;
  /** The description of the whole API, the routes that only the Node service answers included. */
  description: () => unknown;
  passOn: PassOn;
}

/**
 * The service at the edge: what leaves no trace, read from the database; everything else goes on to the Node service.
 * A reading that must be on the record cannot be answered here, since nothing here can append: there is no signing
 * key, no epoch key and no code that would use one.
 */
export function createEdgeApp(deps: EdgeDeps): Hono<Env> {
  const api = new Api(deps.verify ?? nobody);
  logRoutes(api, deps);
  if (deps.verify) modelReadRoutes(api, deps.models);
  healthRoutes(api, () =>
    deps.log.head().then(
      () => true,
      () => false,
    ),
  );
  const app = shell(deps, api);
  app.route("/", api.hono);
  app.get("/openapi.json", (c) => c.json(deps.description() as Record<string, never>));
  app.route(
    "/",
    publicPages({
      controller: deps.config.MOTIVO_CONTROLLER,
      dataProtectionOfficer: deps.config.MOTIVO_DPO,
      assets: deps.assets,
      sessions: signedOut,
      ...publicVerbs(deps.db, deps.log, deps.models),
    }),
  );
  app.all("*", deps.passOn);
  return app;
}

const nobody: TokenVerifier = async () => {
  throw new Problem("invalid_token");
};

const elsewhere = (): never => {
  throw new Problem("upstream_not_configured", "Sessions are the Node service's");
};

/** The session key stays with the Node service, so at the edge nobody is signed in: public pages look the same to all. */
const signedOut: Sessions = {
  start: elsewhere,
  raise: elsewhere,
  act: elsewhere,
  read: async () => null,
  end: elsewhere,
  csrfToken: elsewhere,
  checkCsrf: elsewhere,
};
