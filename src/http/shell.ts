import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Logger } from "pino";
import { Problem } from "../errors.ts";
import type { Api, Env } from "./api.ts";
import { accessLog, requestId, securityHeaders } from "./middleware.ts";
import { todaysPath } from "./opendsr-paths.ts";
import { asProblem, sendProblem } from "./problem.ts";

/**
 * What surrounds every route: request id, the service's own log, security headers, and one way to refuse.
 * @param showPage how a browser that went astray is told; programs are answered with problem details
 */
export function shell(
  deps: { logger: Logger; randomId: () => string },
  api: Api,
  showPage?: (c: Context<Env>, problem: Problem) => Promise<Response>,
): Hono<Env> {
  const app = new Hono<Env>({ getPath: (request) => todaysPath(getPath(request)) });
  app.use(requestId(deps.randomId));
  app.use(accessLog(deps.logger, () => performance.now()));
  app.use(securityHeaders);
  app.onError((error, c) => sendProblem(c, asProblem(error)));
  app.notFound((c) => {
    const allowed = api.methodsOf(c.req.path);
    if (allowed.length === 0) {
      const problem = new Problem("not_found");
      const browser = (c.req.header("accept") ?? "").includes("text/html");
      return showPage && browser ? showPage(c, problem) : sendProblem(c, problem);
    }
    c.header("allow", allowed.join(", "));
    return sendProblem(c, new Problem("method_not_allowed"));
  });
  return app;
}
