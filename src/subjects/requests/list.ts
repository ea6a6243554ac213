import { and, desc, eq, inArray } from "drizzle-orm";
import { request } from "../../db/tables.ts";
import { leaveTrace } from "../../decisions/trace.ts";
import { BY_DEADLINE } from "./agenda.ts";
import { findRequest } from "./open-request.ts";
import type { OpenedRequest } from "./request.ts";
import type { RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";
import { OPEN_STATES, type RequestState } from "./states.ts";

/** A line of the operator's list: no name, no words. */
export interface RequestLine {
  id: string;
  right: RequestRight;
  state: RequestState;
  receivedAt: Date;
  /** YYYY-MM-DD */
  due: string | null;
  target: string | null;
}

/** Requests by the day on which the answer is due; those without one by the controller's own aim, after them. */
export async function requestsByDeadline(
  deps: RightsDeps,
  filter: { open: boolean; right?: RequestRight | undefined; limit: number },
): Promise<RequestLine[]> {
  const states = filter.open ? [...OPEN_STATES] : (["answered", "refused", "cancelled"] as const);
  const rows = await deps.db
    .select({
      id: request.id,
      right: request.right,
      state: request.state,
      receivedAt: request.receivedAt,
      due: request.due,
      target: request.target,
    })
    .from(request)
    .where(
      and(
        inArray(request.state, [...states]),
        filter.right === undefined ? undefined : eq(request.right, filter.right),
      ),
    )
    .orderBy(...(filter.open ? BY_DEADLINE : [desc(request.closedAt)]))
    .limit(filter.limit);
  return rows.map((row) => ({
    ...row,
    right: row.right as RequestRight,
    state: row.state as RequestState,
  }));
}

/** A request with its words, for an operator; the reading is on the record first. @throws Problem unknown_request */
export async function readRequest(deps: RightsDeps, id: string, operator: string): Promise<OpenedRequest> {
  const found = await findRequest(deps, id);
  await leaveTrace(deps, { role: "operator", name: operator }, "request", { request: found.reference });
  return found;
}
