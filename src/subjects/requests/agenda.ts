import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { request } from "../../db/tables.ts";
import { retryStale } from "../../privacy/stale.ts";
import { localDay } from "../deadlines/days.ts";
import { openRow, type RequestContent } from "./request.ts";
import type { RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";
import { OPEN_STATES, type RequestState } from "./states.ts";

/** An open request as far as its clock goes: nobody's words, nobody's name. All days are local to the controller. */
export interface AgendaLine {
  id: string;
  right: RequestRight;
  state: RequestState;
  /** YYYY-MM-DD */
  received: string;
  /** The earliest day that a law sets; null where none does, or while every clock stands still. */
  due: string | null;
  /** The controller's own aim, where no law sets a day. */
  target: string | null;
  /** What `due` rests on or, without it, what the first clock says; with article. */
  rule: string | null;
  /** Since when the person is waited for. */
  stoppedSince: string | null;
  extended: boolean;
}

const WAITS_FOR_PERSON = { ask_identity: "confirm_identity", ask_clarification: "clarify" } as const;

/** Since when the person is waited for: the day of the last question without an answer. */
export function stoppedSince({ steps }: RequestContent, timeZone: string): string | null {
  for (const [asked, answered] of Object.entries(WAITS_FOR_PERSON)) {
    const last = steps.findLast(({ action }) => action === asked || action === answered);
    if (last?.action === asked) return localDay(new Date(last.at), timeZone);
  }
  return null;
}

/** The order of what is open: by the day on which it is due; then by the controller's own aim, then by receipt. */
export const BY_DEADLINE = [
  sql`${request.due} ASC NULLS LAST`,
  sql`${request.target} ASC NULLS LAST`,
  asc(request.receivedAt),
] as const;

/**
 * Open requests by the day on which they are due; what has only a target after them, then what stands still.
 * @param right absent: whatever right
 */
export async function requestAgenda(
  deps: RightsDeps,
  limit: number,
  right?: RequestRight,
): Promise<AgendaLine[]> {
  const opened = await retryStale(deps.epoch, async () => {
    const rows = await deps.db
      .select()
      .from(request)
      .where(
        and(
          inArray(request.state, [...OPEN_STATES]),
          right === undefined ? undefined : eq(request.right, right),
        ),
      )
      .orderBy(...BY_DEADLINE)
      .limit(limit);
    return rows.map((row) => openRow(deps, row));
  });
  const { timeZone } = deps.rights;
  return opened.map(({ id, right: asked, state, due, target, receivedAt, content }) => {
    const clocks = content.steps.at(-1)?.clocks ?? [];
    const counting = clocks.find((clock) => clock.due !== null && clock.due === due) ?? clocks[0];
    const waiting = state === "identity_pending" || state === "clarification_pending";
    return {
      id,
      right: asked,
      state,
      received: localDay(receivedAt, timeZone),
      due,
      target: due === null ? target : null,
      rule: counting?.rule ?? null,
      stoppedSince: waiting ? stoppedSince(content, timeZone) : null,
      extended: content.steps.some(({ action }) => action === "extend"),
    };
  });
}

/** How many requests are open, and how many of them are reviews. */
export async function openCounts(deps: Pick<RightsDeps, "db">): Promise<{ all: number; reviews: number }> {
  const rows = await deps.db
    .select({ right: request.right, n: sql<number>`count(*)::int` })
    .from(request)
    .where(inArray(request.state, [...OPEN_STATES]))
    .groupBy(request.right);
  return {
    all: rows.reduce((sum, { n }) => sum + n, 0),
    reviews: rows.find(({ right }) => right === "review")?.n ?? 0,
  };
}
