import { z } from "zod";
import { toBase64 } from "../../audit/bytes.ts";
import { CONSISTENCY_FORMAT, formatConsistency } from "../../audit/consistency.ts";
import { KEY_CHANGE_FORMAT } from "../../audit/key-change.ts";
import { formatTlogProof } from "../../audit/proof.ts";
import { parseTilePath } from "../../audit/tile.ts";
import { keyChangeDocument } from "../checkpoints/key-change-document.ts";
import { newestStamp, servedCheckpoint } from "../checkpoints/published.ts";
import type { Database } from "../db/client.ts";
import type { LogReader } from "../db/log.ts";
import { Problem } from "../errors.ts";
import type { Api } from "./api.ts";

const TAG = "Log";
const integer = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,14})$/)
  .transform(Number);

/** The public side of the log (C2SP): nothing here is personal, so nobody needs a token. */
export function logRoutes(api: Api, { db, log }: { db: Database; log: LogReader }): void {
  const text = (body: string, headers: Record<string, string> = {}) =>
    new Response(body, { headers: { "content-type": "text/plain; charset=utf-8", ...headers } });

  api.route(
    {
      method: "get",
      path: "/log/checkpoint",
      access: "public",
      tag: TAG,
      summary: "The log's checkpoint (C2SP tlog-checkpoint)",
      description:
        "The signed head; where witnesses are asked for, the last one that their quorum cosigned. An empty log has one of size 0.",
      answers: { 200: { description: "A signed note", mediaType: "text/plain" } },
      problems: ["not_ready"],
    },
    async () => text((await servedCheckpoint(db, log)).checkpoint, { "cache-control": "no-store" }),
  );

  api.route(
    {
      method: "get",
      path: "/log/vkey",
      access: "public",
      tag: TAG,
      summary: "Name and newest public key of the log (C2SP vkey)",
      answers: { 200: { description: "One line", mediaType: "text/plain" } },
      problems: ["not_ready"],
    },
    async () => text(`${await log.vkey()}\n`),
  );

  api.route(
    {
      method: "get",
      path: "/log/keys",
      access: "public",
      tag: TAG,
      summary: "Every key that the log has had, oldest first: a key file for the verifier",
      answers: { 200: { description: "One C2SP vkey a line", mediaType: "text/plain" } },
      problems: ["not_ready"],
    },
    async () => text(`${(await log.vkeys()).join("\n")}\n`),
  );

  api.route(
    {
      method: "get",
      path: "/log/keys/{number}",
      access: "public",
      tag: TAG,
      summary: "One change of the log's key, signed by the key before it; 2 is the first",
      params: z.strictObject({
        number: z
          .string()
          .regex(/^[1-9][0-9]{0,3}$/)
          .transform(Number),
      }),
      answers: {
        200: {
          description: "motivo-key-change/v1",
          schema: z.object({
            format: z.literal(KEY_CHANGE_FORMAT),
            checkpoint: z.string().meta({ description: "a note that both keys signed" }),
            entry: z.object({
              index: z.int(),
              leaf: z.string(),
              proof: z.array(z.string()),
              record: z.record(z.string(), z.unknown()),
              salt: z.string(),
            }),
          }),
        },
      },
      problems: ["unknown_entry", "not_ready"],
    },
    async ({ params: { number } }) =>
      new Response(await keyChangeDocument(db, log, number), {
        headers: { "content-type": "application/json" },
      }),
  );

  api.route(
    {
      method: "get",
      path: "/log/consistency",
      access: "public",
      tag: TAG,
      summary: "That the log of a later checkpoint begins with the log of an earlier one",
      query: z.strictObject({
        from: integer.meta({ description: "size of the checkpoint that was kept" }),
        to: integer.optional().meta({ description: "size of a later one; without it the one served now" }),
      }),
      answers: {
        200: {
          description: "motivo-consistency/v1",
          schema: z.object({
            format: z.literal(CONSISTENCY_FORMAT),
            from: z.int(),
            checkpoint: z.string().meta({ description: "the later one, a signed note" }),
            proof: z.array(z.string()).meta({ description: "hashes in base64, as in RFC 9162 §2.1.4" }),
          }),
        },
      },
      problems: ["invalid_request", "unknown_entry", "not_ready"],
    },
    async ({ query: { from, to } }) => {
      const served = await servedCheckpoint(db, log);
      const size = to ?? served.size;
      if (from > size) throw new Problem("invalid_request", "The earlier size is larger than the later one");
      const checkpoint = size === served.size ? served.checkpoint : await log.checkpointAt(size);
      const proof = await log.consistencyProof(from, size);
      return new Response(formatConsistency({ checkpoint, from, proof }), {
        headers: { "content-type": "application/json", "cache-control": "no-store" },
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/log/timestamp",
      access: "public",
      tag: TAG,
      summary: "The newest time stamp over a checkpoint (RFC 3161)",
      answers: {
        200: {
          description: "The checkpoint, byte by byte, and the authority's answer over it (DER, base64)",
          schema: z.object({ size: z.int(), time: z.string(), checkpoint: z.string(), token: z.string() }),
        },
      },
      problems: ["unknown_entry"],
    },
    async ({ c }) => {
      const stamp = await newestStamp(db);
      if (!stamp) throw new Problem("unknown_entry", "No checkpoint was stamped yet");
      const { size, note, token, stampedAt } = stamp;
      return c.json({ size, time: stampedAt.toISOString(), checkpoint: note, token: toBase64(token) });
    },
  );

  api.route(
    {
      method: "get",
      path: "/log/tile/{path}",
      access: "public",
      tag: TAG,
      summary: "A hash tile or an entry bundle (C2SP tlog-tiles)",
      description:
        "`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, N in groups of three digits: `0/x001/x234/067`.",
      params: z.strictObject({ path: z.string().max(100) }),
      answers: { 200: { description: "Bytes that never change", mediaType: "application/octet-stream" } },
      problems: ["not_found", "unknown_entry", "not_ready"],
    },
    async ({ params }) => {
      const tile = parseTilePath(`tile/${params.path}`);
      if (!tile) throw new Problem("not_found", "No tile has this address");
      return new Response(new Uint8Array(await log.tile(tile)), {
        headers: {
          "content-type": "application/octet-stream",
          "cache-control": "public, max-age=31536000, immutable",
        },
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/log/proof/{index}",
      access: "public",
      tag: TAG,
      summary: "Inclusion proof of an entry under the current checkpoint (C2SP tlog-proof)",
      params: z.strictObject({ index: integer }),
      answers: { 200: { description: "A proof with its checkpoint", mediaType: "text/plain" } },
      problems: ["unknown_entry", "not_ready"],
    },
    async ({ params: { index } }) => {
      const served = await servedCheckpoint(db, log);
      // What the witnesses have not seen yet is proved under the log's own head.
      const { size, checkpoint } = index < served.size ? served : await log.head();
      if (index >= size) throw new Problem("unknown_entry");
      return text(formatTlogProof({ index, hashes: await log.inclusionProof(index, size), checkpoint }));
    },
  );
}
