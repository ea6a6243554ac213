import { eq, inArray } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { request } from "../../db/tables.ts";
import { standingOf } from "../../decisions/standing.ts";
import { actorOf } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { retryStale } from "../../privacy/stale.ts";
import { localDay } from "../deadlines/days.ts";
import { needRight } from "../mandates/act-under.ts";
import { tellPerson } from "../outbox/notices.ts";
import { ownDecision } from "../own-decision.ts";
import { clocksOf, dueOf } from "./clocks.ts";
import { checkCorrectedInputs } from "./corrected-inputs.ts";
import { articlesOf, type GroundCode } from "./grounds.ts";
import { blindNow, blindsOf, currentEpoch, inTransaction, OwnKey } from "./own-key.ts";
import { performRequest } from "./perform.ts";
import { type HeldPurpose, purposesOf, ruled } from "./purposes.ts";
import {
  type Asked,
  type Channel,
  isSentByHand,
  type OpenedRequest,
  openKeyParts,
  openRow,
  type RequestContent,
} from "./request.ts";
import { DECISION_RIGHTS, HUMAN_RIGHTS, PROOF_OF, PURPOSE_RIGHTS, type RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";
import { stepEntry } from "./step-entry.ts";
import { STOP_OF, setStops } from "./stops.ts";
import { appendAll, takeStep } from "./take-step.ts";

export interface Requester {
  subject: string;
  proof: 1 | 2 | 3;
  /** An operator who takes down what came otherwise than by a call (`intake.ts`), and on what evidence of who asked. */
  takenBy?: { name: string; evidence: string; channel: Channel };
  /** Who asks for the person: a representative by their id, a registered caller of OpenDSR by its domain. */
  actsFor?:
    | { by: "caller"; who: string }
    | { by: "representative"; who: string; rights: ReadonlySet<RequestRight> };
  /** When they asked, where it took its time to reach us; clocks count from then. Absent: now. */
  askedAt?: Date;
}

/** How a request is taken otherwise than by the person's own call. */
export interface Taking {
  /** It is answered later, and may be taken back until then. */
  later?: boolean;
  /** Rows that stand or fall with the request. */
  write?: (tx: Database, id: string) => Promise<void>;
}

export interface RequestMade {
  request: OpenedRequest;
  /** False: the same right was open already, and nothing was added to it. */
  created: boolean;
  /** What the service answered in the call; absent where a human has to, and on a duplicate. */
  result?: object;
}

/** How sure we must be of who asks for this; a revocation that erases too needs what an erasure does. */
export const proofFor = (right: RequestRight, asked: Pick<Asked, "erase">): 1 | 2 | 3 =>
  right === "consent_revocation" && asked.erase ? PROOF_OF.erasure : PROOF_OF[right];

/** @throws Problem proof_level_too_low; before anything else, so that no way around it leads past it */
export function needProof(right: RequestRight, asked: Pick<Asked, "erase">, proof: number): void {
  const level = proofFor(right, asked);
  if (proof < level) throw new Problem("proof_level_too_low", `This needs proof level ${level}`);
}

interface Scope {
  regimes: RequestContent["regimes"];
  /** Models whose data the right reaches. */
  models: string[];
  refusal: { ground: GroundCode; articles: string[] } | null;
}

/** A use of data, or nothing in particular where a right is about none. */
type Reached = Pick<HeldPurpose, "bases"> & Partial<HeldPurpose>;

/** Whether the law gives this right here, and over what. @throws Problem unknown_decision and those of inputs */
async function scopeOf(
  deps: RightsDeps,
  { subject, takenBy }: Requester,
  right: RequestRight,
  asked: Asked,
): Promise<Scope> {
  const { regimes } = deps.rights;
  if (DECISION_RIGHTS.has(right)) {
    const { vaulted } = await ownDecision(deps, subject, asked.decision ?? "", takenBy?.name);
    const standing = await standingOf(deps.db, vaulted.decision.id);
    const by = standing?.supersededBy;
    if (right !== "explanation" && by && (by.kind === "correction" || by.outcome === null))
      throw new Problem("decision_superseded", undefined, { members: { by: by.decision } });
    if (right === "correction") await checkCorrectedInputs(deps, vaulted, asked.inputs ?? {});
  }
  const held: Reached[] = PURPOSE_RIGHTS.has(right)
    ? await purposesOf(deps, subject, asked.model)
    : [{ bases: [] }];
  const ruling = ruled(regimes, right, held);
  if (ruling.applies.length > 0) {
    const models = ruling.applies.flatMap(({ contract }) => (contract ? [contract.name] : []));
    return { regimes: ruling.regimes, models: [...new Set(models)], refusal: null };
  }
  const refusal: Scope["refusal"] =
    held.length === 0
      ? { ground: "no_record", articles: articlesOf("no_record", right, regimes) }
      : { ground: "basis", articles: [...new Set(ruling.refused.flatMap(({ articles }) => articles))] };
  return { regimes: [...regimes], models: [], refusal };
}

async function findOpen(deps: RightsDeps, parts: string[]): Promise<OpenedRequest | null> {
  return retryStale(deps.epoch, async () => {
    const [row] = await deps.db
      .select()
      .from(request)
      .where(inArray(request.openKey, blindsOf(deps, "open-subject-request", ...parts)));
    return row ? openRow(deps, row) : null;
  });
}

/** Writes the request, its first step and what it stops at once. @returns null when another one was first */
async function receive(
  deps: RightsDeps,
  who: Requester,
  right: RequestRight,
  asked: Asked,
  scope: Scope,
  { write }: Taking,
): Promise<OpenedRequest | null> {
  const id = deps.randomId();
  const key = OwnKey.make(id);
  const now = deps.now();
  const receivedAt = who.askedAt !== undefined && who.askedAt < now ? who.askedAt : now;
  const { regimes } = scope;
  return inTransaction(deps, async (tx) => {
    const parts = openKeyParts(who.subject, right, asked);
    const [other] = await tx
      .select({ id: request.id })
      .from(request)
      .where(inArray(request.openKey, blindsOf(deps, "open-subject-request", ...parts)));
    if (other) return null;
    const clocks = clocksOf(deps.rights, { right, receivedAt, regimes }, []);
    const { subject, proof, takenBy, actsFor } = who;
    const by = takenBy ? "operator" : (actsFor?.by ?? "person");
    const step = { action: "receive", state: "received", by, clocks } as const;
    const actor = takenBy && actorOf(deps, by, takenBy.name);
    const told = {
      regimes: [...regimes],
      proof,
      // An organisation, and no person.
      ...(actsFor?.by === "caller" ? { caller: actsFor.who } : {}),
      ...(takenBy ? { channel: takenBy.channel, received: localDay(receivedAt, deps.rights.timeZone) } : {}),
    };
    const stop = right === "objection" ? STOP_OF.objection : null;
    const content: RequestContent = {
      subject,
      proof,
      asked,
      regimes,
      ...(takenBy ? { channel: takenBy.channel } : {}),
      steps: [],
      stopped: stop && !scope.refusal ? scope.models : [],
    };
    const opened = { id, reference: key.reference, right, content };
    const [receipt] = await appendAll(tx, deps, [stepEntry(deps, opened, { ...step, actor, told })]);
    content.steps.push({
      ...step,
      ...(takenBy ? { text: takenBy.evidence } : {}),
      ...(actsFor ? { who: actsFor.who } : {}),
      at: now.toISOString(),
      logIndex: receipt!.logIndex,
    });
    const row = {
      id,
      right,
      state: step.state,
      lookup: blindNow(deps, "subject-request", who.subject),
      openKey: blindNow(deps, "open-subject-request", ...parts),
      ...key.wrap(currentEpoch(deps)),
      sealed: key.seal(content),
      receivedAt,
      ...dueOf(clocks),
    };
    await tx.insert(request).values(row);
    await write?.(tx, id);
    // GDPR 18(1)(d): while it is weighed whose grounds are the stronger, the purpose rests.
    if (stop) await setStops(tx, deps, { subject: who.subject, kind: stop, request: id }, content.stopped);
    const made: OpenedRequest = {
      ...opened,
      key,
      state: step.state,
      receivedAt,
      closedAt: null,
      forgetAt: null,
      ...dueOf(clocks),
    };
    await tellPerson(tx, deps, made, step.action);
    return made;
  });
}

/**
 * Takes a request of a data subject, and answers at once what needs no human. The same right asked again while it is
 * open is the same request. What the law does not give here is refused with its article, as a request that stands on
 * the record, not as a fault of the call.
 * @throws Problem proof_level_too_low, unknown_decision, decision_superseded, and those of corrected inputs
 */
export async function openRequest(
  deps: RightsDeps,
  who: Requester,
  right: RequestRight,
  asked: Asked,
  taking: Taking = {},
): Promise<RequestMade> {
  needProof(right, asked, who.proof);
  if (who.actsFor?.by === "representative") needRight(who.actsFor, right, asked);
  const parts = openKeyParts(who.subject, right, asked);
  const earlier = await findOpen(deps, parts);
  if (earlier) return { request: earlier, created: false };
  const scope = await scopeOf(deps, who, right, asked);
  const made = await receive(deps, who, right, asked, scope, taking);
  if (!made) {
    const first = await findOpen(deps, parts);
    // It was opened and closed in between: then this one is a request of its own.
    return first ? { request: first, created: false } : openRequest(deps, who, right, asked, taking);
  }
  if (scope.refusal) {
    const { refusal } = scope;
    const refused = await takeStep(deps, made.id, () => ({ action: "refuse", by: "service", ...refusal }));
    return { request: refused, created: true };
  }
  if (taking.later || HUMAN_RIGHTS.has(right) || isSentByHand(made)) return { request: made, created: true };
  const { request: answered, result } = await performRequest(deps, made);
  return { request: answered, created: true, result };
}

/** A request by its id, for whoever may see every one. @throws Problem unknown_request */
export async function findRequest(deps: RightsDeps, id: string): Promise<OpenedRequest> {
  return retryStale(deps.epoch, async () => {
    const [row] = await deps.db.select().from(request).where(eq(request.id, id));
    if (!row) throw new Problem("unknown_request");
    return openRow(deps, row);
  });
}

/** A person's own request. @throws Problem unknown_request, also for somebody else's */
export async function findOwnRequest(deps: RightsDeps, subject: string, id: string): Promise<OpenedRequest> {
  const found = await findRequest(deps, id);
  if (found.content.subject !== subject) throw new Problem("unknown_request");
  return found;
}
