import type { Language } from "../../decisions/decision.ts";
import type { ProofLevel } from "../../http/proof.ts";
import type { Actor } from "../../http/tokens.ts";
import type { ShownClock } from "../../subjects/requests/clocks.ts";
import type { Asked, Channel, OpenedRequest, RequestContent } from "../../subjects/requests/request.ts";
import type { RequestRight } from "../../subjects/requests/rights.ts";
import type { Stop } from "../../subjects/requests/stops.ts";

type Both = Record<Language, string>;

/** Rights that a form of their own asks for; copies and erasure have pages, and the others answer themselves there. */
export const FORM_RIGHTS = [
  "review",
  "correction",
  "objection",
  "restriction",
  "consent_revocation",
  "recipients",
] as const satisfies readonly RequestRight[];
export type FormRight = (typeof FORM_RIGHTS)[number];

/** A request as its person reads it. Days are YYYY-MM-DD, local to the controller. */
export interface OwnRequest
  extends Pick<OpenedRequest, "id" | "reference" | "right" | "state" | "due" | "target" | "forgetAt"> {
  received: string;
  /** How it came, where an operator took it down. */
  channel?: Channel | undefined;
  /** What it hands out is sent by hand. */
  byHand?: boolean;
  closed: string | null;
  clocks: readonly ShownClock[];
  /** Since when the person is waited for; null while nobody waits. */
  stoppedSince: string | null;
  /** The least proof of identity that its words need. */
  needs: ProofLevel;
  /** What was asked and answered; null where the proof of identity is too low for its right. */
  words: Pick<RequestContent, "asked" | "steps" | "outcome"> | null;
}

/** Which version made the decision that a request is about; null where it is about none, or that one is gone. */
export interface AboutDecision {
  model: string;
  version: number;
}

/** A use of the person's data, and whether a law gives a right over it. */
export interface DataUse {
  model: string;
  title: Both;
  purpose: Both;
  given: boolean;
  /** Those that give the right or, where none does, that say so. */
  articles: readonly string[];
}

/** Who was given what is held for one use. Names are the controller's own for its systems. */
export interface ToldRecipients {
  title: Both;
  clients: readonly string[];
  told: readonly string[];
}

export const PERSONS_STEPS = ["cancel", "clarification", "identity", "lift"] as const;
export type PersonsStep = (typeof PERSONS_STEPS)[number];

/** What people's pages do about their requests; the same authority as the JSON routes have. */
export interface RequestVerbs {
  /** The controller's day of today, and whether steps can be told of by e-mail. */
  place(): { today: string; tellsByMail: boolean };
  /** Newest first. */
  mine(actor: Actor): Promise<OwnRequest[]>;
  /** `stops`: something that it stopped is in force. @throws Problem unknown_request, also for somebody else's */
  find(actor: Actor, id: string): Promise<OwnRequest & { about: AboutDecision | null; stops: boolean }>;
  /** What is stopped now by a request of theirs. */
  stops(actor: Actor): Promise<Pick<Stop, "kind" | "model" | "request">[]>;
  /** What is held, by use, once a model. */
  uses(actor: Actor, right: RequestRight): Promise<DataUse[]>;
  /** @throws Problem proof_level_too_low, unknown_decision, decision_superseded, and those of corrected inputs */
  ask(actor: Actor, right: FormRight, asked: Asked): Promise<{ id: string; created: boolean }>;
  /** Asked and answered in one go, as a request with its evidence. @throws Problem proof_level_too_low */
  recipients(actor: Actor): Promise<ToldRecipients[]>;
  /** @throws Problem unknown_request, proof_level_too_low, illegal_transition, unknown_restriction */
  step(actor: Actor, id: string, step: PersonsStep, text: string): Promise<void>;
}
