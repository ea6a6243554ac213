import type { OpenedRequest } from "../requests/request.ts";
import type { RequestRight } from "../requests/rights.ts";
import type { RequestState } from "../requests/states.ts";

export const CALLER_STATUSES = ["pending", "in_progress", "completed", "cancelled"] as const;
export type CallerStatus = (typeof CALLER_STATUSES)[number];

/** How a request stands in the words of OpenDSR, and what those have no word for. */
export interface CallerStanding {
  /** `subject_request_id` */
  id: string;
  status: CallerStatus;
  /** RFC 3339 */
  expected: string;
  /** Whether `results_url` leads to something. */
  results: boolean;
  /** Of our extension. */
  state: RequestState;
  right: RequestRight;
  refusal: { ground: string; articles: string[]; reason: string | null } | null;
  due: string | null;
}

/** A row of `opendsr_request`, as far as it counts here. */
export interface CallerLink {
  id: string;
  receivedAt: Date;
  cancelledAt: Date | null;
}

/** Rights whose answer is handed over, and not only done. */
const HANDED_OVER: ReadonlySet<RequestRight> = new Set([
  "access_complete",
  "access_simplified",
  "confirmation",
  "portability",
  "explanation",
  "recipients",
]);

/**
 * OpenDSR knows no refusal (its issue 33): completed would say that it was done, so a refused request is cancelled, with
 * ground and article in the extension. One that is refused because nothing is held is done.
 */
export function statusOf(state: RequestState, ground: string | undefined): CallerStatus {
  if (state === "received") return "pending";
  if (state === "answered") return "completed";
  if (state === "refused") return ground === "no_record" ? "completed" : "cancelled";
  return state === "cancelled" ? "cancelled" : "in_progress";
}

export function standingFor(
  link: CallerLink,
  request: Pick<OpenedRequest, "state" | "right" | "due" | "target" | "content">,
  pendingMs: number,
): CallerStanding {
  const { state, right, due, target, content } = request;
  const refused =
    state === "refused" ? content.steps.findLast(({ action }) => action === "refuse") : undefined;
  const day = due ?? target;
  const expected = day ? new Date(`${day}T00:00:00Z`) : new Date(link.receivedAt.getTime() + pendingMs);
  const status = link.cancelledAt ? "cancelled" : statusOf(state, refused?.ground);
  return {
    id: link.id,
    status,
    expected: expected.toISOString(),
    results: status === "completed" && state === "answered" && HANDED_OVER.has(right),
    state,
    right,
    refusal: refused
      ? { ground: refused.ground ?? "basis", articles: refused.articles ?? [], reason: refused.text ?? null }
      : null,
    due,
  };
}
