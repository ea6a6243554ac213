import { stream } from "hono/streaming";
import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";
import { KeyFolderError } from "../privacy/key-folder.ts";
import { EpochKeyError } from "../privacy/keys/provider.ts";
import { certificateLines } from "../subjects/certificate.ts";
import { closeEpoch } from "../subjects/close-epoch.ts";
import { waitingToDetach } from "../subjects/detach.ts";
import { epochsOf } from "../subjects/epochs.ts";
import { holdsOn, liftHold, placeHold } from "../subjects/holds.ts";
import { removalsUnderWay } from "../subjects/removal.ts";
import type { Api } from "./api.ts";

const day = z.iso.date();
const hold = z.object({
  id: z.uuid(),
  model: z.string().nullable(),
  ground: z.string(),
  until: day.nullable(),
  placedAt: z.iso.datetime(),
});
const heldSubject = z.string().min(1).max(200);

const epoch = z.object({
  epoch: z.int(),
  openedAt: z.iso.datetime(),
  movedRows: z.int(),
  movedAt: z.iso.datetime().nullable(),
  goneFrom: z.iso.datetime().nullable(),
  destroyedAt: z.iso.datetime().nullable(),
  logIndex: z.int().nullable(),
});

const closed = z.object({
  epoch: z.int(),
  state: z.enum(["moving", "scheduled", "destroyed", "cannot-be-destroyed"]),
  movedRows: z.int(),
  at: z.iso.datetime().nullable(),
  logIndex: z.int().nullable(),
});

/** What somebody kept of their erasure. */
export const certificateKeys = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        tagKey: z.base64().length(44).meta({ description: "as the erasure's answer gave it" }),
        entries: z.int().min(1).max(1_000_000),
      }),
    )
    .min(1)
    .max(100),
});

/** How long a call waits for other processes to let go of the old key; the schedule goes on with it. */
const PATIENCE_MS = 15_000;

/** What becomes of an erasure: its certificate, what is still under way, epochs, and the grounds that suspend one. */
export function erasureRoutes(api: Api, deps: Deps): void {
  api.route(
    {
      method: "post",
      path: "/v1/erasures/certificate",
      access: "public",
      tag: "My data",
      summary: "The certificate of an erasure, for whoever kept what its answer gave",
      description:
        "Names each erased entry, the entry that erased it, and, once it is there, the one that says that the key of that time is destroyed: the two stages with their times. It verifies offline with the verifier in `audit/`. The service has forgotten whose the entries were, so the key of the answer is the only way to it; it opens nothing.",
      body: certificateKeys,
      answers: { 200: { description: "motivo-erasure/v1", mediaType: "application/x-ndjson" } },
      problems: ["unknown_entry", "not_erased"],
    },
    async ({ c, body }) => {
      const keys = body.keys.map(({ tagKey, entries }) => ({
        tagKey: new Uint8Array(Buffer.from(tagKey, "base64")),
        entries,
      }));
      const lines = certificateLines(deps, keys);
      // The first line is made before the answer begins: a refusal is a problem, not a torn file.
      const first = await lines.next();
      c.header("content-type", "application/x-ndjson");
      c.header("content-disposition", 'attachment; filename="motivo-erasure.ndjson"');
      return stream(c, async (out) => {
        if (!first.done) await out.write(first.value);
        for await (const line of lines) await out.write(line);
      });
    },
  );

  const access = { scope: "operator" } as const;
  api.route(
    {
      method: "get",
      path: "/v1/erasures",
      access,
      tag: "Operation",
      summary: "Erasures whose access has ended and whose ciphertext and records are still being removed",
      answers: {
        200: {
          description: "How far each is, without saying whose it is",
          schema: z.object({
            removals: z.array(
              z.object({ id: z.uuid(), entries: z.int(), done: z.int(), startedAt: z.iso.datetime() }),
            ),
            waitingToDetach: z
              .int()
              .meta({ description: "records that wait for others' to be detached with" }),
          }),
        },
      },
    },
    async ({ c }) =>
      c.json({
        removals: await removalsUnderWay(deps.db),
        waitingToDetach: await waitingToDetach(deps.db),
      }),
  );

  api.route(
    {
      method: "get",
      path: "/v1/epochs",
      access,
      tag: "Operation",
      summary: "The epochs, and how far each is closed",
      answers: {
        200: {
          description: "Newest first",
          schema: z.object({ provider: z.string(), warning: z.string().nullable(), epochs: z.array(epoch) }),
        },
      },
    },
    async ({ c }) => c.json(await epochsOf(deps)),
  );

  api.route(
    {
      method: "post",
      path: "/v1/epochs/close",
      access,
      tag: "Operation",
      summary: "Close the running epoch: survivors are re-wrapped, the old key is destroyed",
      description:
        "Goes on beside running traffic, and may be asked for again after a failure. It happens by itself every MOTIVO_EPOCH_DAYS days.",
      answers: { 200: { description: "How far it came", schema: closed } },
      problems: ["not_ready", "keys_unavailable"],
    },
    async ({ c }) => {
      try {
        return c.json(await closeEpoch(deps, { patienceMs: PATIENCE_MS }));
      } catch (cause) {
        if (!(cause instanceof EpochKeyError || cause instanceof KeyFolderError)) throw cause;
        throw new Problem("keys_unavailable", cause.message, { cause });
      }
    },
  );

  api.route(
    {
      method: "post",
      path: "/v1/holds",
      access,
      tag: "Operation",
      summary: "Suspend a person's erasure on a named legal ground (GDPR 17(3), LGPD 16)",
      body: z.strictObject({
        subject: heldSubject,
        model: z.string().max(100).optional().meta({ description: "absent: whatever model" }),
        ground: z.string().min(1).max(200).meta({ description: "the article or order that it rests on" }),
        until: day.optional().meta({ description: "last day; absent: until it is lifted" }),
      }),
      answers: { 201: { description: "The hold; it is an entry of the log", schema: hold } },
    },
    async ({ c, actor, body }) => c.json(await placeHold(deps, actor.subject, body), 201),
  );

  api.route(
    {
      method: "post",
      path: "/v1/holds/find",
      access,
      tag: "Operation",
      summary: "The holds in force on a person",
      body: z.strictObject({ subject: heldSubject }),
      answers: { 200: { description: "Oldest first", schema: z.object({ holds: z.array(hold) }) } },
    },
    async ({ c, body }) => c.json({ holds: await holdsOn(deps, body.subject) }),
  );

  api.route(
    {
      method: "delete",
      path: "/v1/holds/{id}",
      access,
      tag: "Operation",
      summary: "Lift a hold",
      params: z.strictObject({ id: z.uuid() }),
      answers: { 200: { description: "What was lifted; it is an entry of the log", schema: hold } },
      problems: ["unknown_hold"],
    },
    async ({ c, actor, params }) => c.json(await liftHold(deps, actor.subject, params.id)),
  );
}
