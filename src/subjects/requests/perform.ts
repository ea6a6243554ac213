import { and, inArray, isNull, lt, ne, notInArray, or } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { opendsrRequest, request } from "../../db/tables.ts";
import { Problem } from "../../errors.ts";
import { startCopy } from "../copies/start-copy.ts";
import { confirmation, explanation, portability, recipientsOf, simplifiedAccess } from "./disclosures.ts";
import { performErasure } from "./perform-erasure.ts";
import { purposesOf, ruled } from "./purposes.ts";
import { isSentByHand, type OpenedRequest, openRow } from "./request.ts";
import { HUMAN_RIGHTS, type RequestRight } from "./rights.ts";
import type { RightsDeps } from "./settings.ts";
import { STOP_OF, setStops } from "./stops.ts";
import { type Performed, remember, takeStep } from "./take-step.ts";

const answered = (result: object): Performed => ({ result, step: { action: "answer" } });

/** Restriction and revocation: the purpose rests from the commit of the step on. */
async function stop(deps: RightsDeps, made: OpenedRequest, right: keyof typeof STOP_OF) {
  const { subject, asked, stopped } = made.content;
  const { applies } = ruled(deps.rights.regimes, right, await purposesOf(deps, subject, asked.model));
  // What an erasure that was cut short has taken away already was stopped before.
  const models = [...new Set([...stopped, ...applies.map(({ contract }) => contract.name)])];
  const write = (tx: Database) =>
    setStops(tx, deps, { subject, kind: STOP_OF[right], request: made.id }, models);
  return {
    models,
    write,
    result: { stopped: models },
    step: {
      action: "answer" as const,
      told: { stopped: models.length },
      content: { stopped: models },
      write,
    },
  };
}

/** Revoking ends the purposes that rest on consent; on request what they held goes too (LGPD 18 VI, GDPR 17(1)(b)). */
async function revoke(deps: RightsDeps, made: OpenedRequest): Promise<Performed> {
  const stopping = await stop(deps, made, "consent_revocation");
  if (!made.content.asked.erase) return stopping;
  // Stopped before it is erased: a decision in between would be one without consent.
  await remember(deps, made.id, { stopped: stopping.models }, stopping.write);
  const erased = await performErasure(deps, made, (model) => stopping.models.includes(model));
  return {
    result: { ...stopping.result, ...erased.result },
    step: {
      ...stopping.step,
      told: { ...stopping.step.told, ...erased.step.told },
      ...(erased.step.write ? { write: erased.step.write } : {}),
    },
  };
}

/**
 * What is made in the background for the person to fetch. One who asks again while a copy is being made is told of that one:
 * people have one at a time.
 */
async function copied(deps: RightsDeps, { content }: OpenedRequest, kind: "access" | "portability") {
  const { subject, asked } = content;
  const started = await startCopy(deps, { subject, kind, language: asked.language ?? "pt-BR" });
  return { copy: started && { ...started, location: `/v1/me/copies/${started.id}` } };
}

function perform(deps: RightsDeps, made: OpenedRequest): Promise<Performed> {
  const { subject, asked } = made.content;
  const right = made.right as Exclude<RequestRight, "correction" | "objection" | "review">;
  switch (right) {
    case "confirmation":
      return confirmation(deps, subject).then(answered);
    case "access_simplified":
      return simplifiedAccess(deps, subject).then(answered);
    case "access_complete":
      return confirmation(deps, subject).then(async ({ held }) =>
        answered({ held, location: "/v1/me/access", ...(await copied(deps, made, "access")) }),
      );
    case "portability":
      return portability(deps, subject, asked.model).then(async (given) =>
        answered({ ...given, ...(await copied(deps, made, "portability")) }),
      );
    case "explanation":
      return explanation(deps, subject, asked.decision ?? "").then(answered);
    case "recipients":
      return recipientsOf(deps, subject).then(answered);
    case "restriction":
      return stop(deps, made, right);
    case "consent_revocation":
      return revoke(deps, made);
    case "erasure":
      return performErasure(deps, made, (model) => asked.model === undefined || asked.model === model);
  }
}

/**
 * Answers what needs no human. Done again after a crash it comes to the same: what was stopped or erased stays so, and
 * only the step that says so is still to come.
 */
export async function performRequest(
  deps: RightsDeps,
  made: OpenedRequest,
): Promise<{ request: OpenedRequest; result: object }> {
  const { result, step } = await perform(deps, made);
  const request = await takeStep(deps, made.id, () => ({ ...step, by: "service" }));
  return { request, result };
}

/**
 * Ends what a crash cut short between the receipt of a request and its answer.
 * @returns how many
 * @throws AggregateError of those that failed again; the others are through
 */
export async function resumeRequests(deps: RightsDeps, olderThanMs = 60_000): Promise<number> {
  const rows = await deps.db
    .select()
    .from(request)
    .where(
      and(
        inArray(request.state, ["received", "in_progress", "extended"]),
        notInArray(request.right, [...HUMAN_RIGHTS]),
        lt(request.receivedAt, new Date(deps.now().getTime() - olderThanMs)),
        // What came by OpenDSR may still be taken back; `performPending` begins it.
        or(
          ne(request.state, "received"),
          notInArray(
            request.id,
            deps.db
              .select({ id: opendsrRequest.request })
              .from(opendsrRequest)
              .where(isNull(opendsrRequest.cancelledAt)),
          ),
        ),
      ),
    );
  let resumed = 0;
  const failures: unknown[] = [];
  for (const row of rows) {
    const opened = openRow(deps, row);
    if (isSentByHand(opened)) continue;
    try {
      await performRequest(deps, opened);
      resumed += 1;
    } catch (error) {
      // Another process was quicker.
      if (!(error instanceof Problem && error.code === "illegal_transition")) failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} requests are not answered yet`);
  return resumed;
}
