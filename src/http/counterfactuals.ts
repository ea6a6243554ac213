import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { counterfactualsForClient } from "../decisions/find.ts";
import type { Api } from "./api.ts";
import { toldCounterfactuals } from "./counterfactual-schema.ts";
import { uuid } from "./schemas.ts";

/** For product teams: what would have changed an outcome. */
export function counterfactualRoutes(api: Api, deps: Deps): void {
  api.route(
    {
      method: "get",
      path: "/v1/decisions/{id}/counterfactuals",
      access: { scope: "product" },
      tag: "Decisions",
      summary: "What would have changed an unfavourable decision, for the client that made it",
      description:
        "The smallest changes, among what the person can change, with which the same version would have decided otherwise; each evaluated by the model. Computed right after the decision, and an entry of its own on the record. `computing`: ask again after `Retry-After` seconds.",
      params: z.strictObject({ id: uuid }),
      answers: {
        200: { description: "Counterfactuals, or why there are none", schema: toldCounterfactuals },
      },
      problems: ["unknown_decision", "decision_erased", "prediction_failed", "not_ready"],
    },
    async ({ c, actor, params }) => {
      const told = await counterfactualsForClient(deps, actor.client, params.id);
      return c.json(told, 200, told.state === "computing" ? { "retry-after": "1" } : {});
    },
  );
}
