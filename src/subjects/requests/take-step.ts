import { eq } from "drizzle-orm";
import type { Json } from "../../../audit/canonical.ts";
import type { Database } from "../../db/client.ts";
import { appendEntries, type NewEntry, type Receipt } from "../../db/log-append.ts";
import { request } from "../../db/tables.ts";
import { actorOf } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import { tellCallers } from "../outbox/callers.ts";
import { tellPerson } from "../outbox/notices.ts";
import { clocksOf, dueOf } from "./clocks.ts";
import type { GroundCode } from "./grounds.ts";
import { inTransaction } from "./own-key.ts";
import { type OpenedRequest, openRow, type Party, type RequestContent, timedSteps } from "./request.ts";
import type { RightsDeps } from "./settings.ts";
import { isOpen, nextState, type RequestAction } from "./states.ts";
import { stepEntry } from "./step-entry.ts";

const MS_PER_DAY = 86_400_000;

export interface StepAsked {
  action: Exclude<RequestAction, "receive">;
  by: Party;
  /** Who, where somebody acts for the controller. */
  name?: string;
  /** Who, where somebody acts for the person: sealed with the step, never on the log. */
  who?: string;
  text?: string;
  ground?: GroundCode;
  articles?: string[];
  told?: Record<string, Json>;
  content?: Partial<RequestContent>;
  /** Entries that stand or fall with the step. */
  entries?: NewEntry[];
  /** Rows that stand or fall with it. */
  write?: (tx: Database, receipts: Receipt[]) => Promise<void>;
}

/** What came of a right, and the step that says so. */
export interface Performed {
  result: object;
  step: Pick<StepAsked, "ground" | "articles" | "told" | "content" | "write"> & {
    action: "answer" | "refuse";
  };
}

/** @throws Problem decision_erased when an entry is about something that an erasure took away meanwhile */
export async function appendAll(tx: Database, deps: RightsDeps, entries: NewEntry[]): Promise<Receipt[]> {
  return (await appendEntries(tx, deps.log.context, entries)).map((outcome) => {
    if ("refused" in outcome) throw new Problem("decision_erased", "It was erased meanwhile");
    return outcome;
  });
}

export async function lockRequest(tx: Database, deps: RightsDeps, id: string): Promise<OpenedRequest> {
  const [row] = await tx.select().from(request).where(eq(request.id, id)).for("update");
  if (!row) throw new Problem("unknown_request");
  return openRow(deps, row);
}

/**
 * Writes down what a request is about to do, before it is done: a crash in the middle must not leave it unknown.
 * @param beside rows that belong to it
 */
export async function remember(
  deps: RightsDeps,
  id: string,
  known: Partial<RequestContent>,
  beside: (tx: Database) => Promise<void> = async () => {},
): Promise<void> {
  await inTransaction(deps, async (tx) => {
    const { key, content } = await lockRequest(tx, deps, id);
    await tx
      .update(request)
      .set({ sealed: key.seal({ ...content, ...known }) })
      .where(eq(request.id, id));
    await beside(tx);
  });
}

/**
 * Moves a request on: the state, its clocks, the entry of the log, what the person is told and whatever else belongs to
 * the step, in one transaction. A crash in between leaves the request where it was.
 * @param plan what is to be done, seen under the lock; may throw
 * @param within the transaction of somebody who holds the head of the log already
 * @throws Problem unknown_request, illegal_transition
 */
export async function takeStep(
  deps: RightsDeps,
  id: string,
  plan: (request: OpenedRequest) => StepAsked,
  within?: Database,
): Promise<OpenedRequest> {
  const inside = async (tx: Database) => {
    const before = await lockRequest(tx, deps, id);
    const asked = plan(before);
    const at = deps.now();
    const past = timedSteps(before.content);
    const taken = past.map(({ action }) => action);
    const state = nextState(before.state, asked.action, taken);
    const clocks = clocksOf(
      deps.rights,
      { right: before.right, receivedAt: before.receivedAt, regimes: before.content.regimes },
      [...past, { at, action: asked.action }],
    );
    const { action, by, who, text, ground, articles, told } = asked;
    const actor = asked.name === undefined ? undefined : actorOf(deps, by, asked.name);
    const entry = stepEntry(deps, before, { action, state, by, actor, ground, articles, clocks, told });
    const [own, ...further] = await appendAll(tx, deps, [entry, ...(asked.entries ?? [])]);
    await asked.write?.(tx, further);
    const content: RequestContent = {
      ...before.content,
      ...asked.content,
      steps: [
        ...before.content.steps,
        {
          at: at.toISOString(),
          action,
          state,
          by,
          ...(who === undefined ? {} : { who }),
          ...(text === undefined ? {} : { text }),
          ...(ground === undefined ? {} : { ground }),
          ...(articles === undefined ? {} : { articles }),
          clocks,
          logIndex: own!.logIndex,
        },
      ],
    };
    const closed = isOpen(state)
      ? {}
      : {
          closedAt: at,
          openKey: null,
          forgetAt: new Date(at.getTime() + deps.rights.keepDays * MS_PER_DAY),
        };
    await tx
      .update(request)
      .set({ state, sealed: before.key.seal(content), ...dueOf(clocks), ...closed })
      .where(eq(request.id, id));
    const after = {
      ...before,
      state,
      content,
      ...dueOf(clocks),
      closedAt: closed.closedAt ?? null,
      forgetAt: closed.forgetAt ?? null,
    };
    await tellPerson(tx, deps, after, action);
    await tellCallers(tx, deps, before.state, after);
    return after;
  };
  return within ? inside(within) : inTransaction(deps, inside);
}
