import { z } from "zod";
import type { Deps } from "../decisions/deps.ts";
import { checkPackage, PACKAGE_FILES } from "../models/package.ts";
import { moveAlias, publish } from "../models/publish.ts";
import { backgroundRisk } from "../privacy/background-risk.ts";
import type { Api } from "./api.ts";
import * as schemas from "./schemas.ts";

const TAG = "Models";

/** Base64 takes four bytes for three; a package's largest file is its model. */
const PACKAGE_BODY_BYTES = 64 * 1024 * 1024;

const packageBody = z.strictObject({
  files: z.strictObject(
    Object.fromEntries(Object.keys(PACKAGE_FILES).map((name) => [name, z.base64()])) as Record<
      keyof typeof PACKAGE_FILES,
      z.ZodBase64
    >,
  ),
});

/** For operators: publish, and point an alias forward or back. */
export function modelWriteRoutes(api: Api, deps: Deps): void {
  const access = { scope: "operator" } as const;
  api.route(
    {
      method: "post",
      path: "/v1/models",
      access,
      tag: TAG,
      summary: "Publish a package as the model's next version",
      description: "The package's files in base64. `motivo publish <folder>` sends this.",
      body: packageBody,
      maxBodyBytes: PACKAGE_BODY_BYTES,
      answers: { 201: { description: "The version", schema: schemas.published } },
      problems: ["invalid_package", "duplicate_version"],
    },
    async ({ c, body }) => {
      const files = Object.fromEntries(
        Object.entries(body.files).map(([name, content]) => [
          name,
          new Uint8Array(Buffer.from(content, "base64")),
        ]),
      );
      const checked = await checkPackage(files);
      const published = await publish(deps, checked);
      return c.json({ ...published, background: backgroundRisk(checked.contract, checked.background) }, 201);
    },
  );

  api.route(
    {
      method: "put",
      path: "/v1/models/{model}/aliases/{alias}",
      access,
      tag: TAG,
      summary: "Point an alias to a version: promote or roll back",
      params: z.strictObject({ model: z.string(), alias: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/) }),
      body: z.strictObject({ version: z.int().min(1).max(2_147_483_647) }),
      answers: {
        200: {
          description: "Where it points now, and the entry that says so",
          schema: z.object({ model: z.string(), alias: z.string(), version: z.int(), logIndex: z.int() }),
        },
      },
      problems: ["unknown_model", "unknown_version"],
    },
    async ({ c, params, body }) => {
      const move = { model: params.model, alias: params.alias, version: body.version };
      return c.json({ ...move, ...(await moveAlias(deps, move)) });
    },
  );
}
