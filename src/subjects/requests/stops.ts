import { eq, inArray } from "drizzle-orm";
import { toHex } from "../../../audit/bytes.ts";
import type { Database } from "../../db/client.ts";
import { processingStop, request } from "../../db/tables.ts";
import { STOP_KINDS, type StopKind } from "../../decisions/stops.ts";
import { actorOf } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { tellPerson } from "../outbox/notices.ts";
import { blindNow, blindsOf, inTransaction } from "./own-key.ts";
import type { OpenedRequest, Party } from "./request.ts";
import { requestsOf } from "./requests-of.ts";
import type { RightsDeps } from "./settings.ts";
import { stepEntry } from "./step-entry.ts";
import { appendAll, lockRequest } from "./take-step.ts";

/** Which stop a right leads to. */
export const STOP_OF = {
  restriction: "restriction",
  objection: "objection",
  consent_revocation: "revocation",
} as const satisfies Record<string, StopKind>;

/**
 * Stops decisions of these models about a person, in the caller's transaction.
 */
export async function setStops(
  tx: Database,
  deps: RightsDeps,
  stop: { subject: string; kind: StopKind; request: string },
  models: readonly string[],
): Promise<void> {
  for (const model of models) {
    await tx
      .insert(processingStop)
      .values({
        id: deps.randomId(),
        lookup: blindNow(deps, "processing-stop", stop.subject, model),
        kind: stop.kind,
        request: stop.request,
      })
      .onConflictDoNothing();
  }
}

/** A stop that is in force. */
export interface Stop {
  id: string;
  kind: StopKind;
  model: string;
  request: string;
}

/** What is stopped of a person's, by the requests that it came from. */
export async function stopsOf(deps: RightsDeps, subjectId: string): Promise<Stop[]> {
  const stopping = (await requestsOf(deps, subjectId)).filter(({ content }) => content.stopped.length > 0);
  const ids = stopping.map(({ id }) => id);
  const rows = await deps.db.select().from(processingStop).where(inArray(processingStop.request, ids));
  return stopping.flatMap(({ id, content }) =>
    content.stopped.flatMap((model) => {
      const lookups = new Set(blindsOf(deps, "processing-stop", subjectId, model).map(toHex));
      const found = rows.find(({ request: of, lookup }) => of === id && lookups.has(toHex(lookup)));
      const kind = STOP_KINDS.find((each) => each === found?.kind);
      return found && kind ? { id: found.id, kind, model, request: id } : [];
    }),
  );
}

/** Whether anything that a request stopped is in force. */
export async function hasStop(db: Database, requestId: string): Promise<boolean> {
  return (await db.$count(processingStop, eq(processingStop.request, requestId))) > 0;
}

/** Ends every stop of a request, in the caller's transaction. */
export async function liftStops(tx: Database, requestId: string): Promise<number> {
  const lifted = await tx
    .delete(processingStop)
    .where(eq(processingStop.request, requestId))
    .returning({ id: processingStop.id });
  return lifted.length;
}

/**
 * Lifts what a request stopped, on the record: the person may use their data again, or the controller says why the
 * restriction ends. GDPR 18(3) has the person told before, so the notice is committed with it.
 * @throws Problem unknown_request, unknown_restriction when nothing of it is in force
 */
export async function liftRestriction(
  deps: RightsDeps,
  requestId: string,
  who: { by: Party; name?: string; subject?: string; reason?: string },
): Promise<OpenedRequest> {
  return inTransaction(deps, async (tx) => {
    const before = await lockRequest(tx, deps, requestId);
    if (who.subject !== undefined && who.subject !== before.content.subject)
      throw new Problem("unknown_request");
    // Consent comes from the person, and so does the end of an objection: nobody else gives it anew.
    if (who.by !== "person" && before.right !== "restriction") throw new Problem("unknown_restriction");
    if ((await liftStops(tx, requestId)) === 0) throw new Problem("unknown_restriction");
    const { by, reason: text } = who;
    const actor = who.name === undefined ? undefined : actorOf(deps, by, who.name);
    const last = before.content.steps.at(-1)!;
    const step = { action: "lift", state: before.state, by, clocks: last.clocks } as const;
    const [receipt] = await appendAll(tx, deps, [stepEntry(deps, before, { ...step, actor })]);
    const content = {
      ...before.content,
      stopped: [],
      steps: [
        ...before.content.steps,
        {
          ...step,
          at: deps.now().toISOString(),
          ...(text === undefined ? {} : { text }),
          logIndex: receipt!.logIndex,
        },
      ],
    };
    await tx
      .update(request)
      .set({ sealed: before.key.seal(content) })
      .where(eq(request.id, requestId));
    await tellPerson(tx, deps, { ...before, content }, "lift");
    return { ...before, content };
  });
}
