import { html } from "hono/html";
import type { Problem } from "../../errors.ts";
import type { AgendaLine } from "../../subjects/requests/agenda.ts";
import type { ClockRow } from "../figures/agenda.ts";
import type { SealState } from "../figures/marks.ts";
import type { Section } from "../layout.ts";
import type { Numbers } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";
import type { LogCondition, VersionLine } from "./deps.ts";

const PARTS = ["today", "requests", "mandates", "holds", "models", "keys", "log", "incident"] as const;
export type OperatorPart = (typeof PARTS)[number];

/** The operator's header. */
export const operatorSections = ({ words }: Scene, current: OperatorPart): Section[] =>
  PARTS.map((part) => ({
    href: part === "today" ? "/operator" : `/operator/${part}`,
    label: words.operator.sections[part],
    current: part === current,
  }));

export const dateOf = (day: string): Date => new Date(`${day}T00:00:00Z`);

/** 22 ago; with the year where it is another one. */
export function dayWords(numbers: Numbers, day: string, today: string): string {
  const whole = numbers.shortDate(dateOf(day));
  return day.slice(0, 4) === today.slice(0, 4) ? whole.slice(0, -5) : whole;
}

/** The articles that a clock rests on: what stands before the period. */
export const articlesIn = (rule: string): string =>
  (/^[^:;]+/.exec(rule)?.[0] ?? rule).replace(" with ", ", ");

export const clockRowOf = ({ received, due, target, stoppedSince }: AgendaLine, today: string): ClockRow => ({
  received,
  end:
    due === null
      ? target === null || stoppedSince !== null
        ? null
        : { day: target, own: true }
      : { day: due, own: false },
  stoppedSince,
  late: due !== null && due <= today,
});

/** When the answer is due, as a few words; late and last days are crimson. */
export function dueWords(
  { words, numbers }: Scene,
  line: AgendaLine,
  today: string,
): { text: string; late: boolean } {
  const write = (day: string) => dayWords(numbers, day, today);
  const texts = words.today;
  if (line.due !== null) {
    if (line.due < today) return { text: texts.lateSince(write(line.due)), late: true };
    if (line.due === today) return { text: texts.dueNow, late: true };
    return { text: texts.dueOn(write(line.due)), late: false };
  }
  if (line.stoppedSince !== null) return { text: texts.stoppedSince(write(line.stoppedSince)), late: false };
  return { text: line.target === null ? texts.noDay : texts.targetOn(write(line.target)), late: false };
}

/** What was refused, with the stable code; everything typed is still in the form. */
export function refusal({ words }: Scene, problem: Pick<Problem, "code"> | null, text?: string): Html | "" {
  if (problem === null) return "";
  const said = words.problem.byCode[problem.code] ?? text;
  return html`<div class="sheet refusal" role="alert"><p><strong>${words.operator.refusedTitle}</strong> ${said ?? ""} ${words.operator.unchanged} <code>${problem.code}</code></p></div>`;
}

/** That something was done, after the way back from its form. */
export const doneNote = ({ words }: Scene, done: boolean): Html | "" =>
  done ? html`<p class="sheet" role="status">${words.operator.done}</p>` : "";

export const modelNames = (versions: readonly VersionLine[]): string[] => [
  ...new Set(versions.map(({ model }) => model)),
];

export const providerWords = ({ words }: Scene, kind: string): string =>
  (words.today.provider as Record<string, string>)[kind] ?? kind;

/** What the seal says is the last check of this process; an alarm breaks it. */
export function sealOf({ lastCheck, checkpoints }: LogCondition): SealState {
  if (checkpoints.alarm !== null || lastCheck?.ok === false) return "broken";
  return lastCheck === null ? "unchecked" : "holds";
}

export const aliasTags = ({ aliases }: VersionLine): Html =>
  html`${aliases.map((alias) => html`<span class="alias${alias === "champion" ? " champion" : ""}">${alias}</span> `)}`;
