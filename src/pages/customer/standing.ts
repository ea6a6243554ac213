import { html } from "hono/html";
import type { DecisionCore } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import { outcomeWords } from "../contract-words.ts";
import type { Aftermath } from "../deps.ts";
import type { Html, Scene } from "../scene.ts";
import type { OwnRequest } from "./request-deps.ts";

/** How a decision stands after what people did about it. */
export type Standing =
  | { kind: "as-decided" }
  | { kind: "reviewed"; at: string; outcome: string | null; changed: boolean; grounds: string }
  | { kind: "corrected"; at: string; by: string };

/** What holds now: a correction's decision takes the place of one; else the last review says. */
export function standingOf(
  { id, outcome }: Pick<DecisionCore, "id" | "outcome">,
  { reviews, corrections }: Aftermath,
): Standing {
  const correction = corrections.find(({ decision }) => decision === id);
  if (correction) return { kind: "corrected", at: correction.at, by: correction.by };
  const review = reviews.find(({ decision }) => decision === id);
  if (!review) return { kind: "as-decided" };
  const { at, outcome: now, grounds } = review;
  return { kind: "reviewed", at, outcome: now, changed: now !== outcome, grounds };
}

/** The open request about a decision that a human works on. */
export const openRequestOn = (id: string, requests: readonly OwnRequest[]): OwnRequest | undefined =>
  requests.find(({ state, words }) => words?.asked.decision === id && isOpen(state));

/** The headline of what holds now. */
export function headlineOf(scene: Scene, contract: Contract, decided: string, standing: Standing): string {
  if (standing.kind === "reviewed" && standing.changed)
    return standing.outcome === null
      ? scene.words.standing.annulled
      : outcomeWords(contract, standing.outcome, scene.language).headline;
  return outcomeWords(contract, decided, scene.language).headline;
}

export interface StandingView {
  standing: Standing;
  /** The decision that this one, made on corrected data, stands in the place of. */
  replaces: string | null;
  open: OwnRequest | undefined;
}

/** What a person reads before anything else of a decision that others have touched. */
export function standingNote(
  scene: Scene,
  contract: Contract,
  decided: string,
  { standing, replaces, open }: StandingView,
): Html | "" {
  const words = scene.words.standing;
  const day = (at: string) => scene.numbers.shortDate(new Date(at));
  const notes: Html[] = [];
  if (standing.kind === "corrected")
    notes.push(
      html`<p><strong>${words.corrected(day(standing.at))}</strong> <a href="/me/decisions/${standing.by}">${words.correctedLink}</a></p>`,
    );
  if (standing.kind === "reviewed") {
    const { outcome, changed, at, grounds } = standing;
    const said =
      outcome === null ? words.annulledText(day(at)) : (changed ? words.changed : words.upheld)(day(at));
    const before = outcomeWords(contract, decided, scene.language).label;
    notes.push(
      html`<p><strong>${said}</strong>${changed ? html` ${words.programSaid(before)}` : ""}</p><p>${words.grounds}:</p><blockquote>${grounds}</blockquote>`,
    );
  }
  if (replaces !== null)
    notes.push(html`<p>${words.replaces} <a href="/me/decisions/${replaces}">${words.replacesLink}</a></p>`);
  if (open)
    notes.push(
      html`<p><strong>${open.right === "correction" ? words.correcting : words.reviewing}</strong> <a href="/me/requests/${open.id}">${words.openLink}</a></p>`,
    );
  return notes.length === 0 ? "" : html`<div class="sheet decision-standing">${notes}</div>`;
}

/** The same in a few words, for a row of a list; empty where nobody has touched it. */
export function standingWords(
  scene: Scene,
  contract: Contract,
  standing: Standing,
  open: OwnRequest | undefined,
): string {
  const words = scene.words.standing;
  if (standing.kind === "corrected") return words.rowCorrected;
  if (open?.right === "review") return words.rowOpen;
  if (standing.kind === "as-decided") return "";
  if (standing.outcome === null) return words.rowAnnulled;
  return standing.changed
    ? words.rowChanged(outcomeWords(contract, standing.outcome, scene.language).label)
    : words.rowUpheld;
}
