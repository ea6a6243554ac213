import type { Config } from "../config.ts";
import type { OpenDatabase } from "../db/client.ts";
import type { openDeps } from "../node.ts";

/** Does something with the configured database and closes it, however that ends. */
export async function withDatabase<T>(
  config: Config,
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const { openConfigured } = await import("../node.ts");
  const database = await openConfigured(config, () => process.exit(1));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Does something with everything that the service works with, on tables that are up to date. */
export async function withDeps<T>(
  config: Config,
  work: (deps: Awaited<ReturnType<typeof openDeps>>) => Promise<T>,
): Promise<T> {
  return withDatabase(config, async (database) => {
    const { openDeps } = await import("../node.ts");
    const deps = await openDeps(config, database);
    try {
      return await work(deps);
    } finally {
      await deps.epoch.close();
      await deps.log.close();
      await deps.models.close();
    }
  });
}
