import { z } from "zod";
import { formatTlogProof } from "../../audit/proof.ts";
import { parseTilePath } from "../../audit/tile.ts";
import type { LogReader } from "../db/log.ts";
import { Problem } from "../errors.ts";
import type { Api } from "./api.ts";

const TAG = "Log";
const integer = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,14})$/)
  .transform(Number);

/** The public side of the log (C2SP): nothing here is personal, so nobody needs a token. */
export function logRoutes(api: Api, log: LogReader): void {
  const text = (body: string, headers: Record<string, string> = {}) =>
    new Response(body, { headers: { "content-type": "text/plain; charset=utf-8", ...headers } });

  api.route(
    {
      method: "get",
      path: "/log/checkpoint",
      access: "public",
      tag: TAG,
      summary: "The signed head of the log (C2SP tlog-checkpoint)",
      answers: { 200: { description: "A signed note", mediaType: "text/plain" } },
      problems: ["not_ready"],
    },
    async () => text((await log.head()).checkpoint, { "cache-control": "no-store" }),
  );

  api.route(
    {
      method: "get",
      path: "/log/vkey",
      access: "public",
      tag: TAG,
      summary: "Name and public key of the log (C2SP vkey)",
      answers: { 200: { description: "One line", mediaType: "text/plain" } },
      problems: ["not_ready"],
    },
    async () => text(`${await log.vkey()}\n`),
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
      const { size, checkpoint } = await log.head();
      if (index >= size) throw new Problem("unknown_entry");
      return text(formatTlogProof({ index, hashes: await log.inclusionProof(index, size), checkpoint }));
    },
  );
}
