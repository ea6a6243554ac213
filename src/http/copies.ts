import { stream } from "hono/streaming";
import { z } from "zod";
import { COPY_KINDS } from "../subjects/copies/asked.ts";
import type { ToldCopy } from "../subjects/copies/copy.ts";
import { copiesFor, deleteCopy, findCopy, type HandedFile, handOver } from "../subjects/copies/find-copy.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { Api } from "./api.ts";
import { uuid } from "./schemas.ts";

const TAG = "My data";
const access = { scope: "subject", proof: 3 } as const;
const one = z.strictObject({ id: uuid });

const copySchema = z
  .object({
    id: uuid,
    kind: z.enum(COPY_KINDS),
    language: z.enum(["pt-BR", "en"]),
    state: z.enum(["making", "ready", "failed"]),
    done: z.int().meta({ description: "entries worked through" }),
    total: z.int().meta({ description: "out of how many" }),
    startedAt: z.string(),
    readyAt: z.string().nullable(),
    expiresAt: z.string().meta({ description: "when it is deleted" }),
    files: z.array(
      z.object({
        name: z.string(),
        mediaType: z.string(),
        bytes: z.int(),
        sha256: z.string(),
        location: z.string(),
      }),
    ),
  })
  .meta({ id: "Copy" });

const located = (copy: ToldCopy) => ({
  ...copy,
  files: copy.files.map((file) => ({ ...file, location: `/v1/me/copies/${copy.id}/files/${file.name}` })),
});

/** Headers of a file that is for its person's eyes: nothing keeps it on the way, and no browser guesses what it is. */
export const handedHeaders = ({ name, mediaType, bytes }: HandedFile): Record<string, string> => ({
  "content-type": mediaType,
  "content-length": String(bytes),
  "content-disposition": `attachment; filename="${name}"`,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
});

/** For customers: the copies of their data that requests for access and portability have made. */
export function copyRoutes(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "get",
      path: "/v1/me/copies",
      access,
      mandate: "any",
      tag: TAG,
      summary: "Copies of my data: being made, or ready to be fetched",
      description:
        "`POST /v1/me/requests/access_complete` and `…/portability` have one made; a person has one made at a time.",
      answers: { 200: { description: "Newest first", schema: z.object({ items: z.array(copySchema) }) } },
    },
    async ({ c, actor }) =>
      c.json({ items: (await copiesFor(deps, actor.subject, actor.representation)).map(located) }, 200, {
        "cache-control": "no-store",
      }),
  );

  api.route(
    {
      method: "get",
      path: "/v1/me/copies/{id}",
      access,
      mandate: "any",
      tag: TAG,
      summary: "How far a copy of my data is, and its files",
      params: one,
      answers: { 200: { description: "The copy", schema: copySchema } },
      problems: ["unknown_copy"],
    },
    async ({ c, actor, params }) =>
      c.json(located(await findCopy(deps, actor.subject, params.id, actor.representation)), 200, {
        "cache-control": "no-store",
      }),
  );

  api.route(
    {
      method: "get",
      path: "/v1/me/copies/{id}/files/{name}",
      access,
      mandate: "any",
      tag: TAG,
      summary: "A file of a copy of my data; that it was handed over is on the record",
      params: z.strictObject({ id: uuid, name: z.string().regex(/^[a-z0-9.-]{1,60}$/) }),
      answers: {
        200: { description: "The file, in its own media type", mediaType: "application/octet-stream" },
      },
      problems: ["unknown_copy", "copy_not_ready"],
    },
    async ({ c, actor, params }) => {
      const file = await handOver(deps, actor.subject, params.id, params.name, actor.representation);
      for (const [name, value] of Object.entries(handedHeaders(file))) c.header(name, value);
      return stream(c, async (out) => {
        for await (const part of file.parts()) await out.write(part);
      });
    },
  );

  api.route(
    {
      method: "delete",
      path: "/v1/me/copies/{id}",
      access,
      tag: TAG,
      summary: "Take a copy of my data away before its day",
      params: one,
      answers: { 200: { description: "It is gone", schema: z.object({ deleted: z.literal(true) }) } },
      problems: ["unknown_copy"],
    },
    async ({ c, actor, params }) => {
      await deleteCopy(deps, actor.subject, params.id);
      return c.json({ deleted: true });
    },
  );
}
