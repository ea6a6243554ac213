import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import type { Env } from "./api.ts";
import { asProblem } from "./problem.ts";

/**
 * A request id of our own. One that a client sends is not taken over: clients put order numbers, e-mail
 * addresses and worse into them, and ours goes into the service's log.
 */
export function requestId(randomId: () => string): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("requestId", randomId());
    await next();
    // Read again: an answer that was passed on keeps the id under which the service that gave it has its line. Set on the
    // answer as it is: through `c.header` it would be made anew, its body as a stream.
    const { headers } = c.res;
    try {
      headers.set("x-request-id", c.get("requestId"));
    } catch {
      // One that was fetched has headers that cannot be changed.
      c.header("x-request-id", c.get("requestId"));
    }
  };
}

export function accessLog(logger: Logger, now: () => number): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = now();
    await next();
    const line = {
      requestId: c.get("requestId"),
      method: c.req.method,
      route: c.get("route") ?? "none",
      status: c.res.status,
      ms: Math.round((now() - started) * 10) / 10,
    };
    if (c.error) {
      const problem = asProblem(c.error);
      if (problem.status >= 500)
        logger.error({ ...line, code: problem.code, err: problem.cause ?? problem }, "request");
      else logger.info({ ...line, code: problem.code }, "request");
    } else logger.info(line, "request");
  };
}

/** What other sites' pages may load; everything else stays with ours. */
const EMBEDDABLE = /^\/components\//;

/** Strict for pages and answers alike: no inline script or style, nothing from elsewhere, no framing. */
const strict = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    fontSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000; includeSubDomains",
  xFrameOptions: "DENY",
} satisfies Parameters<typeof secureHeaders>[0];

const ours = secureHeaders(strict);
const everybodys = secureHeaders({ ...strict, crossOriginResourcePolicy: "cross-origin" });

export const securityHeaders: MiddlewareHandler = (c, next) =>
  (EMBEDDABLE.test(c.req.path) ? everybodys : ours)(c, next);
