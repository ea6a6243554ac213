import { and, desc, eq, gte, sql } from "drizzle-orm";
import { toHex } from "../../../audit/bytes.ts";
import { keysOfSigner } from "../../../audit/note.ts";
import type { Checkpoints } from "../../checkpoints/checkpoints.ts";
import { publicationOf } from "../../checkpoints/published.ts";
import { lastAudit } from "../../db/last-audit.ts";
import { auditWithKept } from "../../db/log-audit.ts";
import { modelVersion, monitorCount, record } from "../../db/tables.ts";
import { Problem } from "../../errors.ts";
import type { Contract } from "../../models/contract.ts";
import { checkPackage } from "../../models/package.ts";
import { moveAlias, publish } from "../../models/publish.ts";
import { closeEpoch } from "../../subjects/close-epoch.ts";
import { localDay } from "../../subjects/deadlines/days.ts";
import { incidentDeadlines } from "../../subjects/deadlines/incident.ts";
import { epochsOf } from "../../subjects/epochs.ts";
import { holdsInForce, liftHold, placeHold } from "../../subjects/holds.ts";
import { incidentPeople, incidentScope } from "../../subjects/incident.ts";
import { isInForce } from "../../subjects/mandates/mandate.ts";
import { findGiven, recordMandate, revokeMandate } from "../../subjects/mandates/record-mandate.ts";
import { removalsUnderWay } from "../../subjects/removal.ts";
import {
  answerRequest,
  extendRequest,
  isAnsweredInWords,
  moveRequest,
  refuseRequest,
} from "../../subjects/requests/act.ts";
import { openCounts, requestAgenda } from "../../subjects/requests/agenda.ts";
import { acceptCorrection } from "../../subjects/requests/correct.ts";
import { articlesOf, type GroundCode, NAMEABLE_GROUNDS } from "../../subjects/requests/grounds.ts";
import { takeDown } from "../../subjects/requests/intake.ts";
import { readRequest, requestsByDeadline } from "../../subjects/requests/list.ts";
import { findRequest } from "../../subjects/requests/open-request.ts";
import type { OpenedRequest } from "../../subjects/requests/request.ts";
import type { RightsDeps } from "../../subjects/requests/settings.ts";
import { isOpen, mayTake } from "../../subjects/requests/states.ts";
import { liftRestriction } from "../../subjects/requests/stops.ts";
import { concludeReview, openReview } from "../../subjects/reviews/review.ts";
import { reviewOversight } from "../../subjects/reviews/tally.ts";
import type { OperatorStep, OperatorVerbs, ReviewerVerbs, VersionLine } from "./deps.ts";

const MS_PER_DAY = 86_400_000;
const DAYS_SHOWN = 14;
const MOST_LINES = 500;

/** Which steps lead on: what the state allows, and what the right is answered by. */
function stepsOf(request: OpenedRequest): OperatorStep[] {
  const { right, state, content } = request;
  const may = (action: Parameters<typeof mayTake>[1]) => mayTake(state, action);
  const steps: [OperatorStep, boolean][] = [
    ["answer", isAnsweredInWords(request) && may("answer")],
    ["correct", right === "correction" && may("answer")],
    ["identity-confirmed", may("confirm_identity")],
    // What a reviewer opens begins by that.
    ["start", may("start") && right !== "review"],
    ["extend", may("extend") && content.regimes.includes("gdpr")],
    ["clarification", may("ask_clarification")],
    ["identity", may("ask_identity")],
    ["refuse", may("refuse")],
    ["lift", right === "restriction" && state === "answered" && content.stopped.length > 0],
  ];
  return steps.flatMap(([step, leads]) => (leads ? [step] : []));
}

const groundsOf = ({ right, content }: OpenedRequest) =>
  NAMEABLE_GROUNDS.flatMap((code) => {
    const articles = articlesOf(code, right, content.regimes);
    return articles.length === 0 ? [] : [{ code, articles }];
  });

type RequestVerbs = Pick<
  OperatorVerbs,
  | "place"
  | "agenda"
  | "openCounts"
  | "closedRequests"
  | "openRequest"
  | "correctedContract"
  | "decisionContract"
  | "takeStep"
  | "takeDown"
  | "oversight"
>;

