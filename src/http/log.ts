import { z } from "zod";
import { formatTlogProof } from "../../audit/proof.ts";
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
