import { and, eq, isNull, lte, notInArray } from "drizzle-orm";
import { opendsrRequest, request } from "../../db/tables.ts";
import { Problem } from "../../errors.ts";
import { performRequest } from "../requests/perform.ts";
import { HUMAN_RIGHTS } from "../requests/rights.ts";
import { takeStep } from "../requests/take-step.ts";
import type { OpenDsrDeps } from "./settings.ts";

/**
 * Begins and answers what callers asked whose time to take it back is over. It is begun in a step of its own first, so
 * that nothing that is half-way done is cancelled; what a crash cuts short after that `resumeRequests` ends.
 * @returns how many
 * @throws AggregateError of those that failed; the others are through
 */
export async function performPending(deps: OpenDsrDeps): Promise<number> {
  const over = new Date(deps.now().getTime() - deps.openDsr.pendingMs);
  const rows = await deps.db
    .selectDistinct({ id: request.id })
    .from(request)
    .innerJoin(opendsrRequest, eq(opendsrRequest.request, request.id))
    .where(
      and(
        eq(request.state, "received"),
        isNull(opendsrRequest.cancelledAt),
        lte(opendsrRequest.receivedAt, over),
        notInArray(request.right, [...HUMAN_RIGHTS]),
      ),
    );
  let performed = 0;
  const failures: unknown[] = [];
  for (const { id } of rows) {
    try {
      await performRequest(deps, await takeStep(deps, id, () => ({ action: "start", by: "service" })));
      performed += 1;
    } catch (error) {
      // Cancelled, or another process was quicker.
      if (!(error instanceof Problem && error.code === "illegal_transition")) failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} requests by OpenDSR are not answered yet`);
  return performed;
}
