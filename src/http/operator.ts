import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { closeErasureInterval } from "../subjects/close-interval.ts";
import type { Api } from "./api.ts";

/** For operators: what otherwise happens on a schedule. */
export function operatorRoutes(api: Api, deps: Deps): void {
  api.route(
    {
      method: "post",
      path: "/v1/erasures/close-interval",
      access: { scope: "operator" },
      tag: "Operation",
      summary: "Write the erasure entry of the running interval now",
      description:
        "Justifies every pending removal. It happens by itself every MOTIVO_ERASURE_INTERVAL_S seconds.",
      answers: {
        200: {
          description: "The entry, or null when nothing was pending",
          schema: z.object({ logIndex: z.int(), entries: z.int() }).nullable(),
        },
      },
    },
    async ({ c }) => c.json(await closeErasureInterval(deps)),
  );
}
