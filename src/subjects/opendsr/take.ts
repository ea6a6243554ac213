import { and, eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { opendsrRequest } from "../../db/tables.ts";
import { Problem } from "../../errors.ts";
import { tellCaller } from "../outbox/callers.ts";
import { findRequest, needProof, openRequest, type RequestMade } from "../requests/open-request.ts";
import { inTransaction } from "../requests/own-key.ts";
import { type Asked, type OpenedRequest, openKeyParts } from "../requests/request.ts";
import { takeStep } from "../requests/take-step.ts";
import { type Caller, type RequestType, RIGHT_OF } from "./callers.ts";
import type { OpenDsrDeps } from "./settings.ts";
import { type CallerStanding, standingFor } from "./standing.ts";

/** A request as a caller put it, parsed. */
export interface CallerAsked {
  /** `subject_request_id` */
  id: string;
  type: RequestType;
  subject: string;
  asked: Asked;
  submittedAt: Date;
  callbacks: readonly string[];
}

export interface TakenRequest {
  standing: CallerStanding;
  receivedAt: Date;
}

type Link = typeof opendsrRequest.$inferSelect;

/** The id was taken in this very moment: what this transaction wrote goes, and the other's is what there is. */
class IdTakenError extends Error {
  override name = "IdTakenError";
}

async function linkOf(db: Database, caller: Caller, id: string): Promise<Link | null> {
  const [link] = await db
    .select()
    .from(opendsrRequest)
    .where(and(eq(opendsrRequest.caller, caller.domain), eq(opendsrRequest.id, id)));
  return link ?? null;
}

const told = (deps: OpenDsrDeps, link: Link, request: OpenedRequest): TakenRequest => ({
  standing: standingFor(link, request, deps.openDsr.pendingMs),
  receivedAt: link.receivedAt,
});

/** @throws Problem opendsr_type_not_allowed, proof_level_too_low */
function mayAsk(caller: Caller, type: RequestType, asked: Asked): void {
  if (!caller.types.includes(type)) throw new Problem("opendsr_type_not_allowed");
  needProof(RIGHT_OF[type], asked, caller.proof);
}

/** Whether the same id is used for the same again. */
function isSame({ right, content }: OpenedRequest, { type, subject, asked }: CallerAsked): boolean {
  const parts = openKeyParts(content.subject, right, content.asked);
  const again = openKeyParts(subject, RIGHT_OF[type], asked);
  return JSON.stringify(parts) === JSON.stringify(again);
}

/**
 * Takes a request that a registered caller passes on, into the same states and under the same law as a person's own. It
 * stays pending for a while, so that the caller may take it back. What the caller is registered for is checked first,
 * on a repeat too (fides GHSA-qx5f-ghc2-7g5c).
 * @throws Problem opendsr_type_not_allowed, proof_level_too_low, opendsr_id_reused, and those of `openRequest`
 */
export async function takeCallersRequest(
  deps: OpenDsrDeps,
  caller: Caller,
  asked: CallerAsked,
): Promise<TakenRequest> {
  mayAsk(caller, asked.type, asked.asked);
  const earlier = await linkOf(deps.db, caller, asked.id);
  if (earlier) {
    const request = await findRequest(deps, earlier.request);
    if (!isSame(request, asked)) throw new Problem("opendsr_id_reused");
    return told(deps, earlier, request);
  }
  const receivedAt = deps.now();
  const link = async (tx: Database, request: string, opened: boolean) => {
    const { id, callbacks } = asked;
    const row = { caller: caller.domain, id, request, opened, callbacks: [...callbacks], receivedAt };
    const [written] = await tx.insert(opendsrRequest).values(row).onConflictDoNothing().returning();
    if (!written) throw new IdTakenError();
    return written;
  };
  const who = {
    subject: asked.subject,
    proof: caller.proof,
    actsFor: { by: "caller", who: caller.domain },
    askedAt: asked.submittedAt,
  } as const;
  let written: Link | undefined;
  const write = async (tx: Database, id: string) => {
    written = await link(tx, id, true);
  };
  try {
    const taking = { later: true, write };
    const made: RequestMade = await openRequest(deps, who, RIGHT_OF[asked.type], asked.asked, taking);
    // The person, or somebody else, has asked for the same already: it is answered once, for all of them.
    if (!made.created) written = await link(deps.db, made.request.id, false);
    return told(deps, written!, made.request);
  } catch (error) {
    if (error instanceof IdTakenError) return takeCallersRequest(deps, caller, asked);
    throw error;
  }
}

/** @throws Problem unknown_request, for another caller's too */
async function ownLink(deps: OpenDsrDeps, caller: Caller, id: string): Promise<Link> {
  const link = await linkOf(deps.db, caller, id);
  if (!link) throw new Problem("unknown_request");
  return link;
}

/** How a caller's request stands. @throws Problem unknown_request */
export async function callersStanding(deps: OpenDsrDeps, caller: Caller, id: string): Promise<TakenRequest> {
  const link = await ownLink(deps, caller, id);
  return told(deps, link, await findRequest(deps, link.request));
}

/** The request of a link, with what its right needs of the caller checked once more. @throws Problem unknown_request */
export async function callersRequest(
  deps: OpenDsrDeps,
  caller: Caller,
  id: string,
): Promise<{ standing: CallerStanding; request: OpenedRequest }> {
  const link = await ownLink(deps, caller, id);
  const request = await findRequest(deps, link.request);
  const [type] = Object.entries(RIGHT_OF).find(([, right]) => right === request.right)!;
  mayAsk(caller, type as RequestType, request.content.asked);
  return { standing: told(deps, link, request).standing, request };
}

/**
 * Takes a pending request back. One that others asked for too goes on for them; once it was begun there is nothing to
 * take back. Cancelling twice is cancelling once.
 * @throws Problem unknown_request, opendsr_not_pending
 */
export async function cancelCallersRequest(
  deps: OpenDsrDeps,
  caller: Caller,
  id: string,
): Promise<TakenRequest> {
  const before = await ownLink(deps, caller, id);
  if (before.cancelledAt) return told(deps, before, await findRequest(deps, before.request));
  return inTransaction(deps, async (tx) => {
    const cancelledAt = deps.now();
    // Begun, or closed, in between: the state is read under the request's lock by whoever moves it, and the head is ours.
    const request = await findRequest({ ...deps, db: tx }, before.request);
    if (request.state !== "received") throw new Problem("opendsr_not_pending");
    const [link] = await tx
      .update(opendsrRequest)
      .set({ cancelledAt })
      .where(and(eq(opendsrRequest.caller, caller.domain), eq(opendsrRequest.id, id)))
      .returning();
    const all = await tx.select().from(opendsrRequest).where(eq(opendsrRequest.request, before.request));
    // Nobody is left who wants it, and it was not the person's own.
    const after =
      all.every((one) => one.cancelledAt !== null) && all.some(({ opened }) => opened)
        ? await takeStep(
            deps,
            before.request,
            () => ({ action: "cancel", by: "caller", who: caller.domain }),
            tx,
          )
        : request;
    await tellCaller(tx, deps, link!, after);
    return told(deps, link!, after);
  });
}
