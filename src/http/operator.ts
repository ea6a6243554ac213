import { z } from "zod";
import { keysOfSigner } from "../../audit/note.ts";
import type { Config } from "../config.ts";
import { auditWithKept } from "../db/log-audit.ts";
import type { Deps } from "../decisions/deps.ts";
import { closeErasureInterval } from "../subjects/close-interval.ts";
import { endRetentionPeriods } from "../subjects/retention.ts";
import type { Api } from "./api.ts";

/** For operators: what otherwise happens on a schedule. */
export function operatorRoutes(api: Api, deps: Deps & { config: Config }): void {
  api.route(
    {
      method: "post",
      path: "/v1/retention/run",
      access: { scope: "operator" },
      tag: "Operation",
      summary: "Take away what has been kept as long as its package says, now",
      description:
        "Payloads and records of decisions past the months of their retention class, never below MOTIVO_RETENTION_FLOOR_MONTHS, and not what a hold is on. Entries keep their place in the log; the next erasure entry justifies each. It happens by itself every MOTIVO_RETENTION_INTERVAL_S seconds.",
      answers: {
        200: {
          description:
            "How many entries were emptied, people's keys that went with their last one, and what a hold keeps",
          schema: z.object({ entries: z.int(), keys: z.int(), held: z.int() }),
        },
      },
    },
    async ({ c }) => c.json(await endRetentionPeriods(deps, deps.config.MOTIVO_RETENTION_FLOOR_MONTHS)),
  );

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
