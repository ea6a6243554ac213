import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { Problem } from "../errors.ts";
import type { Api, Env } from "./api.ts";

const TAG = "Service";

/**
 * Whether the process lives, and whether it can take decisions.
 * @param warnings what is fit for development only, in the words of the start
 */
export function healthRoutes(
  api: Api,
  ready: () => Promise<boolean>,
  warnings: readonly string[] = [],
): void {
  const health = z.object({ status: z.enum(["live", "ready"]) });
  const readiness = health.extend({
    warnings: z.array(z.string()).meta({ description: "what is fit for development only" }),
  });
  api.route(
    {
      method: "get",
      path: "/health/live",
      access: "public",
      tag: TAG,
      summary: "The process answers",
      answers: { 200: { description: "It lives", schema: health } },
    },
    ({ c }) => c.json({ status: "live" }),
  );
  api.route(
    {
      method: "get",
      path: "/health/ready",
      access: "public",
      tag: TAG,
      summary: "Database and log are open",
      answers: { 200: { description: "It can take decisions", schema: readiness } },
      problems: ["not_ready"],
    },
    async ({ c }) => {
      if (!(await ready())) throw new Problem("not_ready", undefined, { retryAfterSeconds: 5 });
      return c.json({ status: "ready", warnings });
    },
  );
}

const SWAGGER_FILES: Record<string, string> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

/** `/openapi.json` and its reference page. Swagger UI comes out of its npm package: nothing is fetched from elsewhere. */
export function documentationRoutes(api: Api, version: string): Hono<Env> {
  const document = api.document(version);
  const docs = new Hono<Env>();
  docs.get("/openapi.json", (c) => c.json(document));
  docs.get("/docs", (c) =>
    c.html(html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width" />
          <title>Motivo API</title>
          <link rel="stylesheet" href="/docs/swagger-ui.css" />
        </head>
        <body>
          <main id="reference"><p>The description itself is at <a href="/openapi.json">/openapi.json</a>.</p></main>
          <script src="/docs/swagger-ui-bundle.js"></script>
          <script src="/docs/start.js"></script>
        </body>
      </html>`),
  );
  docs.get("/docs/start.js", (c) =>
    c.body('SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference" });\n', 200, {
      "content-type": "text/javascript; charset=utf-8",
    }),
  );
  docs.get("/docs/:file", async (c) => {
    const file = c.req.param("file");
    const mediaType = SWAGGER_FILES[file];
    if (!mediaType) throw new Problem("not_found");
    const path = createRequire(import.meta.url).resolve(`swagger-ui-dist/${file}`);
    return c.body(new Uint8Array(await readFile(path)), 200, {
      "content-type": mediaType,
      "cache-control": "public, max-age=86400",
    });
  });
  return docs;
}
