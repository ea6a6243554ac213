import { stream } from "hono/streaming";
import { z } from "zod";
import { Problem } from "../../errors.ts";
import { certificateKeys } from "../../http/erasures.ts";
import type { PagesDeps } from "../deps.ts";
import { fieldsOf } from "../form-fields.ts";
import type { Mount } from "../visit.ts";
import { type CertificateRefusal, certificatePage } from "./certificate.ts";

const REFUSALS: Partial<Record<string, CertificateRefusal>> = {
  unknown_entry: "unknown",
  not_erased: "pending",
};

const keptFile = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue("not JSON");
      return z.NEVER;
    }
  })
  .pipe(certificateKeys);

/**
 * The certificate for whoever kept the key of their erasure. It needs no session: there is nobody left to sign in, and the
 * key, which a form of another site does not have, is all the authority that there is.
 */
export function mountCertificate(mount: Mount, { certificate }: Pick<PagesDeps, "certificate">): void {
  mount("get", "/certificate", ({ scene, show }) => show(certificatePage(scene, null)));

  mount("post", "/certificate", async ({ c, scene, show }) => {
    const { key } = fieldsOf(await c.req.parseBody());
    const kept = keptFile.safeParse(key ?? "");
    if (!kept.success) return show(certificatePage(scene, "wrong"), 422);
    const lines = certificate(kept.data.keys);
    let first: IteratorResult<string>;
    try {
      // Before the answer begins: a refusal is a page, not a torn file.
      first = await lines.next();
    } catch (error) {
      const refusal = error instanceof Problem ? REFUSALS[error.code] : undefined;
      if (refusal === undefined) throw error;
      return show(certificatePage(scene, refusal), refusal === "unknown" ? 404 : 409);
    }
    c.header("content-type", "application/x-ndjson");
    c.header("content-disposition", 'attachment; filename="motivo-erasure.ndjson"');
    c.header("cache-control", "no-store");
    return stream(c, async (out) => {
      if (!first.done) await out.write(first.value);
      for await (const line of lines) await out.write(line);
    });
  });
}