function requestVerbs(deps: RightsDeps): RequestVerbs {
  /** By the record without a name: what the decision holds stays closed. */
  const decisionContract = async (id: string): Promise<Contract | null> => {
    const [row] = await deps.db
      .select({ model: record.model, version: record.version })
      .from(record)
      .where(and(eq(record.id, id), eq(record.kind, "decision")));
    if (!row?.model || row.version === null) return null;
    return (await deps.models.published(row.model, row.version)).contract;
  };
  return {
    place: () => ({
      today: localDay(deps.now(), deps.rights.timeZone),
      timeZone: deps.rights.timeZone,
      calendar: deps.rights.calendar.version,
    }),
    agenda: () => requestAgenda(deps, MOST_LINES),
    openCounts: () => openCounts(deps),
    closedRequests: () => requestsByDeadline(deps, { open: false, limit: MOST_LINES }),
    async openRequest(actor, id) {
      const request = await readRequest(deps, id, actor.subject);
      const { decision } = request.content.asked;
      const contract =
        request.right === "correction" && isOpen(request.state) && decision !== undefined
          ? await decisionContract(decision)
          : null;
      return { request, steps: stepsOf(request), grounds: groundsOf(request), contract };
    },
    async correctedContract(id) {
      const { decision } = (await findRequest(deps, id)).content.asked;
      return decision === undefined ? null : decisionContract(decision);
    },
    decisionContract,
    async takeDown({ subject: name }, right, taken, asked) {
      const { request, created } = await takeDown(deps, name, right, taken, asked);
      return { id: request.id, created };
    },
    async takeStep({ subject: name }, id, step, { text, ground, inputs }) {
      const who = { by: "operator", name } as const;
      switch (step) {
        case "start":
          return void (await moveRequest(deps, id, who, "start"));
        case "identity":
          return void (await moveRequest(deps, id, who, "ask_identity", text));
        case "identity-confirmed":
          return void (await moveRequest(deps, id, who, "confirm_identity"));
        case "clarification":
          return void (await moveRequest(deps, id, who, "ask_clarification", text));
        case "extend":
          return void (await extendRequest(deps, id, name, text));
        case "answer":
          return void (await answerRequest(deps, id, name, text));
        case "correct":
          return void (await acceptCorrection(deps, id, name, { text, inputs }));
        case "lift":
          return void (await liftRestriction(deps, id, { ...who, reason: text }));
        case "refuse": {
          const named = NAMEABLE_GROUNDS.find((code) => code === ground) as GroundCode | undefined;
          if (named === undefined) throw new Problem("ground_not_applicable");
          return void (await refuseRequest(deps, id, name, { ground: named, reason: text }));
        }
      }
    },
    oversight: (days) => reviewOversight(deps.db, new Date(deps.now().getTime() - days * MS_PER_DAY)),
  };
}

type MandateVerbs = Pick<OperatorVerbs, "recordMandate" | "findMandates" | "endMandate">;

function mandateVerbs(deps: RightsDeps): MandateVerbs {
  return {
    recordMandate: async ({ subject }, asked) => void (await recordMandate(deps, subject, asked)),
    async findMandates({ subject }, person) {
      const found = await findGiven(deps, subject, person);
      return found.map((mandate) => ({
        id: mandate.id,
        reference: mandate.reference,
        person: mandate.content.person,
        representative: mandate.content.representative,
        names: mandate.content.names ?? null,
        rights: mandate.content.rights,
        until: mandate.until,
        inForce: isInForce(deps, mandate),
        note: mandate.content.evidence.note,
        uses: mandate.content.uses.length,
      }));
    },
    endMandate: async ({ subject: name }, id) =>
      void (await revokeMandate(deps, id, { by: "operator", name })),
  };
}

type ModelVerbs = Pick<OperatorVerbs, "models" | "versions" | "publish" | "moveAlias">;

