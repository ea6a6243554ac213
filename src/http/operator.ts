import { z } from "zod";
import { keysOfSigner } from "../../audit/note.ts";
import { auditWithKept } from "../db/log-audit.ts";
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

  api.route(
    {
      method: "post",
      path: "/v1/log/check",
      access: { scope: "operator" },
      tag: "Operation",
      summary: "Hold the log against itself and against the checkpoints it signed",
      description:
        "Reads every entry, tile, record and checkpoint, and names the first wrong entry. It happens by itself every MOTIVO_CHECK_INTERVAL_S seconds.",
      body: z.strictObject({
        checkpoint: z
          .string()
          .max(10_000)
          .optional()
          .meta({ description: "a signed checkpoint kept elsewhere" }),
      }),
      answers: {
        200: {
          description: "Whether it holds, and what does not fit first",
          schema: z.object({
            ok: z.boolean(),
            entries: z.int(),
            finding: z.object({ code: z.string(), entry: z.int().nullable(), detail: z.string() }).nullable(),
          }),
        },
      },
      problems: ["invalid_checkpoint"],
    },
    async ({ c, body }) =>
      c.json(
        await auditWithKept(deps.db, keysOfSigner(deps.log.context.signer), body.checkpoint, deps.now()),
      ),
  );
}
