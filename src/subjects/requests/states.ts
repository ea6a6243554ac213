import { Problem } from "../../errors.ts";
import type { EventType } from "../deadlines/clock.ts";

export const OPEN_STATES = [
  "received",
  "identity_pending",
  "in_progress",
  "clarification_pending",
  "extended",
] as const;
export const REQUEST_STATES = [...OPEN_STATES, "answered", "refused", "cancelled"] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const REQUEST_ACTIONS = [
  "receive",
  "start",
  "ask_identity",
  "confirm_identity",
  "ask_clarification",
  "clarify",
  "extend",
  "answer",
  "refuse",
  "cancel",
] as const;
export type RequestAction = (typeof REQUEST_ACTIONS)[number];

const WORKABLE: readonly RequestState[] = ["received", "in_progress", "extended"];

/**
 * From which states an action may be taken, and where it leads; `back` is where the request was before it was asked
 * something. Nothing is answered while it is in doubt who asks or what for, and nothing moves once it is closed.
 */
const TRANSITIONS: Record<
  Exclude<RequestAction, "receive">,
  { from: readonly RequestState[]; to: RequestState | "back" }
> = {
  start: { from: ["received"], to: "in_progress" },
  ask_identity: { from: WORKABLE, to: "identity_pending" },
  confirm_identity: { from: ["identity_pending"], to: "back" },
  ask_clarification: { from: WORKABLE, to: "clarification_pending" },
  clarify: { from: ["clarification_pending"], to: "back" },
  extend: { from: ["received", "in_progress"], to: "extended" },
  answer: { from: WORKABLE, to: "answered" },
  refuse: { from: OPEN_STATES, to: "refused" },
  cancel: { from: OPEN_STATES, to: "cancelled" },
};

/** What a clock counts of an action. */
export const CLOCK_EVENT: Partial<Record<RequestAction, EventType>> = {
  extend: "extension_notified",
  ask_identity: "identity_requested",
  confirm_identity: "identity_received",
  ask_clarification: "clarification_requested",
  clarify: "clarification_received",
};

export const isOpen = (state: RequestState): boolean =>
  (OPEN_STATES as readonly RequestState[]).includes(state);

/**
 * Where an action leads.
 * @param past the actions taken so far; an extension stays one through whatever is asked afterwards
 * @throws Problem illegal_transition, with the state and the action
 */
export function nextState(
  state: RequestState,
  action: Exclude<RequestAction, "receive">,
  past: readonly RequestAction[],
): RequestState {
  const { from, to } = TRANSITIONS[action];
  if (!from.includes(state)) {
    throw new Problem("illegal_transition", `"${action}" does not lead on from "${state}"`, {
      members: { state, action },
    });
  }
  if (to !== "back") return to;
  return past.includes("extend") ? "extended" : "in_progress";
}

/** Whether an action leads on from this state. */
export const mayTake = (state: RequestState, action: Exclude<RequestAction, "receive">): boolean =>
  TRANSITIONS[action].from.includes(state);
