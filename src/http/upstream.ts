import type { Context } from "hono";
import { Problem } from "../errors.ts";
import type { Env } from "./api.ts";

/** Fields about one connection, not about the message (RFC 9110 §7.6.1), and the host, which is another one behind us. */
const HOP_BY_HOP = [
  "connection",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** A message's fields as the next connection may have them: without its hop-by-hop ones, those that it names itself included. */
export function endToEnd(from: Headers): Headers {
  const named = (from.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const headers = new Headers(from);
  for (const name of [...HOP_BY_HOP, ...named]) if (name !== "") headers.delete(name);
  return headers;
}

export type PassOn = (c: Context<Env>) => Promise<Response>;

/**
 * Hands a request to the Node service as it came (method, path, query, fields, body as a stream) and its answer back as
 * it comes. Nothing is tried twice: whether an append was committed before the connection broke is not known here.
 * @param upstream origin of the Node service; absent: everything is refused with upstream_not_configured
 * @throws Problem upstream_not_configured, upstream_unreachable
 */
export function passOnTo(upstream: URL | undefined, send: typeof fetch): PassOn {
  return async (c) => {
    if (upstream === undefined) throw new Problem("upstream_not_configured");
    const { pathname, search } = new URL(c.req.url);
    const { method, body, headers } = c.req.raw;
    // Never resolved against the upstream: a path that begins with // would name another host, and get the tokens.
    const target = new URL(upstream);
    target.pathname = pathname;
    target.search = search;
    let answer: Response;
    try {
      answer = await send(target, { method, headers: endToEnd(headers), body, redirect: "manual" });
    } catch (cause) {
      throw new Problem("upstream_unreachable", undefined, { cause });
    }
    c.set("route", "passed on");
    const requestId = answer.headers.get("x-request-id");
    if (requestId) c.set("requestId", requestId);
    return new Response(answer.body, { status: answer.status, headers: endToEnd(answer.headers) });
  };
}
