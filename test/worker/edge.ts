import { randomUUID } from "node:crypto";
import { unstable_startWorker } from "wrangler";

/** The Worker as `wrangler.toml` has it, in a workerd of its own on a free port. Nothing of it reaches the internet. */
export async function startEdge(
  databaseUrl: string,
  variables: Record<string, string>,
): Promise<{ url: string; close(): Promise<void> }> {
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  process.env.CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE = databaseUrl;
  const worker = await unstable_startWorker({
    name: `edge-${randomUUID().slice(0, 8)}`,
    config: "wrangler.toml",
    envFiles: [],
    // The command line reads it out of the compatibility flags; this interface does not.
    build: { nodejsCompatMode: "v2" },
    bindings: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, { type: "plain_text", value }]),
    ),
    dev: {
      remote: false,
      persist: false,
      watch: false,
      inspector: false,
      logLevel: "none",
      server: { hostname: "127.0.0.1", port: 0 },
    },
  });
  await worker.ready;
  const url = await worker.url;
  return { url: url.origin, close: () => worker.dispose() };
}
