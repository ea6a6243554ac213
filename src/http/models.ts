import { z } from "zod";
import type { ModelRegistry } from "../models/registry.ts";
import type { Api } from "./api.ts";
import * as schemas from "./schemas.ts";

const TAG = "Models";
const READERS = { scope: ["product", "auditor", "operator"] } as const;

/** What a model expects and promises. Reads only, so an edge Worker serves it too. */
export function modelReadRoutes(api: Api, models: ModelRegistry): void {
  api.route(
    {
      method: "get",
      path: "/v1/models",
      access: READERS,
      tag: TAG,
      summary: "The published models",
      answers: { 200: { description: "Their names", schema: z.object({ models: z.array(z.string()) }) } },
    },
    async ({ c }) => c.json({ models: await models.names() }),
  );

  api.route(
    {
      method: "get",
      path: "/v1/models/{model}",
      access: READERS,
      tag: TAG,
      summary: "A model's typed contract, with an example that works",
      params: z.strictObject({ model: z.string() }),
      query: z.strictObject({ version: schemas.versionNumber.optional() }),
      answers: { 200: { description: "The contract", schema: schemas.modelContract } },
      problems: ["unknown_model", "unknown_version"],
    },
    async ({ c, params, query }) => {
      const version = query.version ?? (await models.champion(params.model));
      const { contract, digests } = await models.published(params.model, version);
      const summary = await models.backgroundSummary(params.model, version);
      // `name` and `ready` stay free for the KServe V1 protocol, which answers at this address too.
      const { name: model, background: _, samples: __, ...told } = contract;
      return c.json({
        model,
        version,
        versions: await models.versions(params.model),
        aliases: await models.aliases(params.model),
        digests,
        backgroundSummary: summary && {
          method: summary.method,
          rows: summary.rows.length,
          error: summary.error,
        },
        ...told,
      });
    },
  );
}
