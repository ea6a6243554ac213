import type { CheckpointsState } from "../../checkpoints/checkpoints.ts";
import type { RememberedAudit } from "../../db/last-audit.ts";
import type { LogAudit } from "../../db/log-audit.ts";
import type { Actor } from "../../http/tokens.ts";
import type { Contract } from "../../models/contract.ts";
import type { ClosedEpoch } from "../../subjects/close-epoch.ts";
import type { IncidentDeadline } from "../../subjects/deadlines/incident.ts";
import type { epochsOf } from "../../subjects/epochs.ts";
import type { Hold } from "../../subjects/holds.ts";
import type { IncidentAsked, IncidentScope } from "../../subjects/incident.ts";
import type { MandateNames } from "../../subjects/mandates/mandate.ts";
import type { MandateAsked } from "../../subjects/mandates/record-mandate.ts";
import type { AgendaLine } from "../../subjects/requests/agenda.ts";
import type { GroundCode } from "../../subjects/requests/grounds.ts";
import type { TakenDown } from "../../subjects/requests/intake.ts";
import type { RequestLine } from "../../subjects/requests/list.ts";
import type { Asked, OpenedRequest } from "../../subjects/requests/request.ts";
import type { RequestRight } from "../../subjects/requests/rights.ts";
import type { oversightOf } from "../../subjects/reviews/oversight.ts";
import type { Conclusion, ReviewFile } from "../../subjects/reviews/review.ts";

/** A step that an operator takes; the addresses of the forms have these names. */
export const OPERATOR_STEPS = [
  "start",
  "extend",
  "identity",
  "identity-confirmed",
  "clarification",
  "answer",
  "correct",
  "refuse",
  "lift",
] as const;
export type OperatorStep = (typeof OPERATOR_STEPS)[number];

/** A request as an operator reads it. */
export type ShownRequest = Pick<
  OpenedRequest,
  "id" | "reference" | "right" | "state" | "receivedAt" | "closedAt" | "due" | "target" | "content"
>;

export interface OpenedForOperator {
  request: ShownRequest;
  /** Steps that lead on from here. */
  steps: readonly OperatorStep[];
  /** Grounds that have an article here, with it. */
  grounds: readonly { code: GroundCode; articles: readonly string[] }[];
  /** Of the decision that a correction is about, for its fields; null otherwise. */
  contract: Contract | null;
}

export interface VersionLine {
  model: string;
  version: number;
  publishedAt: Date;
  /** Aliases that point to it. */
  aliases: readonly string[];
  /** Decisions a day of the last 14, the oldest first; days with too few to be counted are 0. */
  perDay: readonly number[];
}

export interface WitnessLine {
  name: string;
  size: number;
  answer: string;
  askedAt: Date;
}

export interface LogCondition {
  size: number;
  root: string;
  published: { size: number; at: Date } | null;
  witnesses: readonly WitnessLine[];
  stamp: { size: number; at: Date } | null;
  checkpoints: CheckpointsState;
  lastCheck: RememberedAudit | null;
}

/** A mandate as an operator reads it. */
export interface DeskMandate {
  id: string;
  reference: string;
  person: string;
  representative: string;
  names: MandateNames | null;
  rights: readonly RequestRight[];
  until: string;
  inForce: boolean;
  note: string;
  uses: number;
}

/** What the pages of operators do. Each verb leaves its own trace or entry, and throws `Problem`. */
export interface OperatorVerbs {
  /** The controller's place: its day of today (YYYY-MM-DD), time zone and calendar. */
  place(): { today: string; timeZone: string; calendar: string };
  agenda(): Promise<AgendaLine[]>;
  openCounts(): Promise<{ all: number; reviews: number }>;
  closedRequests(): Promise<RequestLine[]>;
  /** The reading is on the record. @throws Problem unknown_request */
  openRequest(actor: Actor, id: string): Promise<OpenedForOperator>;
  /** The package whose fields a correction is about; nothing is opened, and no trace left. @throws Problem unknown_request */
  correctedContract(id: string): Promise<Contract | null>;
  /** The package by which a decision was made; null where there is no such decision (any more). Nothing is opened. */
  decisionContract(decision: string): Promise<Contract | null>;
  /** @throws Problem invalid_request, proof_level_too_low, nothing_held, unknown_decision, those of inputs */
  takeDown(
    actor: Actor,
    right: RequestRight,
    taken: TakenDown,
    asked: Asked,
  ): Promise<{ id: string; created: boolean }>;
  /** @throws Problem illegal_transition, no_extension, extension_too_late, ground_not_applicable, those of inputs */
  takeStep(
    actor: Actor,
    id: string,
    step: OperatorStep,
    given: { text: string; ground?: string; inputs?: Record<string, string | number> },
  ): Promise<void>;
  oversight(days: number): Promise<ReturnType<typeof oversightOf>>;

  /** Records that somebody acts for a person. @throws Problem invalid_request */
  recordMandate(actor: Actor, asked: MandateAsked): Promise<void>;
  /** Those that a person gave; the reading is on the record. */
  findMandates(actor: Actor, person: string): Promise<DeskMandate[]>;
  /** @throws Problem unknown_mandate */
  endMandate(actor: Actor, id: string): Promise<void>;

  holds(): Promise<Hold[]>;
  placeHold(
    actor: Actor,
    asked: { subject: string; model?: string; ground: string; until?: string },
  ): Promise<void>;
  liftHold(actor: Actor, id: string): Promise<void>;

  /** What has a published version, by name. */
  models(): Promise<string[]>;
  /** Newest first within a model, models by name. */
  versions(): Promise<VersionLine[]>;
  /** @throws Problem invalid_package, duplicate_version */
  publish(files: Record<string, Uint8Array>): Promise<{ model: string; version: number }>;
  moveAlias(move: { model: string; alias: string; version: number }): Promise<void>;

  epochs(): ReturnType<typeof epochsOf>;
  /** Begins to close the running epoch and answers at once; how far it is, `epochs` says. */
  closeEpoch(): void;
  /** What the last closing that this process began came to; null before one ended. */
  lastClosing(): { running: boolean; closed: ClosedEpoch | null; failed: boolean };
  removals(): Promise<{ entries: number; done: number; startedAt: Date }[]>;

  logCondition(): Promise<LogCondition>;
  /** @throws Problem invalid_checkpoint */
  checkLog(kept: string | undefined): Promise<LogAudit>;
  publishCheckpoint(): Promise<void>;
  clearAlarm(): Promise<void>;

  incidentDeadlines(aware: Date): IncidentDeadline[];
  /** Counts alone; on the record. @throws Problem invalid_request */
  incidentScope(actor: Actor, asked: IncidentAsked): Promise<IncidentScope>;
  /** The people's ids, each opening on the record under a decision of theirs. */
  incidentPeople(actor: Actor, asked: IncidentAsked): Promise<string[]>;
}

/** What the pages of reviewers do. */
export interface ReviewerVerbs {
  waiting(): Promise<AgendaLine[]>;
  /** @throws Problem unknown_review, decision_erased, illegal_transition */
  openReview(actor: Actor, id: string): Promise<Omit<ReviewFile, "request"> & { request: ShownRequest }>;
  /** @throws Problem unknown_review, review_not_opened, unknown_outcome, decision_erased, illegal_transition */
  concludeReview(actor: Actor, id: string, conclusion: Conclusion): Promise<void>;
}
