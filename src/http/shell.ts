import { Hono } from "hono";
import type { Logger } from "pino";
import { Problem } from "../errors.ts";
import type { Api, Env } from "./api.ts";
import { accessLog, requestId, securityHeaders } from "./middleware.ts";
import { asProblem, sendProblem } from "./problem.ts";

/** What surrounds every route: request id, the service's own log, security headers, and one way to refuse. */
export function shell(deps: { logger: Logger; randomId: () => string }, api: Api): Hono<Env> {
  const app = new Hono<Env>();
  app.use(requestId(deps.randomId));
  app.use(accessLog(deps.logger, () => performance.now()));
  app.use(securityHeaders);
  app.onError((error, c) => sendProblem(c, asProblem(error)));
  app.notFound((c) => {
    const allowed = api.methodsOf(c.req.path);
    if (allowed.length === 0) return sendProblem(c, new Problem("not_found"));
    c.header("allow", allowed.join(", "));
    return sendProblem(c, new Problem("method_not_allowed"));
  });
  return app;
}