function modelVerbs(deps: RightsDeps): ModelVerbs {
  return {
    models: () => deps.models.names(),
    async versions() {
      const today = Math.floor(deps.now().getTime() / MS_PER_DAY);
      const first = today - DAYS_SHOWN + 1;
      const [rows, counts] = await Promise.all([
        deps.db
          .select({
            model: modelVersion.model,
            version: modelVersion.version,
            publishedAt: modelVersion.publishedAt,
          })
          .from(modelVersion)
          .orderBy(modelVersion.model, desc(modelVersion.version)),
        deps.db
          .select({
            model: monitorCount.model,
            version: monitorCount.version,
            day: monitorCount.day,
            count: sql<number>`sum(${monitorCount.count})::int`,
          })
          .from(monitorCount)
          .where(gte(monitorCount.day, first))
          .groupBy(monitorCount.model, monitorCount.version, monitorCount.day),
      ]);
      const models = [...new Set(rows.map((row) => row.model))];
      const aliasesOf = new Map(
        await Promise.all(models.map(async (model) => [model, await deps.models.aliases(model)] as const)),
      );
      return rows.map(({ model, version, publishedAt }): VersionLine => {
        const perDay = Array.from({ length: DAYS_SHOWN }, () => 0);
        for (const cell of counts)
          if (cell.model === model && cell.version === version) perDay[cell.day - first] = cell.count;
        const aliases = Object.entries(aliasesOf.get(model) ?? {}).flatMap(([alias, to]) =>
          to === version ? [alias] : [],
        );
        return { model, version, publishedAt, aliases, perDay };
      });
    },
    async publish(files) {
      const { model, version } = await publish(deps, await checkPackage(files));
      return { model, version };
    },
    moveAlias: async (move) => void (await moveAlias(deps, move)),
  };
}

type KeyVerbs = Pick<OperatorVerbs, "epochs" | "closeEpoch" | "lastClosing" | "removals">;

function keyVerbs(deps: RightsDeps): KeyVerbs {
  let last: ReturnType<OperatorVerbs["lastClosing"]> = { running: false, closed: null, failed: false };
  return {
    epochs: () => epochsOf(deps),
    closeEpoch() {
      if (last.running) return;
      last = { running: true, closed: null, failed: false };
      // A failure leaves the epoch where it was; the schedule, or the next call, goes on with it.
      closeEpoch(deps).then(
        (closed) => {
          last = { running: false, closed, failed: false };
        },
        () => {
          last = { running: false, closed: null, failed: true };
        },
      );
    },
    lastClosing: () => last,
    removals: async () =>
      (await removalsUnderWay(deps.db)).map(({ entries, done, startedAt }) => ({
        entries,
        done,
        startedAt: new Date(startedAt),
      })),
  };
}

type LogVerbs = Pick<OperatorVerbs, "logCondition" | "checkLog" | "publishCheckpoint" | "clearAlarm">;

function logVerbs(deps: RightsDeps & { checkpoints: Checkpoints }): LogVerbs {
  return {
    async logCondition() {
      const [head, publication, checkpoints] = await Promise.all([
        deps.log.head(),
        publicationOf(deps.db),
        deps.checkpoints.state(),
      ]);
      return {
        size: head.size,
        root: toHex(head.root),
        ...publication,
        checkpoints,
        lastCheck: lastAudit(deps.db),
      };
    },
    checkLog: (kept) => auditWithKept(deps.db, keysOfSigner(deps.log.context.signer), kept, deps.now()),
    publishCheckpoint: async () => void (await deps.checkpoints.turn()),
    clearAlarm: async () => void (await deps.checkpoints.clearAlarm()),
  };
}

/** What operators and reviewers do on their pages: the verbs of the JSON routes, with the same traces. */
export function officeVerbs(deps: RightsDeps & { checkpoints: Checkpoints }): {
  operator: OperatorVerbs;
  reviewer: ReviewerVerbs;
} {
  return {
    operator: {
      ...requestVerbs(deps),
      ...mandateVerbs(deps),
      ...modelVerbs(deps),
      ...keyVerbs(deps),
      ...logVerbs(deps),
      holds: () => holdsInForce(deps),
      placeHold: async (actor, asked) => void (await placeHold(deps, actor.subject, asked)),
      liftHold: async (actor, id) => void (await liftHold(deps, actor.subject, id)),
      incidentDeadlines: (aware) => incidentDeadlines(aware, deps.rights),
      incidentScope: (actor, asked) => incidentScope(deps, actor.subject, asked),
      incidentPeople: (actor, asked) => incidentPeople(deps, actor.subject, asked),
    },
    reviewer: {
      waiting: () => requestAgenda(deps, MOST_LINES, "review"),
      openReview: (actor, id) => openReview(deps, actor.subject, id),
      concludeReview: async (actor, id, conclusion) =>
        void (await concludeReview(deps, actor.subject, id, conclusion)),
    },
  };
}
