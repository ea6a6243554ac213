import { z } from "zod";
import type { Checkpoints } from "../checkpoints/checkpoints.ts";
import type { Api } from "./api.ts";

const OVERLAP_DAYS = 30;

/** For operators: how the log's checkpoints fare in the world, a change of its key, and the end of an alarm. */
export function checkpointRoutes(
  api: Api,
  { checkpoints, now }: { checkpoints: Checkpoints; now: () => Date },
): void {
  const access = { scope: "operator" } as const;
  const tag = "Operation";

  api.route(
    {
      method: "get",
      path: "/v1/log/checkpoints",
      access,
      tag,
      summary: "What is published, what failed in the last turn, and whether an alarm stands",
      answers: {
        200: {
          description: "As this process knows it",
          schema: z.object({
            published: z.int().nullable(),
            alarm: z.object({ code: z.string(), detail: z.string(), raisedAt: z.string() }).nullable(),
            faults: z.array(z.object({ at: z.string(), code: z.string() })),
          }),
        },
      },
    },
    async ({ c }) => c.json(await checkpoints.state()),
  );

  api.route(
    {
      method: "post",
      path: "/v1/log/checkpoints",
      access,
      tag,
      summary: "Publish the checkpoint now instead of at the next turn",
      answers: {
        200: {
          description: "How the turn went",
          schema: z.object({
            size: z.int().nullable(),
            alarm: z.string().nullable(),
            faults: z.array(z.object({ at: z.string(), code: z.string() })),
          }),
        },
      },
    },
    async ({ c }) => c.json(await checkpoints.turn()),
  );

  api.route(
    {
      method: "post",
      path: "/v1/log/keys",
      access,
      tag,
      summary: "Give the log a new key, signed by the present one; both sign until the named day ends",
      body: z.strictObject({
        until: z.iso
          .date()
          .optional()
          .meta({
            description: `last UTC day on which both keys sign; without it ${OVERLAP_DAYS} days from now`,
          }),
      }),
      answers: {
        200: {
          description: "The entry and both keys",
          schema: z.object({ entry: z.int(), previous: z.string(), vkey: z.string(), until: z.string() }),
        },
      },
      problems: ["key_change_running", "log_halted"],
    },
    async ({ c, body }) => {
      const later = new Date(now().getTime() + OVERLAP_DAYS * 86_400_000).toISOString().slice(0, 10);
      return c.json(await checkpoints.changeKey(body.until ?? later));
    },
  );

  api.route(
    {
      method: "post",
      path: "/v1/log/alarm/clear",
      access,
      tag,
      summary: "Say that an alarm was looked into: the log signs again",
      answers: { 200: { description: "How many stood", schema: z.object({ cleared: z.int() }) } },
    },
    async ({ c }) => c.json({ cleared: await checkpoints.clearAlarm() }),
  );
}
