import type { request } from "../../db/tables.ts";
import type { Language } from "../../decisions/decision.ts";
import type { Deps } from "../../decisions/deps.ts";
import type { Regime } from "../deadlines/clock.ts";
import type { ShownClock } from "./clocks.ts";
import type { GroundCode } from "./grounds.ts";
import { epochOfRow, OwnKey } from "./own-key.ts";
import { HANDING_OUT, type RequestRight } from "./rights.ts";
import type { RequestAction, RequestState } from "./states.ts";

/** How a request came that the person did not make by a call of their own. */
export const CHANNELS = ["letter", "email", "phone", "counter"] as const;
export type Channel = (typeof CHANNELS)[number];

/** Who took a step. */
export type Party = "person" | "representative" | "caller" | "operator" | "reviewer" | "service";

/** A step as the person and the operator read it. Only what `StepRecord` has goes on the log. */
export interface StepTaken {
  /** RFC 3339 */
  at: string;
  /** `lift`: a restriction was lifted; it moves no state. */
  action: RequestAction | "lift";
  state: RequestState;
  by: Party;
  /** Who acted for the person: the id of a representative, the domain of a caller. The log has none of it. */
  who?: string;
  /** Reasons, question, answer: in plain words. */
  text?: string;
  ground?: GroundCode;
  articles?: string[];
  /** As they stood after this step, so that a day once shown stays explicable. */
  clocks: ShownClock[];
  logIndex: number;
}

/** What a person asked, right by right; members that a right has no use for are absent. */
export interface Asked {
  statement?: string;
  /** One model's decisions alone. */
  model?: string;
  decision?: string;
  inputs?: Record<string, string | number>;
  /** GDPR 18(1): on which ground data is to be restricted. */
  because?: "accuracy_contested" | "unlawful" | "needed_for_claims" | "objection_pending";
  erase?: boolean;
  contact?: { email: string };
  language?: Language;
}

/** Everything about a request that may say something about a person. Sealed under the request's own key. */
export interface RequestContent {
  subject: string;
  proof: 1 | 2 | 3;
  asked: Asked;
  regimes: Regime[];
  /** Absent: by a call of the person's, or of somebody who acts for them. */
  channel?: Channel;
  steps: StepTaken[];
  /** Models that were stopped: what the rows of `processing_stop` were made from. */
  stopped: string[];
  /** Models with data before an erasure, so that one that was cut short can be told of in full. */
  heldBefore?: string[];
  /** Of a review: when each reviewer first opened the file, by their pseudonym. */
  openings?: Record<string, string>;
  outcome?: Record<string, unknown>;
}

/** What was done in a request, and when, as its clocks count it: the lifting of a restriction moves none. */
export const timedSteps = ({ steps }: Pick<RequestContent, "steps">): { at: Date; action: RequestAction }[] =>
  steps.flatMap(({ at, action }) => (action === "lift" ? [] : [{ at: new Date(at), action }]));

export interface OpenedRequest {
  id: string;
  /** By what the log names it. */
  reference: string;
  right: RequestRight;
  state: RequestState;
  receivedAt: Date;
  closedAt: Date | null;
  /** From when on nothing of it is kept; null while it is open. */
  forgetAt: Date | null;
  due: string | null;
  target: string | null;
  content: RequestContent;
  key: OwnKey;
}

export function openRow(deps: Pick<Deps, "epoch">, row: typeof request.$inferSelect): OpenedRequest {
  const key = OwnKey.open(epochOfRow(deps, row.epoch), row);
  return {
    id: row.id,
    reference: key.reference,
    right: row.right as RequestRight,
    state: row.state as RequestState,
    receivedAt: row.receivedAt,
    closedAt: row.closedAt,
    forgetAt: row.forgetAt,
    due: row.due,
    target: row.target,
    content: key.open<RequestContent>(row.sealed),
    key,
  };
}

/**
 * Whether what is to be handed out has to be sent by hand: it was asked for where nobody is signed in, and stays open until an
 * operator says that it was sent.
 */
export const isSentByHand = ({
  right,
  content,
}: Pick<OpenedRequest, "right"> & { content: Pick<RequestContent, "channel"> }): boolean =>
  content.channel !== undefined && HANDING_OUT.has(right);

/** What makes two requests the same one while the first is open. */
export const openKeyParts = (subject: string, right: string, { model, decision }: Asked): string[] => [
  subject,
  right,
  decision ?? model ?? "",
];
