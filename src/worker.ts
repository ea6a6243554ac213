import { parse } from "yaml";
import { z } from "zod";
import apiDescription from "../docs/openapi.yaml";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { openHyperdrive } from "./db/hyperdrive.ts";
import { logReader } from "./db/log.ts";
import { createEdgeApp, type EdgeDeps } from "./edge.ts";
import { consoleLog } from "./http/console-log.ts";
import { issuerVerifier, type TokenVerifier } from "./http/tokens.ts";
import { passOnTo } from "./http/upstream.ts";
import { ModelRegistry } from "./models/registry.ts";
import { bundledAssets } from "./pages/assets-bundle.ts";

/** The bindings of `wrangler.toml`; its variables are the service's own settings (README). */
const bindings = z.object({ HYPERDRIVE: z.object({ connectionString: z.string().min(1) }) });

/** What a running Worker gives to a request, as far as this one uses it. */
interface RequestContext {
  waitUntil(work: Promise<unknown>): void;
}

type Shared = Pick<EdgeDeps, "config" | "logger" | "assets" | "verify" | "description" | "passOn"> & {
  connectionString: string;
};

let shared: Shared | undefined;

/** Built at an isolate's first request and kept: none of it holds a connection. @throws ConfigError */
function openShared(env: Record<string, unknown>): Shared {
  const parsed = bindings.safeParse(env);
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join("."));
    throw new ConfigError(`These bindings cannot be used: ${names.join(", ")}`);
  }
  const settings = Object.entries(env).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  const config = readConfig(Object.fromEntries(settings));
  const { MOTIVO_UPSTREAM } = config;
  let described: unknown;
  return {
    connectionString: parsed.data.HYPERDRIVE.connectionString,
    config,
    logger: consoleLog(config.MOTIVO_LOG_LEVEL),
    assets: bundledAssets(),
    verify: verifierOf(config),
    description: () => {
      described ??= parse(apiDescription);
      return described;
    },
    passOn: passOnTo(MOTIVO_UPSTREAM ? new URL(MOTIVO_UPSTREAM) : undefined, fetch),
  };
}

function verifierOf(config: Config): TokenVerifier | null {
  const { MOTIVO_ISSUER, MOTIVO_JWKS_URL } = config;
  if (!MOTIVO_ISSUER || !MOTIVO_JWKS_URL) return null;
  return issuerVerifier({ ...config, MOTIVO_ISSUER, MOTIVO_JWKS_URL });
}

export default {
  async fetch(request: Request, env: Record<string, unknown>, context: RequestContext): Promise<Response> {
    shared ??= openShared(env);
    const { db, close } = openHyperdrive(shared.connectionString);
    try {
      const app = createEdgeApp({
        ...shared,
        db,
        log: logReader(db),
        models: new ModelRegistry(db),
        randomId: () => crypto.randomUUID(),
      });
      return await app.fetch(request);
    } finally {
      // Every query of these routes is over once the answer's head is there; only passed-on bodies still stream.
      context.waitUntil(close());
    }
  },
};
