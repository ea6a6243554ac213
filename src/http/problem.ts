import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { databaseAway } from "../db/database-away.ts";
import { PROBLEMS, Problem } from "../errors.ts";

/** Problem types are names, not addresses to fetch: a client compares `code`. */
const TYPE_PREFIX = "urn:motivo:problem:";

/**
 * RFC 9457 problem details. `instance` is the request id, under which the service's own log has the line; null for a
 * refusal inside an answer, which has that id already.
 */
export function problemDocument(problem: Problem, requestId: string | null): Record<string, unknown> {
  return {
    ...problem.members,
    type: `${TYPE_PREFIX}${problem.code}`,
    title: PROBLEMS[problem.code][1],
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...(problem.faults.length > 0 ? { errors: problem.faults } : {}),
    ...(requestId === null ? {} : { instance: `urn:motivo:request:${requestId}` }),
  };
}

const AWAY = { unreachable: "not_ready", broken: "outcome_unknown" } as const;

/**
 * Whatever was thrown, as the problem that the client sees. A database that is away is worth another try; any other
 * unforeseen error says nothing of its inside.
 */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const away = databaseAway(error);
  if (away) return new Problem(AWAY[away], undefined, { cause: error, retryAfterSeconds: 5 });
  return new Problem("internal", undefined, { cause: error });
}

export function sendProblem(c: Context, problem: Problem): Response {
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (problem.retryAfterSeconds !== undefined) headers["retry-after"] = String(problem.retryAfterSeconds);
  if (problem.status === 401) headers["www-authenticate"] = 'Bearer realm="motivo"';
  const body = JSON.stringify(problemDocument(problem, c.get("requestId") ?? "none"));
  return c.body(body, problem.status as ContentfulStatusCode, headers);
}
